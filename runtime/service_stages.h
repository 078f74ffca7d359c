// What the service adds to this boot's timeline, each once: that it is ready, that its first
// heartbeat was answered, that the running set is healthy. Best effort: no service fails for a
// drawing.
#pragma once

#include <chrono>
#include <string>

#include "agent/base/paths.h"
#include "runtime/node_report.h"

namespace powernode::runtime {

class ServiceStages {
 public:
  ServiceStages(const Paths& paths, std::string boot_id, std::chrono::milliseconds started)
      : paths_(paths), boot_id_(std::move(boot_id)), ready_(started) {}

  void Ready(std::chrono::milliseconds now);
  void Observe(const NodeReport& report, const LastHeartbeat& heartbeat);

 private:
  void Add(const char* stage, std::chrono::milliseconds end, std::string detail);

  const Paths& paths_;
  std::string boot_id_;
  std::chrono::milliseconds ready_;
  bool heartbeat_ = false;
  bool healthy_ = false;
};

}  // namespace powernode::runtime
