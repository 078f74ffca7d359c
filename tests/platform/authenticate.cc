#include "tests/platform/authenticate.h"

#include "tests/platform/digest.h"

namespace powernode::platform {
namespace {

constexpr Seconds kReplacedRowLives = 24 * 3600;

Answer Unauthorized(std::string_view text) { return Failure(401, text, "UNAUTHORIZED"); }

bool IsLive(const CertificateRow& row, Seconds now) {
  if (row.revoked || now > row.not_after) return false;
  return row.replaced_at == 0 || now < row.replaced_at + kReplacedRowLives;
}

CertificateRow* FindPresented(Node& node, const Peer& peer, Seconds now) {
  for (CertificateRow& row : node.certificates) {
    if (SameSecret(row.serial, peer.serial) && SameSecret(row.fingerprint, peer.fingerprint))
      return IsLive(row, now) ? &row : nullptr;
  }
  return nullptr;
}

void RevokePredecessors(Call& call) {
  for (CertificateRow& row : call.node->certificates) {
    if (row.revoked || row.replaced_by != call.certificate->id) continue;
    row.revoked = true;
    call.changed = true;
  }
}

}  // namespace

std::optional<Answer> Authenticate(Call& call) {
  const Peer& peer = call.request.peer;
  if (!peer.certificate_presented) {
    const bool bearer = call.request.Header("X-Instance-Token") != nullptr ||
                        call.request.Header("Authorization") != nullptr;
    return Unauthorized(bearer ? "Invalid instance token"
                               : "Instance token or mTLS client certificate required");
  }
  Node* const node = call.state.FindNode(peer.common_name);
  if (node == nullptr || node->id != peer.common_name)
    return Unauthorized("Instance not found for mTLS subject");
  if (node->status == "terminated" || node->status == "error")
    return Unauthorized("Instance is not active");
  CertificateRow* const row = FindPresented(*node, peer, call.now);
  if (row == nullptr) return Unauthorized("No active certificate on file");
  call.node = node;
  call.certificate = row;
  RevokePredecessors(call);
  node->address = peer.address;
  node->tls_version = peer.tls_version;
  return std::nullopt;
}

}  // namespace powernode::platform
