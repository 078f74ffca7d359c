#include "enroll/enroll.h"

#include <unistd.h>

#include <algorithm>

#include "agent/base/files.h"
#include "agent/commands/command.h"
#include "agent/commands/signals.h"
#include "runtime/claim_console.h"
#include "runtime/join.h"

namespace powernode::commands {
namespace {

constexpr std::size_t kMaxToken = 1024;
constexpr std::size_t kMaxCa = 256 * 1024;

struct EnrollFlags {
  std::string platform_url;
  std::string token_file;
  std::string ca_file;
  std::string subject;
  bool wait = false;
};

// "-" is standard input, so that a token never has to stand on a command line.
Result<std::string> ReadToken(const std::string& file) {
  if (file != "-") return ReadFile(file, kMaxToken);
  const Fd input(::dup(STDIN_FILENO));
  return ReadFd(input, kMaxToken);
}

Result<std::optional<identity::Record>> RecordOf(const EnrollFlags& flags) {
  identity::Record record;
  if (!flags.subject.empty()) identity::SetInstanceUuid(record, "--subject", flags.subject);
  if (!flags.platform_url.empty())
    identity::SetPlatformUrl(record, "--platform-url", flags.platform_url);
  if (!flags.token_file.empty()) {
    ASSIGN_OR_RETURN_CONTEXT(std::string token, ReadToken(flags.token_file), "--token-file");
    identity::SetBootstrapToken(record, "--token-file", Secret(std::move(token)));
  }
  if (!flags.ca_file.empty()) {
    ASSIGN_OR_RETURN_CONTEXT(const std::string pem, ReadFile(flags.ca_file, kMaxCa), "--ca");
    identity::SetCaPem(record, "--ca", pem);
  }
  if (!record.problems.empty()) return record.problems.front();
  record.found = !flags.subject.empty() || !flags.platform_url.empty() ||
                 !flags.token_file.empty() || !flags.ca_file.empty();
  return record.found ? std::optional(std::move(record)) : std::nullopt;
}

// The platform's own wish about the next attempt belongs to what went wrong.
Error WithWish(const runtime::JoinAttempt& failed) {
  const Error& error = failed.outcome.error();
  std::optional<std::chrono::seconds> wish;
  if (failed.enroll) wish = failed.enroll->retry_after;
  if (failed.claim) wish = failed.claim->retry_after;
  if (!wish) return error;
  return Error(error.kind(), error.code(),
               error.message() + "; it asks to wait " + std::to_string(wish->count()) +
                   " s before the next attempt");
}

// What is in the way, when that changes; a claim's code as its console has it.
class Waiting {
 public:
  explicit Waiting(const Context& context)
      : clock_(context.clock), paths_(context.paths()), console_(paths_, context.clock) {}

  // False when it was told to stop.
  bool After(const runtime::JoinAttempt& failed, std::stop_token stop) {
    if (!failed.claim_code.empty()) {
      if (const auto line = console_.Show(failed.claim_code, failed.claim_url))
        log_.Info("claim", *line);
    } else if (const Error& error = failed.outcome.error(); error.message() != said_) {
      said_ = error.message();
      log_.Failure(LogLevel::kWarning, failed.stage, error);
    }
    constexpr std::chrono::milliseconds kLeast{500};
    return clock_.Sleep(std::max(kLeast, pace_.Next(failed)), stop);
  }

 private:
  Clock& clock_;
  Paths paths_;
  Log log_{STDERR_FILENO, LogFormat::kPeople, LogLevel::kInfo};
  runtime::ClaimConsole console_;
  runtime::JoinPace pace_;
  std::string said_;
};

}  // namespace

std::function<Outcome(const Context&)> ConfigureEnroll(CLI::App& app) {
  auto flags = std::make_shared<EnrollFlags>();
  app.add_option("--platform-url", flags->platform_url, "https://host[:port]");
  app.add_option("--token-file", flags->token_file,
                 "file with the bootstrap token; - reads standard input");
  app.add_option("--ca", flags->ca_file, "PEM file with the platform's certificate authority");
  app.add_option("--subject", flags->subject, "this node's instance id");
  app.add_flag("--wait", flags->wait, "keep asking until this node is enrolled");
  return [flags](const Context& context) {
    const StopOnSignal signals;
    Result<std::optional<identity::Record>> given = RecordOf(*flags);
    if (!given) return Outcome::Failed("identity", given.error());
    const runtime::Settings settings = context.settings();
    const runtime::JoinRequest request{.paths = context.paths(),
                                       .sources = settings.sources,
                                       .given = *std::move(given),
                                       .claim = settings.claim,
                                       .transports = enroll::CurlTransports(settings.transport)};
    Waiting waiting(context);
    runtime::JoinAttempt attempt = runtime::JoinOnce(request, context.clock, signals.token());
    while (!attempt.outcome && flags->wait && waiting.After(attempt, signals.token()))
      attempt = runtime::JoinOnce(request, context.clock, signals.token());
    if (!attempt.outcome) return Outcome::Failed(attempt.stage, WithWish(attempt));
    const runtime::Joined& joined = *attempt.outcome;
    if (joined.refused_change)
      return Outcome::Failed("enroll", joined.refused_change->WithContext(
                                           "this node stays " + joined.credentials->instance_id));
    if (!joined.saved)
      return Outcome::Failed(attempt.stage, joined.findings.back());  // and gone with this process
    Outcome outcome;
    if (joined.by == runtime::JoinedBy::kStored) outcome.status = "noop";
    outcome.stage = attempt.stage;
    outcome.details["instance_id"] = joined.credentials->instance_id;
    outcome.details["subject"] = joined.credentials->mtls_subject;
    outcome.details["not_after"] = FormatTime(joined.credentials->not_after);
    outcome.details["generation"] = joined.credentials->generation;
    outcome.details["enrolled"] = joined.by == runtime::JoinedBy::kEnrolled  ? "now"
                                  : joined.by == runtime::JoinedBy::kRenewed ? "renewed"
                                                                             : "before";
    for (const Error& finding : joined.findings)
      outcome.details["findings"].push_back(finding.message());
    return outcome;
  };
}

}  // namespace powernode::commands
