#include "runtime/claim.h"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "agent/base/files.h"
#include "enroll/key.h"
#include "enroll/pending_request.h"
#include "runtime/claim_state.h"
#include "runtime/primary_nic.h"

namespace powernode::runtime {
namespace {

constexpr std::size_t kMaxFact = 64;

// One short printable fact out of a file of the firmware's; empty when it is none.
std::string FactIn(const std::string& directory, std::string_view name) {
  Result<std::string> text = ReadFile(JoinPath(directory, name), 4096);
  if (!text) return {};
  text->resize(std::min(text->find_first_of(std::string_view("\n\0", 2)), text->size()));
  while (text->ends_with(' ')) text->pop_back();
  const bool printable =
      std::all_of(text->begin(), text->end(), [](char c) { return c >= ' ' && c <= '~'; });
  return printable && text->size() <= kMaxFact ? *std::move(text) : "";
}

std::string HardwareId(const Paths& paths) {
  for (const auto& [directory, name] :
       {std::pair(paths.dmi, "product_uuid"), std::pair(paths.dmi, "board_serial"),
        std::pair(paths.firmware + "/devicetree/base", "serial-number")})
    if (std::string fact = FactIn(directory, name); !fact.empty()) return fact;
  return {};
}

// "rpi4" for "raspberrypi,4-model-b", "generic-uefi", or nothing.
std::string PlatformHint(const Paths& paths) {
  constexpr std::string_view kRaspberry = "raspberrypi,";
  const std::string board = FactIn(paths.firmware + "/devicetree/base", "compatible");
  if (board.starts_with(kRaspberry) && board.size() > kRaspberry.size())
    return "rpi" + board.substr(kRaspberry.size(), 1);
  return Exists(JoinPath(paths.firmware, "efi")) ? "generic-uefi" : "";
}

std::string HostName() {
  std::array<char, 65> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return {};
  const std::string text = name.data();
  return text == "localhost" || text == "(none)" ? "" : text;
}

identity::Identity IdentityOf(const identity::Claimable& claimable, std::string instance_uuid,
                              Secret token, std::int64_t now) {
  identity::Identity identity;
  identity.instance_uuid = std::move(instance_uuid);
  identity.platform = claimable.platform;
  identity.ca_pem = claimable.ca_pem;
  identity.bootstrap_token = std::move(token);
  identity.platform_from = claimable.platform_from;
  identity.ca_from = claimable.ca_from;
  identity.instance_uuid_from = {.source = std::string(enroll::kClaimSource), .read_at = now};
  identity.token_from = identity.instance_uuid_from;
  return identity;
}

// The card is the one of the last round as long as it is there, and remembered from the first.
Result<enroll::ClaimRequest> Describe(const ClaimTask& task, ClaimState& state) {
  const Paths& paths = task.paths;
  const identity::Claimable& claimable = task.who;
  const std::vector<NetworkCard> cards = PhysicalCards(
      paths.network_devices, paths.root.empty() ? AskPermanentAddress : NoPermanentAddress);
  ASSIGN_OR_RETURN(NetworkCard card, ChooseCard(cards, state.mac));
  state.mac = card.mac;
  state.device = std::move(card.device);
  enroll::ClaimRequest request{.platform = claimable.platform,
                               .ca_pem = claimable.ca_pem,
                               .device_key_sha256 = {},
                               .mac = std::move(card.mac),
                               .instance_id = claimable.instance_uuid.value_or(""),
                               .dmi_uuid = HardwareId(paths),
                               .hostname = HostName(),
                               .platform_hint = PlatformHint(paths)};
  ASSIGN_OR_RETURN(const Secret key, enroll::PrepareKey(paths.pki, request.instance_id));
  ASSIGN_OR_RETURN(request.device_key_sha256, enroll::PublicKeySha256(key));
  const bool was_ours = task.expired && task.expired->instance_id == request.instance_id &&
                        task.expired->platform == request.platform;
  if (!was_ours) return request;
  if (Result<enroll::ClaimProof> proof =
          enroll::ProveWithOldKey(*task.expired, request.device_key_sha256))
    request.proof = *std::move(proof);  // without it an operator confirms
  return request;
}

Error StillPending(const enroll::ClaimAnswer& answer, const ClaimState& state) {
  const std::string what = state.code.empty() ? "the platform has no code for it to show"
                                              : "confirm code " + state.code + " at " + state.url;
  return Error(
      ErrorKind::kUnavailable, "claim_pending",
      "this node waits to be claimed: " + what + " (the platform says: " + answer.said + ")");
}

}  // namespace

ClaimRound ClaimOnce(const ClaimTask& task, const enroll::TransportFactory& transports,
                     Clock& clock, std::stop_token stop) {
  const Paths& paths = task.paths;
  const identity::Claimable& claimable = task.who;
  const std::int64_t now = clock.UnixSeconds();
  auto claimed = [&](std::string instance_uuid, Secret token) {
    return ClaimRound{
        .identity = IdentityOf(claimable, std::move(instance_uuid), std::move(token), now),
        .attempt = std::nullopt,
        .code = {},
        .url = {}};
  };
  if (std::optional<enroll::ClaimResult> kept = enroll::KeptClaim(paths.pki);
      kept && kept->platform == claimable.platform && kept->instead_of == task.instead_of &&
      kept->instance_uuid == claimable.instance_uuid.value_or(kept->instance_uuid))
    return claimed(std::move(kept->instance_uuid), std::move(kept->token));

  ClaimState state = LoadClaimState(paths);
  const Result<enroll::ClaimRequest> request = Describe(task, state);
  if (!request)
    return {.identity = request.error(), .attempt = std::nullopt, .code = {}, .url = {}};
  enroll::ClaimAttempt attempt = enroll::PollClaim(*request, transports, stop);
  if (!attempt.outcome) {
    Error error = attempt.outcome.error();
    // The last code is still good: a platform that is away for a moment takes it later.
    return {.identity = std::move(error),
            .attempt = std::move(attempt),
            .code = std::move(state.code),
            .url = std::move(state.url)};
  }
  const enroll::ClaimAnswer& answer = *attempt.outcome;
  if (state.code != answer.code) state.first_at = now;
  state.code = answer.code;
  state.url = answer.code.empty() ? "" : claimable.platform.ToString() + "/claim/" + answer.code;
  (void)SaveClaimState(paths, state);  // only a memory: a disk that is full stops nothing
  if (answer.claimed) {
    // When it cannot be kept the enrolment that follows at once says why.
    (void)enroll::KeepClaim(paths.pki, {.platform = claimable.platform,
                                        .instance_uuid = answer.claimed->instance_uuid,
                                        .token = answer.claimed->token,
                                        .instead_of = task.instead_of});
    return claimed(answer.claimed->instance_uuid, answer.claimed->token);
  }
  Error pending = StillPending(answer, state);
  return {.identity = std::move(pending),
          .attempt = std::move(attempt),
          .code = std::move(state.code),
          .url = std::move(state.url)};
}

}  // namespace powernode::runtime
