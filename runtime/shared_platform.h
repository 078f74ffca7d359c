// The service's one session, shared by its loops once the node has joined. Readers hold it by
// shared_ptr, so that it lives as long as a call of theirs.
#pragma once

#include <memory>
#include <mutex>

#include "enroll/node_api.h"
#include "enroll/session.h"

namespace powernode::runtime {

struct JoinedPlatform {
  JoinedPlatform(enroll::CredentialsPtr credentials, enroll::TransportFactory transports,
                 Clock& clock)
      : session(std::move(credentials), std::move(transports), clock), api(session) {}

  enroll::Session session;
  enroll::NodeApi api;
};

class SharedPlatform {
 public:
  // nullptr until the node has joined.
  std::shared_ptr<JoinedPlatform> Get() const {
    const std::scoped_lock lock(mutex_);
    return platform_;
  }
  // nullptr: the node is not known to its platform any more.
  void Set(std::shared_ptr<JoinedPlatform> platform) {
    const std::scoped_lock lock(mutex_);
    platform_ = std::move(platform);
    tried_ = true;
  }
  // Joining was tried and did not work, so that others need not wait for it.
  void NoteTried() {
    const std::scoped_lock lock(mutex_);
    tried_ = true;
  }
  bool tried() const {
    const std::scoped_lock lock(mutex_);
    return tried_;
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<JoinedPlatform> platform_;
  bool tried_ = false;
};

}  // namespace powernode::runtime
