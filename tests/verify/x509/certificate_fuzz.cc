// Invariants: a certificate that is read lies in its input, whole and in order; without its SCT
// list it is a certificate again, of the same names, key and time, shorter by just that extension
// and by what lengths lose; an identity that is read is not empty and holds no zero byte.
#include "tests/fuzz/fuzz_input.h"
#include "verify/x509/certificate_path.h"
#include "verify/x509/der.h"
#include "verify/x509/fulcio_identity.h"
#include "verify/x509/oids.h"
#include "verify/x509/sct.h"

namespace {

using namespace powernode::verify::x509;
using powernode::fuzz::Require;

bool LiesIn(std::string_view part, std::string_view whole) {
  return !part.empty() && part.data() >= whole.data() &&
         part.data() + part.size() <= whole.data() + whole.size();
}

void CheckParts(const Certificate& certificate, std::string_view input) {
  Require(certificate.der() == input, "the certificate is its input");
  const std::string_view tbs = certificate.tbs();
  Require(LiesIn(tbs, certificate.der()), "TBSCertificate lies in the certificate");
  for (const std::string_view part :
       {certificate.serial(), certificate.issuer(), certificate.subject(), certificate.spki()})
    Require(LiesIn(part, tbs), "a part lies in TBSCertificate");
  Require(certificate.issuer().data() < certificate.subject().data() &&
              certificate.subject().data() < certificate.spki().data(),
          "parts follow in their order");
  for (const Extension& extension : certificate.extensions())
    Require(
        LiesIn(extension.encoding, tbs) && extension.oid.size() < extension.encoding.size() &&
            certificate.FindExtension(extension.oid)->encoding.data() == extension.encoding.data(),
        "an extension lies in TBSCertificate and is found");
  if (const auto& key = certificate.public_key())
    Require(key->spki() == certificate.spki(), "the key is the certificate's");
}

void CheckWithoutScts(const Certificate& certificate) {
  const Extension* scts = certificate.FindExtension(kOidSctList);
  const powernode::Result<std::string> tbs = TbsWithoutScts(certificate);
  Require(tbs.ok() == (scts != nullptr), "an SCT list is taken out where there is one");
  if (!tbs) return;
  const std::size_t gone = certificate.tbs().size() - tbs->size();
  const std::size_t lengths = 3 * 4;  // three lengths lose four bytes each, at most
  Require(gone >= scts->encoding.size() && gone <= scts->encoding.size() + lengths,
          "TBSCertificate is shorter by the SCT extension");
  if (certificate.extensions().size() == 1) return;  // a list of none is no DER

  DerReader whole(ReadOnlyElement(certificate.der(), kDerSequence)->contents);
  (void)whole.Read(kDerSequence);
  std::string rest = *tbs;
  while (!whole.AtEnd()) rest += whole.ReadAny()->encoding;
  const auto again = Certificate::Parse(DerEncode(kDerSequence, rest));
  Require(again.ok() && again->tbs() == *tbs, "without the SCT list it is a certificate");
  Require(again->issuer() == certificate.issuer() && again->subject() == certificate.subject() &&
              again->spki() == certificate.spki() && again->serial() == certificate.serial() &&
              again->extensions().size() + 1 == certificate.extensions().size(),
          "without the SCT list all else is as it was");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = powernode::fuzz::TextOf(data, size);
  const auto certificate = Certificate::Parse(input);
  if (!certificate) return 0;
  CheckParts(*certificate, input);
  CheckWithoutScts(*certificate);
  if (const auto identity = ReadFulcioIdentity(*certificate))
    Require(!identity->subject.empty() && !identity->issuer.empty() &&
                identity->subject.find('\0') == std::string::npos &&
                identity->issuer.find('\0') == std::string::npos,
            "an identity has a name and an issuer");
  return 0;
}
