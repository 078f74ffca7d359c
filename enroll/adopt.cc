#include "enroll/adopt.h"

#include <utility>

#include "enroll/node_api.h"

namespace powernode::enroll {

Status Adopt(Session& session, CredentialsPtr fresh, const TransportFactory& transports,
             Clock& clock, std::stop_token stop) {
  const Session::Trial trial(session);
  Session probe(fresh, transports, clock);
  const Result<NodeStatus> status = NodeApi(probe).GetStatus(std::move(stop), kNoRetries);
  if (!status) return status.error().WithContext("try the credentials of " + fresh->generation);
  session.Replace(std::move(fresh));
  return Ok();
}

}  // namespace powernode::enroll
