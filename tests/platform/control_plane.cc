#include "tests/platform/control_plane.h"

#include <chrono>
#include <iostream>

#include "agent/base/random.h"
#include "tests/platform/authenticate.h"
#include "tests/platform/kept_answers.h"
#include "tests/platform/manners.h"
#include "tests/platform/served.h"

namespace powernode::platform {
namespace {

constexpr std::int64_t kSlowHandshakeMs = 15'000;  // longer than a handshake may take (§1.3)

json SplitFeatures(std::string_view text) {
  json features = json::array();
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    features.push_back(std::string(text.substr(0, comma)));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return features;
}

double Dice() { return static_cast<double>(RandomBelow(1u << 30)) / static_cast<double>(1u << 30); }

// {} for an empty body; nullopt when it is not a JSON object.
std::optional<json> ReadBody(const std::string& text) {
  if (text.empty()) return json::object();
  json body = json::parse(text, nullptr, false);
  if (!body.is_object()) return std::nullopt;
  return body;
}

std::string ErrorText(const Answer& answer) {
  const json* const body = std::get_if<json>(&answer.body);
  return body != nullptr ? body->value("error", "") : "";
}

}  // namespace

ControlPlane::ControlPlane(Store& store, AuthorityKeeper authorities,
                           const Personality& personality)
    : store_(store),
      authorities_(std::move(authorities)),
      personality_(personality),
      features_(SplitFeatures(personality.features)),
      recorder_(store.directory().requests()) {}

Outcome ControlPlane::Handle(Request request) {
  const std::vector<Fault> faults = Take(request);
  Wait(DelayOf(faults));
  const Request as_sent = request;
  std::optional<Answer> instead = ApplyBefore(faults, request);
  Answer answer = instead ? std::move(*instead) : Respond(request, faults);

  const Seconds now = store_.Lock()->Now();
  answer.SetHeader("Date", FormatHttpDate(now));
  if (!personality_.features.empty())
    answer.SetHeader("X-Powernode-Features", std::string(personality_.features));
  if (const Status written = recorder_.Write(RecordLine(as_sent, answer, faults, now)); !written)
    std::cerr << "record request: " << written.error().message() << "\n";
  return {.answer = std::move(answer), .wire = PlanWire(faults)};
}

std::vector<Fault> ControlPlane::Take(const Request& request) {
  const Store::Guard state = store_.Lock();
  if (state->faults.empty()) return {};
  const FaultSubject subject{.method = request.method,
                             .path = request.path,
                             .node_id = request.peer.common_name,
                             .body = request.body};
  std::vector<Fault> faults = TakeFaults(state->faults, subject, Dice());
  if (const Status saved = state.Save(); !saved) std::cerr << saved.error().message() << "\n";
  return faults;
}

ConnectionPlan ControlPlane::GoodConnection() {
  const Store::Guard state = store_.Lock();
  return {.authorities = authorities_.Current(*state), .now = state->Now()};
}

ConnectionPlan ControlPlane::NextConnection() {
  ConnectionPlan plan = GoodConnection();
  const Store::Guard state = store_.Lock();
  for (const Fault& fault : TakeConnectionFaults(state->faults, Dice())) {
    plan.tls12_only |= fault.kind == "tls12";
    plan.abort_handshake |= fault.kind == "abort-handshake";
    if (fault.kind == "slow-handshake")
      plan.handshake_delay_ms += fault.number > 0 ? fault.number : kSlowHandshakeMs;
    if (fault.kind != "server-certificate") continue;
    if (const Result<ServerFlaw> flaw = ServerFlawFromName(fault.text); flaw) plan.flaw = *flaw;
  }
  return plan;
}

void ControlPlane::Wait(std::int64_t milliseconds) {
  if (milliseconds <= 0) return;
  std::unique_lock lock(wait_mutex_);
  wait_.wait_for(lock, std::chrono::milliseconds(milliseconds), [this] { return stopping(); });
}

void ControlPlane::Stop() {
  {
    const std::scoped_lock lock(wait_mutex_);
    stopping_ = true;
  }
  wait_.notify_all();
}

Answer ControlPlane::Respond(const Request& request, const std::vector<Fault>& faults) {
  const Store::Guard state = store_.Lock();
  const std::shared_ptr<const Authorities> authorities = authorities_.Current(*state);
  Call call{.request = request,
            .state = *state,
            .authorities = *authorities,
            .directory = store_.directory(),
            .personality = personality_,
            .features = features_,
            .now = state->Now()};
  Answer answer = Dispatch(call);
  if (answer.status >= 400 && answer.status != 416 && !call.blameless)
    call.Complain("refused: " + std::to_string(answer.status) + " " + ErrorText(answer));
  ApplyToAnswer(faults,
                {.authority = authorities->leaves(),
                 .now = call.now,
                 .lifetime = state->settings.leaf_lifetime_seconds},
                request, answer);
  CountServed(call, answer);
  if (call.changed) {
    if (const Status saved = state.Save(); !saved)
      return Failure(500, saved.error().message(), "INTERNAL_ERROR");
  }
  return answer;
}

Answer ControlPlane::Dispatch(Call& call) {
  const Request& request = call.request;
  const Route* const route = FindRoute(personality_, request);
  if (route == nullptr) {
    // A node may ask an older server for what only the target has.
    call.blameless = FindRoute(*FindPersonality("target"), request) != nullptr;
    return Failure(404, "No such route", "NOT_FOUND");
  }
  if (request.body.size() > route->request_cap)
    return Failure(413, "The body is too large", "TOO_LARGE");
  std::optional<json> body = ReadBody(request.body);
  if (!body) return Failure(400, "The body is not a JSON object");
  call.body = std::move(*body);
  if (route->auth == RouteAuth::kInstance) {
    const Seconds grace =
        route->handler == &RefreshEnrolment ? call.state.settings.refresh_grace_seconds : 0;
    if (std::optional<Answer> refusal = Authenticate(call, grace)) return std::move(*refusal);
  }
  const std::string certificate_id = call.certificate != nullptr ? call.certificate->id : "";
  CheckManners(call, *route);
  if (std::optional<Answer> kept = ReplayAnswer(call)) return std::move(*kept);
  try {
    Answer answer = route->handler(call);
    if (!certificate_id.empty() && answer.status < 400) ConfirmCertificate(call, certificate_id);
    if (route->handler != &Heartbeat) KeepAnswer(call, answer);
    return answer;
  } catch (const json::exception& error) {
    return Failure(400, std::string("A member has the wrong type: ") + error.what());
  }
}

}  // namespace powernode::platform
