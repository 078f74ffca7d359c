#include "runtime/metrics_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>

#include "agent/base/stop_event.h"
#include "agent/base/syscalls.h"
#include "agent/base/unix_address.h"

namespace powernode::runtime {
namespace {

constexpr std::size_t kMaxHead = 4096;
constexpr std::chrono::milliseconds kPatience{2000};
constexpr std::chrono::milliseconds kRest{1000};  // when the kernel has no descriptor
constexpr int kBacklog = 8;
constexpr mode_t kMode = 0660;

Status RemoveStale(const std::string& path) {
  const Result<struct stat> present = Lstat(path);
  if (!present) return present.error().kind() == ErrorKind::kNotFound ? Ok() : present.error();
  if (!S_ISSOCK(present->st_mode))
    return Error(ErrorKind::kRefused, "not_a_socket",
                 path + " is there and is no socket: remove it");
  return Unlink(path);
}

std::string Response(std::string_view status, std::string_view type, std::string_view body,
                     bool with_body) {
  std::string answer =
      "HTTP/1.1 " + std::string(status) + "\r\nContent-Type: " + std::string(type) +
      "\r\nContent-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n";
  if (with_body) answer += body;
  return answer;
}

std::string Refusal(std::string_view status) {
  return Response(status, "text/plain; charset=utf-8", std::string(status) + "\n", true);
}

class Client {
 public:
  Client(Fd fd, Clock& clock, const StopEvent& stop)
      : fd_(std::move(fd)), clock_(clock), stop_(stop), deadline_(clock.Monotonic() + kPatience) {}

  void Serve(const std::function<std::string()>& render) {
    std::string head;
    while (head.find("\r\n\r\n") == std::string::npos) {
      if (head.size() >= kMaxHead) return Send(Refusal("431 Request Header Fields Too Large"));
      std::array<char, 1024> buffer;
      if (!Ready(POLLIN)) return;
      const ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
      if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
      if (got <= 0) return;
      head.append(buffer.data(), static_cast<std::size_t>(got));
    }
    Send(AnswerMetricsRequest(head, render));
  }

 private:
  bool Ready(short events) {
    const auto left = deadline_ - clock_.Monotonic();
    return left.count() > 0 && stop_.WaitFor(fd_.get(), events, left);
  }

  void Send(std::string_view answer) {
    while (!answer.empty() && Ready(POLLOUT)) {
      const ssize_t sent = ::send(fd_.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno != EAGAIN && errno != EINTR) return;
      if (sent > 0) answer.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  Fd fd_;
  Clock& clock_;
  const StopEvent& stop_;
  std::chrono::milliseconds deadline_;
};

}  // namespace

std::string MetricsSocketPath(const Paths& paths) { return paths.run + "/metrics.sock"; }

Result<MetricsSocket> MetricsSocket::Listen(const std::string& path) {
  ASSIGN_OR_RETURN(const sockaddr_un address, UnixAddress(path));
  RETURN_IF_ERROR(RemoveStale(path));
  Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // bind(2) gives the file the socket's own mode, less the umask: never more than is wanted.
  if (!listener.valid() || ::fchmod(listener.get(), kMode) < 0 ||
      ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) < 0 ||
      ::chmod(path.c_str(), kMode) < 0 || ::listen(listener.get(), kBacklog) < 0)
    return SystemError("listen on " + path, errno);
  return MetricsSocket(std::move(listener));
}

void MetricsSocket::ServeOne(const std::function<std::string()>& render, Clock& clock,
                             std::stop_token stop) {
  const StopEvent event(stop);
  if (!event.valid()) {  // no descriptor is left: a wait could not be ended
    clock.Sleep(kRest, stop);
    return;
  }
  if (!event.WaitFor(listener_.get(), POLLIN, std::chrono::milliseconds(-1))) return;
  Fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (fd.valid())
    Client(std::move(fd), clock, event).Serve(render);
  else if (errno != EAGAIN)
    clock.Sleep(kRest, stop);
}

std::string AnswerMetricsRequest(std::string_view head,
                                 const std::function<std::string()>& render) {
  const std::string_view line = head.substr(0, head.find("\r\n"));
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || last == first ||
      !line.substr(last).starts_with(" HTTP/1."))
    return Refusal("400 Bad Request");
  const std::string_view method = line.substr(0, first);
  std::string_view target = line.substr(first + 1, last - first - 1);
  target = target.substr(0, target.find('?'));
  if (method != "GET" && method != "HEAD") return Refusal("405 Method Not Allowed");
  if (target != "/metrics") return Refusal("404 Not Found");
  return Response("200 OK", "text/plain; version=0.0.4; charset=utf-8", render(), method == "GET");
}

}  // namespace powernode::runtime
