#include "verify/x509/certificate.h"

#include <algorithm>
#include <array>
#include <utility>

#include "verify/x509/der.h"
#include "verify/x509/oids.h"
#include "verify/x509/refusal.h"
#include "verify/x509/signature_algorithm.h"

namespace powernode::verify::x509 {

struct BasicConstraints {
  bool is_ca = false;
  std::optional<std::uint32_t> path_length;
};

namespace {

constexpr std::size_t kMaxCertificate = 64 * 1024;
constexpr std::uint32_t kMaxVersion = 2;  // v3
constexpr std::uint8_t kDigitalSignature = 0x80;
constexpr std::uint8_t kKeyCertSign = 0x04;

// UTCTime or GeneralizedTime, both to the second and in UTC (RFC 5280 §4.1.2.5).
Result<Instant> ReadTime(DerReader& reader) {
  ASSIGN_OR_RETURN(const DerElement element, reader.ReadAny());
  const bool is_utc = element.tag == kDerUtcTime;
  if (!is_utc && element.tag != kDerGeneralizedTime) return DerError("validity without a time");
  std::string text(element.contents);
  if (is_utc) text.insert(0, text >= "50" ? "19" : "20");
  if (text.size() == 15 && text.ends_with('Z')) {
    const std::string_view digits = std::string_view(text).substr(0, 14);
    if (const auto instant = InstantOfDigits(digits.substr(0, 4), digits.substr(4)))
      return *instant;
  }
  return DerError("malformed time");
}

Result<Window> ReadValidity(DerReader& reader) {
  ASSIGN_OR_RETURN(DerReader validity, reader.Enter(kDerSequence));
  ASSIGN_OR_RETURN(const Instant not_before, ReadTime(validity));
  ASSIGN_OR_RETURN(const Instant not_after, ReadTime(validity));
  RETURN_IF_ERROR(validity.End());
  return Window{.start = not_before, .end = not_after};
}

Result<std::vector<Extension>> ReadExtensions(DerReader& tbs) {
  std::vector<Extension> extensions;
  if (tbs.AtEnd()) return extensions;
  ASSIGN_OR_RETURN(DerReader wrapper, tbs.Enter(DerContextConstructed(3)));
  ASSIGN_OR_RETURN(DerReader list, wrapper.Enter(kDerSequence));
  RETURN_IF_ERROR(wrapper.End());
  do {
    ASSIGN_OR_RETURN(const DerElement whole, list.Read(kDerSequence));
    DerReader reader(whole.contents);
    Extension extension{.encoding = whole.encoding};
    ASSIGN_OR_RETURN(extension.oid, reader.ReadOid());
    if (reader.NextIs(kDerBoolean)) {
      ASSIGN_OR_RETURN(extension.critical, reader.ReadBoolean());
    }
    ASSIGN_OR_RETURN(const DerElement value, reader.Read(kDerOctetString));
    extension.value = value.contents;
    RETURN_IF_ERROR(reader.End());
    extensions.push_back(extension);
  } while (!list.AtEnd());
  return extensions;
}

bool HasDuplicate(const std::vector<Extension>& extensions) {
  std::vector<std::string_view> oids;
  for (const Extension& extension : extensions) oids.push_back(extension.oid);
  std::sort(oids.begin(), oids.end());
  return std::adjacent_find(oids.begin(), oids.end()) != oids.end();
}

Result<BasicConstraints> ParseBasicConstraints(std::string_view value) {
  ASSIGN_OR_RETURN(const DerElement sequence, ReadOnlyElement(value, kDerSequence));
  DerReader reader(sequence.contents);
  BasicConstraints constraints;
  if (reader.NextIs(kDerBoolean)) {
    ASSIGN_OR_RETURN(constraints.is_ca, reader.ReadBoolean());
  }
  if (!reader.AtEnd()) {
    ASSIGN_OR_RETURN(constraints.path_length, reader.ReadSmall());
  }
  RETURN_IF_ERROR(reader.End());
  return constraints;
}

// The first eight named bits; the ninth (decipherOnly) is of no use here.
Result<std::uint8_t> ParseKeyUsage(std::string_view value) {
  ASSIGN_OR_RETURN(const DerElement bits, ReadOnlyElement(value, kDerBitString));
  if (bits.contents.size() < 2) return DerError("key usage without a bit");
  const auto unused = static_cast<std::uint8_t>(bits.contents.front());
  const auto last = static_cast<std::uint8_t>(bits.contents.back());
  if (unused > 7 || (last & ((1U << unused) - 1)) != 0) return DerError("malformed key usage");
  return static_cast<std::uint8_t>(bits.contents[1]);
}

Result<std::vector<std::string_view>> ParsePurposes(std::string_view value) {
  ASSIGN_OR_RETURN(const DerElement sequence, ReadOnlyElement(value, kDerSequence));
  DerReader reader(sequence.contents);
  std::vector<std::string_view> purposes;
  do {
    ASSIGN_OR_RETURN(const std::string_view oid, reader.ReadOid());
    purposes.push_back(oid);
  } while (!reader.AtEnd());
  return purposes;
}

}  // namespace

struct Certificate::State {
  std::string der;
  std::string_view tbs;
  std::string_view inner_algorithm;  // the encodings of the two AlgorithmIdentifiers
  std::string_view outer_algorithm;
  std::string_view signature;
  std::string_view serial;
  std::string_view issuer;
  std::string_view subject;
  std::string_view spki;
  Window validity;
  Result<PublicKey> public_key = DerError("not read");
  std::vector<Extension> extensions;
  BasicConstraints basic_constraints;
  std::optional<std::uint8_t> key_usage;
  std::vector<std::string_view> purposes;

  Status Read();
  Status ReadTbs(DerReader reader);
  Status ReadKnownExtensions();
  const Extension* Find(std::string_view oid) const;
};

Status Certificate::State::Read() {
  ASSIGN_OR_RETURN(const DerElement whole, ReadOnlyElement(der, kDerSequence));
  DerReader reader(whole.contents);
  ASSIGN_OR_RETURN(const DerElement tbs_element, reader.Read(kDerSequence));
  tbs = tbs_element.encoding;
  ASSIGN_OR_RETURN(const DerElement algorithm, reader.Read(kDerSequence));
  outer_algorithm = algorithm.encoding;
  ASSIGN_OR_RETURN(signature, reader.ReadBitString());
  RETURN_IF_ERROR(reader.End());
  RETURN_IF_ERROR(ReadTbs(DerReader(tbs_element.contents)));
  public_key = PublicKey::FromSpki(spki);
  return ReadKnownExtensions();
}

Status Certificate::State::ReadTbs(DerReader reader) {
  if (reader.NextIs(DerContextConstructed(0))) {
    ASSIGN_OR_RETURN(DerReader version, reader.Enter(DerContextConstructed(0)));
    ASSIGN_OR_RETURN(const std::uint32_t number, version.ReadSmall());
    RETURN_IF_ERROR(version.End());
    if (number > kMaxVersion) return DerError("unknown version of certificate");
  }
  ASSIGN_OR_RETURN(serial, reader.ReadInteger());
  ASSIGN_OR_RETURN(const DerElement algorithm, reader.Read(kDerSequence));
  inner_algorithm = algorithm.encoding;
  ASSIGN_OR_RETURN(const DerElement issuer_name, reader.Read(kDerSequence));
  issuer = issuer_name.encoding;
  ASSIGN_OR_RETURN(validity, ReadValidity(reader));
  ASSIGN_OR_RETURN(const DerElement subject_name, reader.Read(kDerSequence));
  subject = subject_name.encoding;
  ASSIGN_OR_RETURN(const DerElement key, reader.Read(kDerSequence));
  spki = key.encoding;
  for (const unsigned unique_id : {1U, 2U})
    if (reader.NextIs(DerContext(unique_id))) RETURN_IF_ERROR(reader.Read(DerContext(unique_id)));
  ASSIGN_OR_RETURN(extensions, ReadExtensions(reader));
  return reader.End();
}

Status Certificate::State::ReadKnownExtensions() {
  if (HasDuplicate(extensions))
    return Wrong(kStageCertificate, "an extension of the certificate occurs twice");
  if (const Extension* found = Find(kOidBasicConstraints)) {
    ASSIGN_OR_RETURN(basic_constraints, ParseBasicConstraints(found->value));
  }
  if (const Extension* found = Find(kOidKeyUsage)) {
    ASSIGN_OR_RETURN(key_usage, ParseKeyUsage(found->value));
  }
  if (const Extension* found = Find(kOidExtendedKeyUsage)) {
    ASSIGN_OR_RETURN(purposes, ParsePurposes(found->value));
  }
  return Ok();
}

const Extension* Certificate::State::Find(std::string_view oid) const {
  const auto found = std::find_if(extensions.begin(), extensions.end(),
                                  [&](const Extension& each) { return each.oid == oid; });
  return found == extensions.end() ? nullptr : &*found;
}

Result<Certificate> Certificate::Parse(std::string_view der) {
  if (der.size() > kMaxCertificate) return DerError("a certificate is longer than 64 KiB");
  auto state = std::make_shared<State>();
  state->der = der;
  RETURN_IF_ERROR_CONTEXT(state->Read(), "certificate");
  return Certificate(std::move(state));
}

const std::string& Certificate::der() const { return state_->der; }
std::string_view Certificate::tbs() const { return state_->tbs; }
std::string_view Certificate::serial() const { return state_->serial; }
std::string_view Certificate::issuer() const { return state_->issuer; }
std::string_view Certificate::subject() const { return state_->subject; }
std::string_view Certificate::spki() const { return state_->spki; }
const Window& Certificate::validity() const { return state_->validity; }
const Result<PublicKey>& Certificate::public_key() const { return state_->public_key; }
std::span<const Extension> Certificate::extensions() const { return state_->extensions; }
bool Certificate::is_ca() const { return state_->basic_constraints.is_ca; }
bool Certificate::has_key_usage() const { return state_->key_usage.has_value(); }
std::span<const std::string_view> Certificate::purposes() const { return state_->purposes; }

const Extension* Certificate::FindExtension(std::string_view oid) const {
  return state_->Find(oid);
}

std::optional<std::uint32_t> Certificate::path_length() const {
  return state_->basic_constraints.path_length;
}

bool Certificate::may_sign_data() const {
  return (state_->key_usage.value_or(0) & kDigitalSignature) != 0;
}

bool Certificate::may_sign_certificates() const {
  return (state_->key_usage.value_or(0) & kKeyCertSign) != 0;
}

bool Certificate::HasPurpose(std::string_view oid) const {
  return std::find(state_->purposes.begin(), state_->purposes.end(), oid) != state_->purposes.end();
}

Status Certificate::CheckCriticalExtensions() const {
  constexpr std::array kUnderstood{kOidKeyUsage, kOidSubjectAltName, kOidBasicConstraints,
                                   kOidExtendedKeyUsage};
  for (const Extension& extension : state_->extensions)
    if (extension.critical &&
        std::find(kUnderstood.begin(), kUnderstood.end(), extension.oid) == kUnderstood.end())
      return Wrong(kStageCertificate, "a critical extension of the certificate is not known");
  return Ok();
}

Status Certificate::CheckSignature(const Certificate& issuer) const {
  if (state_->inner_algorithm != state_->outer_algorithm)
    return Wrong(kStageCertificate, "the certificate names two signature algorithms");
  DerReader reader(state_->outer_algorithm);
  const Result<SignatureAlgorithm> algorithm = ReadSignatureAlgorithm(reader);
  if (!algorithm) return At(kStageCertificate, algorithm.error());
  const Result<PublicKey>& key = issuer.public_key();
  if (!key) return At(kStageCertificate, key.error()).WithContext("issuer");
  if (!VerifyWith(*algorithm, *key, state_->tbs, state_->signature))
    return Wrong(kStageCertificate, "the certificate's signature is not its issuer's");
  return Ok();
}

}  // namespace powernode::verify::x509
