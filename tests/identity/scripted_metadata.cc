#include "tests/identity/scripted_metadata.h"

namespace powernode::identity::testing {

std::chrono::milliseconds VirtualClock::Monotonic() const {
  const std::scoped_lock lock(mutex_);
  return now_;
}

bool VirtualClock::Sleep(std::chrono::milliseconds duration, std::stop_token stop) {
  const std::scoped_lock lock(mutex_);
  now_ += duration;
  return !stop.stop_requested();
}

class ScriptedMetadata::Transport : public HttpTransport {
 public:
  explicit Transport(ScriptedMetadata& owner) : owner_(owner) {}

  Result<HttpResponse> Perform(const HttpRequest& request, std::stop_token) override {
    std::string line = request.method + " " + request.url;
    for (const HttpHeader& header : request.headers)
      line += " " + header.name + ": " + header.value;
    {
      const std::scoped_lock lock(owner_.mutex_);
      owner_.requests_.push_back(std::move(line));
    }
    return owner_.answer_(request);
  }

 private:
  ScriptedMetadata& owner_;
};

void ScriptedMetadata::SayNothing(Nobody nobody) {
  Say([this, nobody](const HttpRequest& request) -> Result<HttpResponse> {
    clock_.Sleep(nobody == Nobody::kConnects ? request.limits.connect : request.limits.total, {});
    return Error(ErrorKind::kUnavailable, "timeout", "nobody there");
  });
}

PlainHttp ScriptedMetadata::Transports() {
  return [this]() -> Result<std::unique_ptr<HttpTransport>> {
    return std::unique_ptr<HttpTransport>(std::make_unique<Transport>(*this));
  };
}

std::vector<std::string> ScriptedMetadata::Requests() const {
  const std::scoped_lock lock(mutex_);
  return requests_;
}

HttpResponse Ok200(std::string body) {
  return {.status = 200, .headers = {}, .body = std::move(body)};
}

HttpResponse OnlyStatus(int status) { return {.status = status, .headers = {}, .body = {}}; }

}  // namespace powernode::identity::testing
