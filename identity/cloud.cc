#include "identity/cloud.h"

#include <algorithm>
#include <thread>

#include "agent/base/files.h"
#include "agent/base/printable.h"
#include "identity/cloud_providers.h"
#include "identity/user_data.h"

namespace powernode::identity {
namespace {

constexpr std::chrono::milliseconds kBudget{1'800};
constexpr std::chrono::milliseconds kBetween{150};
constexpr unsigned kMostTries = 4;
constexpr std::string_view kHeaderEnd = ": ";

std::string UrlAt(const CloudProvider& provider, std::string_view host) {
  return "http://" + std::string(host) + std::string(provider.path);
}

// Worth asking again.
bool IsPassing(int status) { return status == 429 || status >= 500; }

Record RecordOf(HttpResponse answer) {
  Record record;
  if (answer.status == 200) {
    const Secret body(std::move(answer.body));
    return ParseUserData(body.Reveal(), [](const std::string&) -> Result<std::string> {
      return Error(ErrorKind::kNotFound, "no_ca_file", "user data comes without files");
    });
  }
  record.note = answer.status == 404
                    ? "the metadata service has no user data (404)"
                    : "the metadata service answers with status " + std::to_string(answer.status);
  return record;
}

Result<HttpResponse> AskOnce(const CloudProvider& provider, std::string_view host,
                             const MetadataCall& call) {
  HttpRequest request{.url = UrlAt(provider, host)};
  if (const std::size_t colon = provider.header.find(kHeaderEnd); colon != std::string_view::npos)
    request.headers.push_back({std::string(provider.header.substr(0, colon)),
                               std::string(provider.header.substr(colon + kHeaderEnd.size()))});
  if (provider.ask != nullptr) return provider.ask(call, std::move(request));
  return call.Send(std::move(request));
}

Record AskUntil(const CloudProvider& provider, const MetadataCall& call) {
  const std::size_t hosts = provider.hosts[1].empty() ? 1 : 2;
  std::string trouble;
  unsigned tries = 0;
  while (tries < kMostTries) {
    Result<HttpResponse> answer = AskOnce(provider, provider.hosts[tries % hosts], call);
    ++tries;
    if (answer && !IsPassing(answer->status)) return RecordOf(*std::move(answer));
    if (!answer && answer.error().kind() != ErrorKind::kUnavailable) {
      Record record;
      record.problems.push_back(answer.error());
      return record;
    }
    trouble = answer ? "status " + std::to_string(answer->status) : answer.error().message();
    if (call.deadline - call.clock.Monotonic() <= kBetween ||
        !call.clock.Sleep(kBetween, call.stop))
      break;
  }
  Record record;
  record.problems.emplace_back(ErrorKind::kUnavailable, "cloud_silent",
                               "no answer from the metadata service, asked " +
                                   std::to_string(tries) + " times: " + Printable(trouble));
  return record;
}

Reading Ask(const CloudProvider& provider, const SourceContext& context,
            std::chrono::milliseconds deadline) {
  const std::chrono::milliseconds started = context.clock->Monotonic();
  Reading reading{.source = std::string(provider.name),
                  .place = UrlAt(provider, provider.hosts[0]),
                  .record = {},
                  .read_at = context.clock->UnixSeconds()};
  const Result<std::unique_ptr<HttpTransport>> transport = context.plain_http();
  if (transport)
    reading.record = AskUntil(provider, {.transport = **transport,
                                         .clock = *context.clock,
                                         .deadline = deadline,
                                         .stop = context.stop});
  else
    reading.record.problems.push_back(transport.error());
  reading.duration = context.clock->Monotonic() - started;
  return reading;
}

std::vector<Reading> AskAll(const SourceContext& context, std::chrono::milliseconds deadline) {
  const std::span<const CloudProvider> providers = CloudProviders();
  std::vector<Reading> readings(providers.size());
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < providers.size(); ++i)
    threads.emplace_back([&, i] { readings[i] = Ask(providers[i], context, deadline); });
  threads.clear();  // waits for each
  return readings;
}

Reading NobodyAsked(const SourceContext& context, std::string why) {
  Reading reading{.source = "cloud",
                  .place = context.paths.dmi,
                  .record = {},
                  .read_at = context.clock->UnixSeconds()};
  reading.record.note = std::move(why);
  return reading;
}

const CloudProvider* Named(std::string_view name) {
  const std::span<const CloudProvider> all = CloudProviders();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [name](const CloudProvider& p) { return p.name == name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace

std::vector<Reading> AskClouds(const SourceContext& context) {
  const std::string& choice = context.settings.cloud;
  const std::chrono::milliseconds deadline = context.clock->Monotonic() + kBudget;
  if (choice == "none") return {NobodyAsked(context, "not asked: the setting cloud is none")};
  if (choice == "probe") return AskAll(context, deadline);
  const CloudProvider* provider = choice == "auto" ? DetectCloud(context.paths.dmi) : Named(choice);
  if (provider == nullptr)
    return {NobodyAsked(context,
                        "not asked: names no cloud known here; powernode.cloud=probe asks all")};
  return {Ask(*provider, context, deadline)};
}

}  // namespace powernode::identity
