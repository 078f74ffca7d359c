#include "runtime/service.h"

#include <unistd.h>

#include <optional>

#include "agent/base/journal.h"
#include "agent/base/log.h"
#include "agent/base/process.h"
#include "agent/commands/command.h"
#include "agent/commands/signals.h"
#include "runtime/hangup.h"
#include "runtime/notify.h"

namespace powernode::commands {

std::function<Outcome(const Context&)> ConfigureService(CLI::App& app) {
  auto interval = std::make_shared<int>(0);
  app.add_option("--heartbeat-interval", *interval, "seconds; before what agent.conf says")
      ->check(CLI::Range(1, 300));
  return [interval](const Context& context) {
    const runtime::ServiceNotifier notifier = runtime::ServiceNotifier::FromEnvironment();
    runtime::BlockHangup();
    const StopOnSignal signals;
    std::optional<Journal> journal;
    const LogFormat format = LogFormatFor(STDERR_FILENO);
    Log log(STDERR_FILENO, format, LogLevel::kInfo);
    if (format == LogFormat::kJson)
      if (Result<Journal> open = Journal::Open(context.flags.below); open)
        log.UseSink(&journal.emplace(*std::move(open)));
    const auto read_settings = [&] {
      runtime::Settings settings = context.settings();
      if (*interval > 0) settings.heartbeat_interval = std::chrono::seconds(*interval);
      return settings;
    };
    runtime::ServiceRequest request{
        .paths = context.paths(), .settings = read_settings(), .read_settings = read_settings};
    if (!context.flags.below.empty()) request.manager = runtime::ServiceManager::kNone;
    const Status served = runtime::RunService(request, notifier, SystemProcessRunner(),
                                              context.clock, log, signals.token());
    if (!served) return Outcome::Failed("service", served.error());
    return Outcome();
  };
}

}  // namespace powernode::commands
