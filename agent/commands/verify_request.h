// What `verify` was asked, with every file that the flags name read: nothing is opened after this
// but PATH itself.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/base/result.h"
#include "verify/signature_material.h"
#include "verify/sigstore/requirements.h"

namespace powernode::commands {

// cosign's own names where it has them.
struct VerifyFlags {
  std::string path;
  std::string bundle;
  std::string signature;
  std::vector<std::string> keys;
  std::string trusted_root;
  std::string identity;
  std::string identity_regexp;
  std::string issuer;
  std::string issuer_regexp;
  std::string digest;
  std::string fsverity;
  std::string policy;
  std::string module;

  bool names_signer() const {
    return !keys.empty() || !identity.empty() || !identity_regexp.empty() || !issuer.empty() ||
           !issuer_regexp.empty() || !trusted_root.empty();
  }
};

// Whom the flags trust; precondition: names_signer(). kInvalid: flags that contradict each other or
// leave something out; kCannotTell, code "key" or "root": a file that cannot be read.
Result<verify::sigstore::Requirements> RequirementsOf(const VerifyFlags& flags);

// What came with the blob: --bundle, --signature, or PATH.sigstore.json, PATH.bundle, PATH.sig,
// whichever is there. nullopt: nothing is. kNotFound for a file that a flag names.
Result<std::optional<verify::SignatureMaterial>> MaterialOf(const VerifyFlags& flags);

}  // namespace powernode::commands
