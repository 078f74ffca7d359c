#include "verify/x509/fulcio_identity.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "verify/x509/der.h"
#include "verify/x509/oids.h"
#include "verify/x509/refusal.h"

namespace powernode::verify::x509 {
namespace {

constexpr unsigned kOldIssuer = 1;
constexpr unsigned kLastBareClaim = 6;
constexpr unsigned kUserNameType = 7;  // the type of an otherName, not a claim
constexpr unsigned kIssuer = 8;

struct Subject {
  SubjectKind kind = SubjectKind::kEmail;
  std::string_view value;
};

// The last number of an OID that is Fulcio's and has just one more; 0 for all others.
unsigned FulcioNumber(std::string_view oid) {
  if (!oid.starts_with(kOidFulcio) || oid.size() != kOidFulcio.size() + 1) return 0;
  return static_cast<unsigned char>(oid.back());
}

Error Unfit(std::string why) { return Wrong(kStageIdentity, std::move(why)); }

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

Status CheckText(std::string_view text, std::string_view what) {
  if (text.empty()) return Unfit(std::string(what) + " is empty");
  if (text.find('\0') != std::string_view::npos)
    return Unfit(std::string(what) + " holds a zero byte");
  return Ok();
}

// otherName: SEQUENCE { type-id, [0] EXPLICIT UTF8String }, its tag replaced by [0].
Result<std::string_view> ReadUserName(std::string_view contents) {
  DerReader reader(contents);
  ASSIGN_OR_RETURN(const std::string_view type, reader.ReadOid());
  if (FulcioNumber(type) != kUserNameType) return Unfit("otherName of another type");
  ASSIGN_OR_RETURN(DerReader wrapper, reader.Enter(DerContextConstructed(0)));
  RETURN_IF_ERROR(reader.End());
  ASSIGN_OR_RETURN(const DerElement text, wrapper.Read(kDerUtf8String));
  RETURN_IF_ERROR(wrapper.End());
  return text.contents;
}

Result<Subject> ReadSubject(std::string_view extension) {
  ASSIGN_OR_RETURN(const DerElement names, ReadOnlyElement(extension, kDerSequence));
  DerReader reader(names.contents);
  ASSIGN_OR_RETURN(const DerElement name, reader.ReadAny());
  if (!reader.AtEnd()) return Unfit("more than one name");
  Subject subject;
  if (name.tag == DerContext(1)) {
    subject = {.kind = SubjectKind::kEmail, .value = name.contents};
  } else if (name.tag == DerContext(6)) {
    subject = {.kind = SubjectKind::kUri, .value = name.contents};
  } else if (name.tag == DerContextConstructed(0)) {
    subject.kind = SubjectKind::kUserName;
    ASSIGN_OR_RETURN(subject.value, ReadUserName(name.contents));
  } else {
    return Unfit("a name that is neither e-mail, URI nor user name");
  }
  RETURN_IF_ERROR(CheckText(subject.value, "the name"));
  if (subject.kind != SubjectKind::kUserName && !IsAscii(subject.value))
    return Unfit("a name that is not ASCII");
  return subject;
}

// Claims up to .6 are the bare text, later ones a UTF8String.
Result<std::string_view> ReadClaim(unsigned number, std::string_view value) {
  if (number <= kLastBareClaim) return value;
  ASSIGN_OR_RETURN(const DerElement text, ReadOnlyElement(value, kDerUtf8String));
  return text.contents;
}

Result<FulcioIdentity> Read(const Certificate& certificate) {
  const Extension* names = certificate.FindExtension(kOidSubjectAltName);
  if (names == nullptr) return Unfit("no name");
  ASSIGN_OR_RETURN(const Subject subject, ReadSubject(names->value));
  FulcioIdentity identity{.kind = subject.kind, .subject = std::string(subject.value)};

  for (const Extension& extension : certificate.extensions()) {
    const unsigned number = FulcioNumber(extension.oid);
    if (number == 0 || number == kUserNameType || number >= 0x80) continue;
    const Result<std::string_view> claim = ReadClaim(number, extension.value);
    if (claim)
      identity.claims[number] = *claim;
    else if (number == kIssuer)
      return claim.error();
  }
  const auto issuer = identity.claims.find(kIssuer);
  const auto old_issuer = identity.claims.find(kOldIssuer);
  if (issuer == identity.claims.end() && old_issuer == identity.claims.end())
    return Unfit("no issuer");
  if (issuer != identity.claims.end() && old_issuer != identity.claims.end() &&
      issuer->second != old_issuer->second)
    return Unfit("the two issuers differ");
  identity.issuer = issuer != identity.claims.end() ? issuer->second : old_issuer->second;
  RETURN_IF_ERROR(CheckText(identity.issuer, "the issuer"));
  return identity;
}

}  // namespace

Result<FulcioIdentity> ReadFulcioIdentity(const Certificate& certificate) {
  Result<FulcioIdentity> identity = Read(certificate);
  if (!identity) return At(kStageIdentity, identity.error()).WithContext("signing certificate");
  return identity;
}

}  // namespace powernode::verify::x509
