#include "enroll/credential_files.h"

#include <utility>

#include "agent/base/files.h"
#include "enroll/certificate.h"
#include "enroll/pki_layout.h"
#include "identity/ca_text.h"

namespace powernode::enroll {
namespace {

constexpr std::size_t kMaxKeyBytes = 16 * 1024;
constexpr std::size_t kMaxPemBytes = identity::kMaxCaBytes;

}  // namespace

Result<Credentials> ReadCredentialFiles(const std::string& directory) {
  auto read = [&directory](std::string_view name, std::size_t max_bytes) {
    return ReadFile(JoinPath(directory, name), max_bytes);
  };
  Credentials out;
  ASSIGN_OR_RETURN(std::string key, read(kKeyFile, kMaxKeyBytes));
  out.key_pem = Secret(std::move(key));
  ASSIGN_OR_RETURN(out.certificate_pem, read(kCertificateFile, kMaxPemBytes));
  ASSIGN_OR_RETURN(out.chain_pem, read(kChainFile, kMaxPemBytes));
  ASSIGN_OR_RETURN(out.ca_pem, read(kRootsFile, kMaxPemBytes));
  if (Result<std::string> bearer = read(kBearerFile, kMaxKeyBytes)) {
    out.bearer = ReadBearer(*bearer);
    Secret::Wipe(*bearer);
  }
  return out;
}

Status CheckCredentials(Credentials& credentials) {
  RETURN_IF_ERROR(CheckTrustRoots(credentials.ca_pem));
  ASSIGN_OR_RETURN(const CertificateFacts facts,
                   CheckPair(credentials.certificate_pem, credentials.key_pem,
                             credentials.instance_id, credentials.mtls_subject));
  credentials.not_before = facts.not_before;
  credentials.not_after = facts.not_after;
  credentials.serial = facts.serial;
  credentials.fingerprint = facts.fingerprint;
  return Ok();
}

}  // namespace powernode::enroll
