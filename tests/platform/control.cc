#include "tests/platform/control.h"

#include <chrono>
#include <thread>

#include "agent/base/files.h"
#include "tests/platform/digest.h"
#include "tests/platform/verbs.h"

namespace powernode::platform {
namespace {

constexpr int kTries = 100;
constexpr auto kPause = std::chrono::milliseconds(50);
constexpr std::size_t kMaxControlFile = 16 << 10;
constexpr const char* kSecretHeader = "X-Control-Secret";

struct ControlAddress {
  std::string host;
  int port = 0;
  std::string secret;
};

Result<ControlAddress> ReadAddress(const StateDirectory& directory) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(directory.control(), kMaxControlFile));
  const json document = json::parse(text, nullptr, false);
  if (!document.is_object())
    return Error(ErrorKind::kInvalid, "control_unreadable", directory.control());
  const std::string address = document.value("address", "");
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos)
    return Error(ErrorKind::kInvalid, "control_unreadable", directory.control());
  return ControlAddress{address.substr(0, colon), std::stoi(address.substr(colon + 1)),
                        document.value("secret", "")};
}

// kUnavailable when nobody answers.
Result<json> Ask(const ControlAddress& where, const std::string& verb, const json& arguments) {
  httplib::Client client(where.host, where.port);
  client.set_read_timeout(60);
  const httplib::Headers headers = {{kSecretHeader, where.secret}};
  const std::string body = json{{"verb", verb}, {"arguments", arguments}}.dump();
  const httplib::Result answer = client.Post("/verb", headers, body, "application/json");
  if (!answer)
    return Error(ErrorKind::kUnavailable, "control_silent", "the serving process does not answer");
  const json document = json::parse(answer->body, nullptr, false);
  if (answer->status == 200 && document.is_object() && document.contains("result"))
    return document["result"];
  if (!document.is_object())
    return Error(ErrorKind::kInvalid, "control_unreadable",
                 "the control listener answered " + std::to_string(answer->status));
  return Error(ErrorKind::kInvalid, document.value("code", ""), document.value("error", ""));
}

Result<json> RunHere(Store& store, const std::string& verb, const json& arguments) {
  const Store::Guard state = store.Lock();
  VerbContext context{.state = *state, .directory = store.directory()};
  Result<json> result = RunVerb(context, verb, arguments);
  if (result) RETURN_IF_ERROR(state.Save());
  return result;
}

bool IsLoopback(const std::string& host) {
  return host.starts_with("127.") || host == "::1" || host == "localhost";
}

}  // namespace

ControlListener::ControlListener(Store& store) : store_(store), secret_(RandomToken()) {
  server_.Post("/verb", [this](const httplib::Request& request, httplib::Response& response) {
    Answer(request, response);
  });
}

Result<std::string> ControlListener::Bind(const std::string& host, int port) {
  if (!IsLoopback(host))
    return Error(ErrorKind::kRefused, "control_not_loopback",
                 "the control listener stays on loopback, not " + host);
  if (port == 0) {
    port = server_.bind_to_any_port(host);
    if (port < 0)
      return Error(ErrorKind::kUnavailable, "listen_failed", "cannot listen on " + host);
  } else if (!server_.bind_to_port(host, port)) {
    return Error(ErrorKind::kUnavailable, "listen_failed",
                 "cannot listen on " + host + " port " + std::to_string(port));
  }
  return host + ":" + std::to_string(port);
}

Status ControlListener::Announce(const std::string& address, const std::string& url) {
  const json document = {
      {"address", address}, {"secret", secret_}, {"url", url}, {"pid", ::getpid()}};
  return WriteFileAtomically(store_.directory().control(), document.dump() + "\n", 0600);
}

void ControlListener::Run() { server_.listen_after_bind(); }
void ControlListener::Stop() { server_.stop(); }

void ControlListener::Answer(const httplib::Request& request, httplib::Response& response) {
  if (!SameSecret(request.get_header_value(kSecretHeader), secret_)) {
    response.status = 403;
    return;
  }
  const json document = json::parse(request.body, nullptr, false);
  const bool usable =
      document.is_object() && document.contains("verb") && document["verb"].is_string();
  const Result<json> result =
      usable
          ? RunHere(store_, document["verb"], document.value("arguments", json::object()))
          : Result<json>(Error(ErrorKind::kInvalid, "bad_argument", "the request names no verb"));
  const json body =
      result ? json{{"result", *result}}
             : json{{"code", result.error().code()}, {"error", result.error().message()}};
  response.status = result ? 200 : 422;
  response.set_content(body.dump(-1, ' ', false, json::error_handler_t::replace),
                       "application/json");
}

Result<json> RunOnState(const StateDirectory& directory, const std::string& verb,
                        const json& arguments) {
  for (int tries = 0;; ++tries) {
    Result<Store> store = Store::Open(directory);
    if (store) return RunHere(*store, verb, arguments);
    if (store.error().kind() != ErrorKind::kBusy) return std::move(store).error();
    if (const Result<ControlAddress> where = ReadAddress(directory)) {
      Result<json> result = Ask(*where, verb, arguments);
      if (result || result.error().kind() != ErrorKind::kUnavailable) return result;
    }
    // The holder is starting, ending, or a command that is done in a moment.
    if (tries == kTries) return std::move(store).error();
    std::this_thread::sleep_for(kPause);
  }
}

Result<Store> OpenStoreSoon(const StateDirectory& directory) {
  for (int tries = 0;; ++tries) {
    Result<Store> store = Store::Open(directory);
    if (store || store.error().kind() != ErrorKind::kBusy || tries == kTries) return store;
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace powernode::platform
