#include "enroll/root_roll.h"

#include <algorithm>
#include <vector>

#include "enroll/certificate.h"
#include "identity/ca_text.h"

namespace powernode::enroll {
namespace {

// Any answer will do: the handshake is what is asked for, and no credential goes over it.
bool Judges(const std::string& roots, const Origin& platform, const TransportFactory& transports,
            std::stop_token stop) {
  Result<std::unique_ptr<HttpTransport>> transport =
      transports(TlsIdentity{.ca_pem = roots, .certificate_pem = {}, .key_pem = {}});
  if (!transport) return false;
  HttpRequest request;
  request.url = platform.ToString() + "/";
  return (*transport)->Perform(request, stop).ok();
}

// New ones first: of too many, the oldest go.
std::string Together(const std::string& fresh, const std::string& old) {
  std::vector<std::string> all = identity::DerOfCertificates(fresh);
  for (std::string& der : identity::DerOfCertificates(old))
    if (std::find(all.begin(), all.end(), der) == all.end()) all.push_back(std::move(der));
  all.resize(std::min(all.size(), identity::kMaxCaCertificates));
  std::string pem;
  for (const std::string& der : all) pem += identity::PemOfCertificate(der);
  return pem;
}

}  // namespace

Result<std::string> RollRoots(const Origin& platform, const std::string& old_pem,
                              std::string_view offered_pem, const TransportFactory& transports,
                              std::stop_token stop) {
  const identity::CaText offered = identity::ReadCaText(offered_pem);
  RETURN_IF_ERROR_CONTEXT(CheckTrustRoots(offered.pem), "the platform's new CA");
  if (identity::DerOfCertificates(offered.pem) == identity::DerOfCertificates(old_pem))
    return old_pem;
  if (Judges(offered.pem, platform, transports, stop)) return offered.pem;
  return Together(offered.pem, old_pem);
}

}  // namespace powernode::enroll
