// Invariant: whatever each provider's service answers, with whatever status, the record's values
// are valid; no request carries a byte that could end its header; and the number of requests stays
// small.
#include <array>
#include <string>

#include "identity/cloud.h"
#include "identity/cloud_providers.h"
#include "tests/fuzz/record_invariants.h"

namespace {

using namespace powernode;

class StillClock : public Clock {
 public:
  std::int64_t UnixSeconds() const override { return 0; }
  std::chrono::milliseconds Monotonic() const override { return std::chrono::milliseconds(0); }
  bool Sleep(std::chrono::milliseconds, std::stop_token) override { return true; }
};

// Each reply: one byte that picks the status, the rest the body.
class Service : public HttpTransport {
 public:
  explicit Service(std::string_view replies) : replies_(replies) {}

  Result<HttpResponse> Perform(const HttpRequest& request, std::stop_token) override {
    fuzz::Require(++requests_ <= 8, "a service is asked a few times");
    for (const HttpHeader& header : request.headers)
      fuzz::Require(!fuzz::HasControl(header.name) && !fuzz::HasControl(header.value),
                    "a header is one line");
    constexpr std::array kStatuses = {200, 200, 200, 404, 302, 503};
    std::string_view body = fuzz::TakePart(replies_);
    if (body.empty()) return Error(ErrorKind::kUnavailable, "timeout", "nothing said");
    const int status = kStatuses[static_cast<unsigned char>(body.front()) % kStatuses.size()];
    body.remove_prefix(1);
    return HttpResponse{.status = status, .headers = {}, .body = std::string(body)};
  }

 private:
  std::string_view replies_;
  int requests_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view replies = fuzz::TextOf(data, size);
  StillClock clock;
  for (const identity::CloudProvider& provider : identity::CloudProviders()) {
    identity::SourceContext context{.paths = {}, .clock = &clock};
    context.settings.cloud = provider.name;
    context.plain_http = [replies]() -> Result<std::unique_ptr<HttpTransport>> {
      return std::unique_ptr<HttpTransport>(std::make_unique<Service>(replies));
    };
    const std::vector<identity::Reading> readings = identity::AskClouds(context);
    fuzz::Require(readings.size() == 1 && readings[0].source == provider.name, "who was asked");
    fuzz::RequireValidRecord(readings[0].record);
  }
  return 0;
}
