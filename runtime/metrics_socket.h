// GET /metrics over HTTP/1.1 on a Unix socket, $R/metrics.sock (0660):
//
//   curl --unix-socket /run/powernode/metrics.sock http://node/metrics
//
// One client at a time, one request a connection. A client has two seconds in all and 4 KiB to say
// what it wants; then it is closed. The thread sleeps in the kernel until somebody asks.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "agent/base/clock.h"
#include "agent/base/fd.h"
#include "agent/base/paths.h"
#include "agent/base/result.h"

namespace powernode::runtime {

std::string MetricsSocketPath(const Paths& paths);

class MetricsSocket {
 public:
  // Replaces a socket that an agent left behind, and nothing else: kRefused "not_a_socket".
  static Result<MetricsSocket> Listen(const std::string& path);

  // Waits for one client and answers it with what `render` returns. Returns when the client has
  // gone, when its time is over, or when `stop` is requested.
  void ServeOne(const std::function<std::string()>& render, Clock& clock, std::stop_token stop);

 private:
  explicit MetricsSocket(Fd listener) : listener_(std::move(listener)) {}

  Fd listener_;
};

// The whole answer to a request's head (up to the empty line).
std::string AnswerMetricsRequest(std::string_view head, const std::function<std::string()>& render);

}  // namespace powernode::runtime
