#include "runtime/metrics_loop.h"

#include "runtime/metrics.h"

namespace powernode::runtime {
namespace {

constexpr std::chrono::milliseconds kRetry{60'000};
// Between two clients: who asks without end does not keep a processor busy.
constexpr std::chrono::milliseconds kBetween{50};

}  // namespace

std::chrono::milliseconds MetricsLoop::Tick(std::stop_token stop) {
  if (!socket_) {
    Result<MetricsSocket> made = MetricsSocket::Listen(MetricsSocketPath(paths_));
    if (!made) {
      findings_.Raise(Severity::kLow, "metrics_socket", made.error());
      return kRetry;
    }
    findings_.ClearSubject("metrics_socket");
    socket_ = *std::move(made);
  }
  socket_->ServeOne(render_, clock_, std::move(stop));
  return kBetween;
}

void MetricsLoop::WriteFile() const {
  const std::string directory = settings_->metrics_textfile;
  if (directory.empty()) return findings_.ClearSubject("metrics_textfile");
  if (const Status written = WriteMetricsFile(directory, render_()); !written)
    findings_.Raise(Severity::kLow, "metrics_textfile", written.error());
  else
    findings_.ClearSubject("metrics_textfile");
}

}  // namespace powernode::runtime
