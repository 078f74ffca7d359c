// Other credentials for a session that is in use: they are put to the proof with one request, and
// become the session's when that is answered. The calls of other threads meanwhile neither fail nor
// wait, save those that the platform refuses because of the change itself.
#pragma once

#include <stop_token>

#include "agent/base/clock.h"
#include "agent/base/result.h"
#include "enroll/credentials.h"
#include "enroll/session.h"
#include "enroll/transport.h"

namespace powernode::enroll {

// kDenied "unauthorized": the platform refuses them; any other error says nothing about them. With
// either the session stays as it is.
Status Adopt(Session& session, CredentialsPtr fresh, const TransportFactory& transports,
             Clock& clock, std::stop_token stop);

}  // namespace powernode::enroll
