#include "runtime/rescue_report.h"

#include "enroll/node_api.h"
#include "runtime/findings.h"
#include "runtime/node_report.h"
#include "verify/module_statement.h"

namespace powernode::runtime {

Status SendRescueReport(const RescueReport& report, enroll::Session& session, Clock& clock,
                        std::stop_token stop) {
  Log silent(-1, LogFormat::kPeople, LogLevel::kError);  // the console has said it already
  Findings findings(clock, silent);
  findings.Raise(Severity::kCritical, report.stage, report.error);
  NodeReport node;
  node.mode = NodeMode::kRescue;
  node.persist = report.persist;
  node.kernel_release = report.kernel_release;
  node.architecture = verify::NodeArchitecture();
  if (const Result<std::string> id = BootId(report.paths)) node.boot_id = *id;
  const Json body = HeartbeatBody(node, MeasureVitals(report.paths), *session.credentials(),
                                  session.mode(), findings.ToJson(), clock.UnixSeconds());
  enroll::NodeApi api(session);
  Result<enroll::HeartbeatAnswer> answer = api.Heartbeat(body, stop);
  return answer ? Ok() : Status(std::move(answer).error());
}

}  // namespace powernode::runtime
