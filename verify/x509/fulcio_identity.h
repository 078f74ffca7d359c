// Whom a Fulcio certificate names (signatures.md §8.3, §8.4; fulcio docs/oid-info.md): the one
// subject alternative name, the issuer of the login, and what else was claimed at it. Only values
// are read here; a policy compares them.
#pragma once

#include <map>
#include <string>

#include "agent/base/result.h"
#include "verify/x509/certificate.h"

namespace powernode::verify::x509 {

enum class SubjectKind { kEmail, kUri, kUserName };

struct FulcioIdentity {
  SubjectKind kind = SubjectKind::kEmail;
  std::string subject;  // not empty, no NUL; ASCII but for kUserName
  std::string issuer;   // not empty, no NUL
  // The last number of 1.3.6.1.4.1.57264.1.* -> text, for reports; malformed ones are left out.
  std::map<unsigned, std::string> claims;
};

// kRefuted "identity": no name or several, a name of another kind, no issuer, or two that differ.
Result<FulcioIdentity> ReadFulcioIdentity(const Certificate& certificate);

}  // namespace powernode::verify::x509
