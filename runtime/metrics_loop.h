// Gives the metrics to who asks: on the socket, and in the text file when the settings name a
// directory for it. What does not work is a finding, and tried again.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "agent/base/clock.h"
#include "agent/base/paths.h"
#include "runtime/findings.h"
#include "runtime/live_settings.h"
#include "runtime/metrics_socket.h"

namespace powernode::runtime {

class MetricsLoop {
 public:
  MetricsLoop(const Paths& paths, LiveSettings settings, std::function<std::string()> render,
              Findings& findings, Clock& clock)
      : paths_(paths),
        settings_(std::move(settings)),
        render_(std::move(render)),
        findings_(findings),
        clock_(clock) {}

  // Waits until somebody asks, however long that takes, and answers.
  std::chrono::milliseconds Tick(std::stop_token stop);

  // For another thread: after each look at the node's health.
  void WriteFile() const;

 private:
  const Paths& paths_;
  LiveSettings settings_;
  std::function<std::string()> render_;
  Findings& findings_;
  Clock& clock_;
  std::optional<MetricsSocket> socket_;
};

}  // namespace powernode::runtime
