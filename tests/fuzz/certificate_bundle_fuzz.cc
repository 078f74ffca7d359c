// Invariant: any text becomes a bundle in one spelling, in which every certificate can be outlined
// or is refused, and which is fit to be trusted or not for one of two reasons; any bytes are
// refused or outlined.
#include <string>

#include "enroll/certificate.h"
#include "enroll/certificate_outline.h"
#include "identity/ca_text.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace powernode;
  const std::string_view text = fuzz::TextOf(data, size);
  (void)enroll::OutlineOf(text).ok();
  (void)enroll::ReadCertificate(std::string(text)).ok();

  for (const std::string& pem : {std::string(text), identity::PemOfCertificate(text)}) {
    const identity::CaText bundle = identity::ReadCaText(pem);
    for (const std::string& problem : bundle.problems)
      fuzz::Require(!fuzz::HasControl(problem), "a problem is one line");
    if (bundle.pem.empty()) continue;
    fuzz::Require(identity::ReadCaText(bundle.pem).pem == bundle.pem,
                  "the spelling is the only one");
    const std::vector<std::string> members = identity::DerOfCertificates(bundle.pem);
    fuzz::Require(!members.empty() && members.size() <= identity::kMaxCaCertificates,
                  "it has 1 to 32 members");
    for (const std::string& der : members) (void)enroll::OutlineOf(der).ok();
    const Status fit = enroll::CheckTrustRoots(bundle.pem);
    fuzz::Require(fit.ok() || fit.error().code() == "no_trust_anchor" ||
                      fit.error().code() == "ca_algorithm_unsupported",
                  "it is fit, or it says why not");
  }
  return 0;
}
