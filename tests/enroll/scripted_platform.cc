#include "tests/enroll/scripted_platform.h"

namespace powernode::enroll::testing {

class ScriptedTransport : public HttpTransport {
 public:
  explicit ScriptedTransport(ScriptedPlatform* platform) : platform_(platform) {}
  Result<HttpResponse> Perform(const HttpRequest& request, std::stop_token) override {
    return platform_->Perform(request);
  }

 private:
  ScriptedPlatform* platform_;
};

void ScriptedPlatform::Answer(Script script) { script_.push_back(std::move(script)); }

void ScriptedPlatform::Answer(int status, std::string body, std::vector<HttpHeader> headers) {
  HttpResponse response{.status = status, .headers = std::move(headers), .body = std::move(body)};
  script_.push_back([response](const HttpRequest&) { return response; });
}

TransportFactory ScriptedPlatform::Transports() {
  return [this](TlsIdentity tls) -> Result<std::unique_ptr<HttpTransport>> {
    const std::scoped_lock lock(mutex_);
    connections_.push_back(std::move(tls));
    return std::unique_ptr<HttpTransport>(std::make_unique<ScriptedTransport>(this));
  };
}

Result<HttpResponse> ScriptedPlatform::Perform(const HttpRequest& request) {
  Script script;
  {
    const std::scoped_lock lock(mutex_);
    requests_.push_back(request);
    if (script_.empty()) return Error(ErrorKind::kUnavailable, "connect_failed", "nobody home");
    script = script_.front();
    if (script_.size() > 1) script_.pop_front();
  }
  Result<HttpResponse> response = script(request);
  if (!response) return response;
  if (request.on_head) {
    if (Status accepted = request.on_head(*response); !accepted) return std::move(accepted).error();
  }
  if (request.sink && !response->body.empty()) {
    if (Status taken = request.sink(std::as_bytes(std::span(response->body))); !taken)
      return std::move(taken).error();
    response->body.clear();
  }
  return response;
}

}  // namespace powernode::enroll::testing
