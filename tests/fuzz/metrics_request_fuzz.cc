// Invariant: whatever a client sends, the answer is one complete HTTP/1.1 response that closes the
// connection, has the length it states and nothing of what was sent; metrics are given for GET
// alone.
#include <string>

#include "runtime/metrics_socket.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace powernode;
  const std::string request(fuzz::TextOf(data, size));
  int rendered = 0;
  const std::string answer = runtime::AnswerMetricsRequest(request, [&] {
    ++rendered;
    return std::string("m 1\n");
  });
  fuzz::Require(answer.starts_with("HTTP/1.1 "), "it is a response");
  const std::size_t end = answer.find("\r\n\r\n");
  fuzz::Require(end != std::string::npos, "its head ends");
  fuzz::Require(answer.find("\r\nConnection: close\r\n") < end, "it closes the connection");
  const std::string body = answer.substr(end + 4);
  const std::size_t length = answer.find("Content-Length: ") + sizeof "Content-Length: " - 1;
  const bool head_only = request.starts_with("HEAD ") && rendered > 0;
  fuzz::Require(answer.substr(length, answer.find('\r', length) - length) ==
                    std::to_string(head_only ? 4 : body.size()),
                "it has the length that it states");
  fuzz::Require(answer.size() < 300, "nothing of the request is in it");
  fuzz::Require((body == "m 1\n") == (rendered > 0 && request.starts_with("GET ")),
                "GET alone is answered with metrics");
  return 0;
}
