#include "verify/x509/timestamp_token.h"

#include <utility>
#include <vector>

#include "verify/x509/der.h"
#include "verify/x509/oids.h"
#include "verify/x509/refusal.h"

namespace powernode::verify::x509 {
namespace {

constexpr std::size_t kMaxToken = 64 * 1024;
constexpr std::uint32_t kGrantedWithMods = 1;
constexpr std::size_t kMaxAttributes = 32;

Status ReadVersion(DerReader& reader, std::uint32_t version, std::string_view of) {
  ASSIGN_OR_RETURN(const std::uint32_t number, reader.ReadSmall());
  if (number != version)
    return DerError(std::string(of) + " has version " + std::to_string(number));
  return Ok();
}

Status ReadOidThatIs(DerReader& reader, std::string_view oid, std::string_view what) {
  ASSIGN_OR_RETURN(const std::string_view found, reader.ReadOid());
  if (found != oid) return DerError("not " + std::string(what));
  return Ok();
}

// Reads past an element that may be absent and says nothing here.
Status SkipOptional(DerReader& reader, std::uint8_t tag) {
  if (reader.NextIs(tag)) RETURN_IF_ERROR(reader.ReadAny());
  return Ok();
}

// PKIStatusInfo (RFC 3161 §2.4.2): granted, or granted with modifications.
Status ReadStatus(DerReader& response) {
  ASSIGN_OR_RETURN(DerReader info, response.Enter(kDerSequence));
  ASSIGN_OR_RETURN(const std::uint32_t status, info.ReadSmall());
  if (status > kGrantedWithMods) return DerError("the request was not granted");
  RETURN_IF_ERROR(SkipOptional(info, kDerSequence));   // text
  RETURN_IF_ERROR(SkipOptional(info, kDerBitString));  // failure
  return info.End();
}

// YYYYMMDDhhmmss[.f]Z; DER has no trailing zero in the fraction.
Result<Instant> ReadGenTime(DerReader& reader) {
  ASSIGN_OR_RETURN(const DerElement element, reader.Read(kDerGeneralizedTime));
  std::string_view text = element.contents;
  const Error malformed = DerError("malformed genTime");
  if (text.size() < 15 || !text.ends_with('Z')) return malformed;
  text.remove_suffix(1);
  std::optional<Instant> time = InstantOfDigits(text.substr(0, 4), text.substr(4, 10));
  if (!time) return malformed;
  if (text.size() > 14) {
    const auto fraction = NanosecondsOfDigits(text.substr(15));
    if (text[14] != '.' || text.ends_with('0') || !fraction) return malformed;
    time->nanoseconds = *fraction;
  }
  return *time;
}

// None of them is known, so none may be critical.
Status CheckTstExtensions(DerReader extensions) {
  while (!extensions.AtEnd()) {
    ASSIGN_OR_RETURN(DerReader extension, extensions.Enter(kDerSequence));
    RETURN_IF_ERROR(extension.ReadOid());
    if (extension.NextIs(kDerBoolean)) {
      ASSIGN_OR_RETURN(const bool is_critical, extension.ReadBoolean());
      if (is_critical) return DerError("a critical extension of TSTInfo is not known");
    }
    RETURN_IF_ERROR(extension.Read(kDerOctetString));
    RETURN_IF_ERROR(extension.End());
  }
  return Ok();
}

// TSTInfo (RFC 3161 §2.4.2); policy, accuracy, ordering, nonce and name say nothing to us.
Status ReadTstInfo(std::string_view der, TimestampToken& token) {
  ASSIGN_OR_RETURN(const DerElement whole, ReadOnlyElement(der, kDerSequence));
  DerReader reader(whole.contents);
  RETURN_IF_ERROR(ReadVersion(reader, 1, "TSTInfo"));
  RETURN_IF_ERROR(reader.ReadOid());
  ASSIGN_OR_RETURN(DerReader imprint, reader.Enter(kDerSequence));
  ASSIGN_OR_RETURN(token.imprint_hash, ReadHashAlgorithm(imprint));
  ASSIGN_OR_RETURN(const DerElement digest, imprint.Read(kDerOctetString));
  RETURN_IF_ERROR(imprint.End());
  token.imprint = digest.contents;
  RETURN_IF_ERROR(reader.ReadInteger());  // serial number
  ASSIGN_OR_RETURN(token.time, ReadGenTime(reader));
  RETURN_IF_ERROR(SkipOptional(reader, kDerSequence));                    // accuracy
  if (reader.NextIs(kDerBoolean)) RETURN_IF_ERROR(reader.ReadBoolean());  // ordering
  if (reader.NextIs(kDerInteger)) RETURN_IF_ERROR(reader.ReadInteger());  // nonce
  RETURN_IF_ERROR(SkipOptional(reader, DerContextConstructed(0)));        // name
  if (reader.NextIs(DerContextConstructed(1))) {
    ASSIGN_OR_RETURN(const DerReader extensions, reader.Enter(DerContextConstructed(1)));
    RETURN_IF_ERROR(CheckTstExtensions(extensions));
  }
  return reader.End();
}

// SigningCertificateV2 (RFC 5816 §2.2.1): the hash of its first certificate.
Status ReadSigningCertificate(std::string_view der, TimestampToken& token) {
  ASSIGN_OR_RETURN(const DerElement whole, ReadOnlyElement(der, kDerSequence));
  DerReader reader(whole.contents);
  ASSIGN_OR_RETURN(DerReader ids, reader.Enter(kDerSequence));
  RETURN_IF_ERROR(SkipOptional(reader, kDerSequence));  // policies
  RETURN_IF_ERROR(reader.End());
  ASSIGN_OR_RETURN(DerReader first, ids.Enter(kDerSequence));
  if (first.NextIs(kDerSequence)) {
    ASSIGN_OR_RETURN(token.signer_digest_hash, ReadHashAlgorithm(first));
  }
  ASSIGN_OR_RETURN(const DerElement hash, first.Read(kDerOctetString));
  RETURN_IF_ERROR(SkipOptional(first, kDerSequence));  // issuer and serial number
  RETURN_IF_ERROR(first.End());
  while (!ids.AtEnd()) RETURN_IF_ERROR(ids.Read(kDerSequence));
  token.signer_digest = hash.contents;
  return Ok();
}

// The attributes, each type once and with one value: contentType and messageDigest must be there.
Status ReadSignedAttributes(std::string_view contents, TimestampToken& token) {
  token.signed_attributes = contents;
  std::vector<std::string_view> types;
  bool has_content_type = false;
  bool has_digest = false;
  for (DerReader set(contents); !set.AtEnd();) {
    ASSIGN_OR_RETURN(DerReader attribute, set.Enter(kDerSequence));
    ASSIGN_OR_RETURN(const std::string_view type, attribute.ReadOid());
    ASSIGN_OR_RETURN(DerReader values, attribute.Enter(kDerSet));
    RETURN_IF_ERROR(attribute.End());
    ASSIGN_OR_RETURN(const DerElement value, values.ReadAny());
    RETURN_IF_ERROR(values.End());
    for (const std::string_view known : types)
      if (known == type) return DerError("a signed attribute occurs twice");
    if (types.size() == kMaxAttributes) return DerError("more than 32 signed attributes");
    types.push_back(type);

    DerReader reader(value.encoding);
    if (type == kOidContentType) {
      RETURN_IF_ERROR(ReadOidThatIs(reader, kOidTstInfo, "a signed TSTInfo"));
      has_content_type = true;
    } else if (type == kOidMessageDigest) {
      ASSIGN_OR_RETURN(const DerElement digest, reader.Read(kDerOctetString));
      token.content_digest = digest.contents;
      has_digest = true;
    } else if (type == kOidSigningCertificateV2) {
      RETURN_IF_ERROR(ReadSigningCertificate(value.encoding, token));
    }
  }
  if (!has_content_type || !has_digest)
    return DerError("no signed attribute for the content's type and digest");
  return Ok();
}

Status ReadSignerInfo(DerReader reader, TimestampToken& token) {
  RETURN_IF_ERROR(ReadVersion(reader, 1, "SignerInfo"));
  ASSIGN_OR_RETURN(DerReader id, reader.Enter(kDerSequence));
  ASSIGN_OR_RETURN(const DerElement issuer, id.Read(kDerSequence));
  token.signer_issuer = issuer.encoding;
  ASSIGN_OR_RETURN(token.signer_serial, id.ReadInteger());
  RETURN_IF_ERROR(id.End());
  ASSIGN_OR_RETURN(token.digest_hash, ReadHashAlgorithm(reader));
  ASSIGN_OR_RETURN(const DerElement attributes, reader.Read(DerContextConstructed(0)));
  RETURN_IF_ERROR(ReadSignedAttributes(attributes.contents, token));
  ASSIGN_OR_RETURN(token.algorithm, ReadSignatureAlgorithm(reader));
  if (!token.algorithm.hash) token.algorithm.hash = token.digest_hash;
  ASSIGN_OR_RETURN(const DerElement signature, reader.Read(kDerOctetString));
  token.signature = signature.contents;
  RETURN_IF_ERROR(SkipOptional(reader, DerContextConstructed(1)));  // unsigned attributes
  return reader.End();
}

Status ReadSignedData(DerReader reader, TimestampToken& token) {
  RETURN_IF_ERROR(ReadVersion(reader, 3, "SignedData"));
  RETURN_IF_ERROR(reader.Read(kDerSet));  // digest algorithms: the signer's own counts
  ASSIGN_OR_RETURN(DerReader content, reader.Enter(kDerSequence));
  RETURN_IF_ERROR(ReadOidThatIs(content, kOidTstInfo, "a TSTInfo"));
  ASSIGN_OR_RETURN(DerReader wrapper, content.Enter(DerContextConstructed(0)));
  RETURN_IF_ERROR(content.End());
  ASSIGN_OR_RETURN(const DerElement octets, wrapper.Read(kDerOctetString));
  RETURN_IF_ERROR(wrapper.End());
  token.content = octets.contents;
  if (reader.NextIs(DerContextConstructed(0))) {
    ASSIGN_OR_RETURN(const DerElement certificates, reader.ReadAny());
    token.certificates = certificates.contents;
  }
  RETURN_IF_ERROR(SkipOptional(reader, DerContextConstructed(1)));  // revocation lists
  ASSIGN_OR_RETURN(DerReader signers, reader.Enter(kDerSet));
  RETURN_IF_ERROR(reader.End());
  ASSIGN_OR_RETURN(DerReader signer, signers.Enter(kDerSequence));
  if (!signers.AtEnd()) return DerError("more than one signer");
  RETURN_IF_ERROR(ReadSignerInfo(signer, token));
  return ReadTstInfo(token.content, token);
}

Result<TimestampToken> Parse(std::string_view der) {
  if (der.size() > kMaxToken) return DerError("longer than 64 KiB");
  ASSIGN_OR_RETURN(const DerElement whole, ReadOnlyElement(der, kDerSequence));
  DerReader response(whole.contents);
  RETURN_IF_ERROR(ReadStatus(response));
  ASSIGN_OR_RETURN(DerReader content_info, response.Enter(kDerSequence));
  RETURN_IF_ERROR(response.End());
  RETURN_IF_ERROR(ReadOidThatIs(content_info, kOidSignedData, "CMS SignedData"));
  ASSIGN_OR_RETURN(DerReader wrapper, content_info.Enter(DerContextConstructed(0)));
  RETURN_IF_ERROR(content_info.End());
  ASSIGN_OR_RETURN(DerReader signed_data, wrapper.Enter(kDerSequence));
  RETURN_IF_ERROR(wrapper.End());
  TimestampToken token;
  RETURN_IF_ERROR(ReadSignedData(signed_data, token));
  return token;
}

}  // namespace

Result<TimestampToken> ParseTimestampToken(std::string_view der) {
  Result<TimestampToken> token = Parse(der);
  if (!token) return At(kStageTime, token.error()).WithContext("timestamp");
  return token;
}

}  // namespace powernode::verify::x509
