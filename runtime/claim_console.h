// The claim code where somebody looks for it (node-files.md §2.7, ID-10): on the screen and the
// serial console with a QR code, and as one line for the caller's log. When it changes, then every
// ten minutes, and never more often than once a minute, however often the platform is asked.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "agent/base/clock.h"
#include "agent/base/paths.h"

namespace powernode::runtime {

class ClaimConsole {
 public:
  ClaimConsole(const Paths& paths, Clock& clock) : paths_(paths), clock_(clock) {}

  // Shows the code if that is due, and then returns the line for the log. Never blocks.
  std::optional<std::string> Show(const std::string& code, const std::string& url);

 private:
  const Paths& paths_;
  Clock& clock_;
  std::string shown_;
  std::chrono::milliseconds shown_at_{0};
};

// What goes onto a screen: the code, where to confirm it, and the QR code of that URL.
std::string ClaimScreen(const std::string& code, const std::string& url);

}  // namespace powernode::runtime
