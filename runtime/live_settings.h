// The settings as the service has them: SIGHUP replaces them as a whole while its threads use them
// (node-files.md §13). A handle; its copies show the same settings. Who needs several of them to
// belong together takes one Get() for all.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "runtime/settings.h"

namespace powernode::runtime {

class LiveSettings {
 public:
  // Implicit: a command's settings do not change.
  LiveSettings(Settings settings)
      : state_(std::make_shared<State>(std::make_shared<const Settings>(std::move(settings)))) {}

  std::shared_ptr<const Settings> Get() const {
    const std::lock_guard hold(state_->mutex);
    return state_->settings;
  }
  std::shared_ptr<const Settings> operator->() const { return Get(); }

  void Set(Settings settings) const {
    auto fresh = std::make_shared<const Settings>(std::move(settings));
    const std::lock_guard hold(state_->mutex);
    state_->settings = std::move(fresh);
  }

 private:
  struct State {
    explicit State(std::shared_ptr<const Settings> first) : settings(std::move(first)) {}
    std::mutex mutex;
    std::shared_ptr<const Settings> settings;
  };

  std::shared_ptr<State> state_;
};

}  // namespace powernode::runtime
