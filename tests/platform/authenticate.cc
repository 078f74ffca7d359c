#include "tests/platform/authenticate.h"

#include <algorithm>

#include "tests/platform/bearer.h"
#include "tests/platform/digest.h"
#include "tests/platform/routes.h"

namespace powernode::platform {
namespace {

constexpr Seconds kReplacedRowLives = 24 * 3600;

Answer Unauthorized(std::string_view text) { return Failure(401, text, "UNAUTHORIZED"); }

bool IsInTime(const CertificateRow& row, Seconds now, Seconds grace) {
  return now >= row.not_before && now <= row.not_after + grace;
}

bool IsLive(const CertificateRow& row, Seconds now, Seconds grace) {
  return !row.revoked && IsInTime(row, now, grace) &&
         (row.replaced_at == 0 || now < row.replaced_at + kReplacedRowLives);
}

CertificateRow* FindPresented(Node& node, const Peer& peer) {
  for (CertificateRow& row : node.certificates) {
    if (SameSecret(row.serial, peer.serial) && SameSecret(row.fingerprint, peer.fingerprint))
      return &row;
  }
  return nullptr;
}

// The first generation: while the instance has a good certificate, an older one passes, revoked or
// not; the proxy before it refuses those that are out of time.
bool PassesUnmatched(const Node& node, const CertificateRow* presented, Seconds now) {
  if (presented != nullptr && !IsInTime(*presented, now, 0)) return false;
  return std::any_of(
      node.certificates.begin(), node.certificates.end(),
      [now](const CertificateRow& row) { return !row.revoked && IsInTime(row, now, 0); });
}

// The `X-Instance-Token`, else the bearer; null when there is neither.
std::optional<std::string_view> PresentedToken(const Request& request) {
  if (const std::string* const token = request.Header("X-Instance-Token")) return *token;
  const std::string* const authorization = request.Header("Authorization");
  if (authorization == nullptr) return std::nullopt;
  constexpr std::string_view kScheme = "Bearer ";
  const std::string_view text = *authorization;
  return text.starts_with(kScheme) ? text.substr(kScheme.size()) : std::string_view();
}

// The instance that the request proves to come from, or the 401.
std::variant<std::string, Answer> ProvenInstance(const Call& call) {
  if (call.request.peer.certificate_presented) return call.request.peer.common_name;
  const std::optional<std::string_view> token = PresentedToken(call.request);
  if (!token) return Unauthorized("Instance token or mTLS client certificate required");
  if (!call.personality.issues_bearers) return Unauthorized("Invalid instance token");
  Result<std::string> instance = ReadBearer(call.state, *token);
  if (!instance) return Unauthorized(instance.error().message());
  return std::move(*instance);
}

}  // namespace

std::optional<Answer> Authenticate(Call& call, Seconds grace) {
  const Peer& peer = call.request.peer;
  std::variant<std::string, Answer> proven = ProvenInstance(call);
  if (Answer* const refusal = std::get_if<Answer>(&proven)) return std::move(*refusal);
  const std::string& instance = std::get<std::string>(proven);
  Node* const node = call.state.FindNode(instance);
  if (node == nullptr || node->id != instance)
    return Unauthorized(peer.certificate_presented ? "Instance not found for mTLS subject"
                                                   : "Instance not found");
  if (node->status == "terminated" || node->status == "error")
    return Unauthorized("Instance is not active");
  if (peer.certificate_presented) {
    call.certificate = FindPresented(*node, peer);
    const bool passes =
        call.personality.matches_certificates
            ? call.certificate != nullptr && IsLive(*call.certificate, call.now, grace)
            : PassesUnmatched(*node, call.certificate, call.now);
    if (!passes) return Unauthorized("No active certificate on file");
  }
  call.node = node;
  node->address = peer.address;
  node->tls_version = peer.tls_version;
  return std::nullopt;
}

void ConfirmCertificate(Call& call, const std::string& certificate_id) {
  for (CertificateRow& row : call.node->certificates) {
    if (row.revoked || row.replaced_by != certificate_id) continue;
    row.revoked = true;
    call.changed = true;
  }
}

}  // namespace powernode::platform
