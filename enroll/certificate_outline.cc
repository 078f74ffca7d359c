#include "enroll/certificate_outline.h"

#include <cctype>
#include <optional>

#include "identity/ca_text.h"

namespace powernode::enroll {
namespace {

// ASN.1 tags (X.690).
constexpr unsigned char kInteger = 0x02;
constexpr unsigned char kOid = 0x06;
constexpr unsigned char kSequence = 0x30;
constexpr unsigned char kSet = 0x31;
constexpr unsigned char kExplicit0 = 0xa0;

constexpr std::string_view kEd25519("\x2b\x65\x70", 3);
constexpr std::string_view kEd448("\x2b\x65\x71", 3);
constexpr std::string_view kCommonName("\x55\x04\x03", 3);
constexpr std::string_view kOrganisation("\x55\x04\x0a", 3);

struct Element {
  unsigned char tag;
  std::string_view content;
};

// Takes the next element off the front of `rest`; definite lengths of up to three octets.
std::optional<Element> Next(std::string_view& rest) {
  if (rest.size() < 2) return std::nullopt;
  const auto tag = static_cast<unsigned char>(rest[0]);
  std::size_t length = static_cast<unsigned char>(rest[1]);
  std::size_t header = 2;
  if (length >= 0x80) {
    const std::size_t octets = length & 0x7f;
    if (octets == 0 || octets > 3 || rest.size() < 2 + octets) return std::nullopt;
    length = 0;
    for (std::size_t i = 0; i < octets; ++i)
      length = (length << 8) | static_cast<unsigned char>(rest[2 + i]);
    header += octets;
  }
  if (rest.size() - header < length) return std::nullopt;
  const Element element{.tag = tag, .content = rest.substr(header, length)};
  rest.remove_prefix(header + length);
  return element;
}

// The content of the next element if it has that tag.
std::optional<std::string_view> Take(std::string_view& rest, unsigned char tag) {
  std::string_view ahead = rest;
  const std::optional<Element> element = Next(ahead);
  if (!element || element->tag != tag) return std::nullopt;
  rest = ahead;
  return element->content;
}

std::optional<std::string_view> AlgorithmOf(std::string_view& rest) {
  std::optional<std::string_view> identifier = Take(rest, kSequence);
  if (!identifier) return std::nullopt;
  return Take(*identifier, kOid);
}

std::string Printable(std::string_view text) {
  std::string out(text.substr(0, 100));
  for (char& c : out)
    if (std::isprint(static_cast<unsigned char>(c)) == 0) c = '?';
  return out;
}

std::string SubjectOf(std::string_view name) {
  std::string organisation;
  while (std::optional<std::string_view> set = Take(name, kSet)) {
    std::optional<std::string_view> pair = Take(*set, kSequence);
    if (!pair) continue;
    const std::optional<std::string_view> type = Take(*pair, kOid);
    const std::optional<Element> value = Next(*pair);
    if (!type || !value) continue;
    if (*type == kCommonName) return Printable(value->content);
    if (*type == kOrganisation) organisation = Printable(value->content);
  }
  return organisation;
}

}  // namespace

bool CertificateOutline::UsesEdwardsCurve() const {
  auto is_edwards = [](const std::string& oid) { return oid == kEd25519 || oid == kEd448; };
  return is_edwards(key_algorithm) || is_edwards(signature_algorithm);
}

Result<CertificateOutline> OutlineOf(std::string_view der) {
  const Error bad(ErrorKind::kInvalid, "bad_certificate", "not the DER of a certificate");
  std::optional<std::string_view> certificate = Take(der, kSequence);
  if (!certificate) return bad;
  std::optional<std::string_view> body = Take(*certificate, kSequence);
  if (!body) return bad;
  const std::optional<std::string_view> signature = AlgorithmOf(*certificate);
  (void)Take(*body, kExplicit0);  // version, absent in v1
  if (!signature || !Take(*body, kInteger) || !Take(*body, kSequence) /* signature */ ||
      !Take(*body, kSequence) /* issuer */ || !Take(*body, kSequence) /* validity */)
    return bad;
  const std::optional<std::string_view> subject = Take(*body, kSequence);
  std::optional<std::string_view> key = Take(*body, kSequence);
  if (!subject || !key) return bad;
  const std::optional<std::string_view> key_algorithm = AlgorithmOf(*key);
  if (!key_algorithm) return bad;
  return CertificateOutline{.subject = SubjectOf(*subject),
                            .key_algorithm = std::string(*key_algorithm),
                            .signature_algorithm = std::string(*signature)};
}

Status RefuseEdwardsCurves(std::string_view pem, std::string_view bundle) {
  for (const std::string& der : identity::DerOfCertificates(pem)) {
    const Result<CertificateOutline> outline = OutlineOf(der);
    if (!outline || !outline->UsesEdwardsCurve()) continue;
    return Error(
        ErrorKind::kUnsupported, "ca_algorithm_unsupported",
        std::string(bundle) + ": certificate \"" + outline->subject +
            "\" uses Ed25519 or Ed448, which this agent's TLS library (mbedTLS) does not have; "
            "use a CA with an ECDSA P-256 or P-384 or an RSA key");
  }
  return Ok();
}

}  // namespace powernode::enroll
