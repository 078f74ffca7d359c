// SIGHUP reads the configuration again: agent.conf of the image and of the operator, and the kernel
// command line. What a line of it cannot mean is a finding, as at the start. A proxy and the oldest
// TLS version count from the next start.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <utility>

#include "agent/base/log.h"
#include "runtime/findings.h"
#include "runtime/hangup.h"
#include "runtime/live_settings.h"

namespace powernode::runtime {

// Says which lines of the configuration are passed over.
void ReportIgnoredLines(const Settings& settings, Findings& findings);

class SettingsLoop {
 public:
  // `taken` is called when new settings are in place.
  SettingsLoop(LiveSettings settings, std::function<Settings()> read, std::function<void()> taken,
               Findings& findings, Log& log)
      : settings_(std::move(settings)),
        read_(std::move(read)),
        taken_(std::move(taken)),
        findings_(findings),
        log_(log) {}

  // Waits for the signal, however long that takes, and carries it out.
  std::chrono::milliseconds Tick(std::stop_token stop);

 private:
  LiveSettings settings_;
  std::function<Settings()> read_;
  std::function<void()> taken_;
  Findings& findings_;
  Log& log_;
  std::optional<Hangup> hangup_;
};

}  // namespace powernode::runtime
