#include "runtime/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "agent/base/fd.h"

namespace powernode::runtime {
namespace {

std::string TakeVariable(const char* name) {
  const char* value = std::getenv(name);
  std::string text = value == nullptr ? "" : value;
  ::unsetenv(name);
  return text;
}

// A status is one line.
std::string OneLine(std::string_view text) {
  std::string line(text);
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

}  // namespace

ServiceNotifier ServiceNotifier::FromEnvironment() {
  ServiceNotifier notifier;
  notifier.socket_ = TakeVariable("NOTIFY_SOCKET");
  const std::string period = TakeVariable("WATCHDOG_USEC");
  const std::string pid = TakeVariable("WATCHDOG_PID");
  std::int64_t microseconds = 0;
  const auto parsed = std::from_chars(period.data(), period.data() + period.size(), microseconds);
  if (parsed.ec == std::errc() && microseconds > 0 &&
      (pid.empty() || pid == std::to_string(::getpid())))
    notifier.watchdog_ = std::chrono::milliseconds(microseconds / 1000);
  return notifier;
}

void ServiceNotifier::Ready(std::string_view status) const {
  Send("READY=1\nSTATUS=" + OneLine(status));
}
void ServiceNotifier::Status(std::string_view status) const { Send("STATUS=" + OneLine(status)); }
void ServiceNotifier::Stopping() const { Send("STOPPING=1"); }
void ServiceNotifier::FeedWatchdog() const { Send("WATCHDOG=1"); }

void ServiceNotifier::Send(const std::string& message) const {
  sockaddr_un address{};
  if (socket_.empty() || socket_.size() >= sizeof(address.sun_path)) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';  // the abstract namespace
  const Fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return;
  // Nobody is served by an error here: the service manager's own time-out speaks for itself. Nor by
  // waiting for a manager whose socket is full: the heartbeat would be late for it.
  (void)::sendto(fd.get(), message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                 reinterpret_cast<const sockaddr*>(&address),
                 static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size()));
}

}  // namespace powernode::runtime
