// How `module add` signs what it publishes: by default a statement about the module, in a Sigstore
// bundle; with the blob-only form a signature over the blob's bytes, which says nothing about the
// module's name or age; or not at all.
#pragma once

#include <cstdint>
#include <string>

#include "agent/base/result.h"
#include "tests/platform/blob_import.h"
#include "tests/platform/state.h"
#include "tests/platform/state_directory.h"

namespace powernode::platform {

enum class SigningForm { kNone, kStatement, kBlobOnly, kGiven };

struct ModuleSigning {
  SigningForm form = SigningForm::kNone;
  std::string key_file;        // kStatement, kBlobOnly: ECDSA P-256 private key, PEM
  std::string signature_file;  // kGiven: published as it is, whatever it is worth
  std::string architecture;
  std::int64_t revision = 0;   // 0: the next one
  std::string falsified_file;  // JSON for Falsify(); empty = the truth
};

// Adds the members of "module put" that say how the module in `arguments` is signed.
Status AddSignature(const StateDirectory& directory, const ModuleSigning& signing,
                    const ImportedBlob& blob, json& arguments);

}  // namespace powernode::platform
