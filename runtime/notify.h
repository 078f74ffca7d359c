// The service manager's notification protocol (sd_notify(3)): one datagram to $NOTIFY_SOCKET.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace powernode::runtime {

class ServiceNotifier {
 public:
  // From $NOTIFY_SOCKET and $WATCHDOG_USEC; both are removed from the environment so that children
  // do not inherit them. Without a socket every call does nothing.
  static ServiceNotifier FromEnvironment();

  void Ready(std::string_view status) const;
  void Status(std::string_view status) const;
  void Stopping() const;
  void FeedWatchdog() const;

  // The period within which the watchdog wants to be fed.
  std::optional<std::chrono::milliseconds> watchdog() const { return watchdog_; }

 private:
  void Send(const std::string& message) const;

  std::string socket_;
  std::optional<std::chrono::milliseconds> watchdog_;
};

}  // namespace powernode::runtime
