#include "agent/base/stop_event.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <array>
#include <utility>

namespace powernode {

StopEvent::StopEvent(std::stop_token stop)
    : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), callback_(std::move(stop), Signal{this}) {}

void StopEvent::Signal::operator()() const { (void)::eventfd_write(event->fd_.get(), 1); }

bool StopEvent::WaitFor(int fd, short events, std::chrono::milliseconds wait) const {
  std::array<pollfd, 2> set{pollfd{.fd = fd, .events = events, .revents = 0},
                            pollfd{.fd = fd_.get(), .events = POLLIN, .revents = 0}};
  const int ready = ::poll(set.data(), set.size(), static_cast<int>(wait.count()));
  return ready > 0 && set[1].revents == 0;
}

}  // namespace powernode
