// The words of a trust policy. Each set is closed: a word that is not in it is an error, never a
// default.
#pragma once

#include <string_view>

#include "agent/base/result.h"

namespace powernode::verify {

enum class TrustMode {
  kEnforce,  // what is not proven is refused
  kAudit,    // what is not proven is reported (powernode.verify=audit); wrong bytes are refused all
             // the same
};
std::string_view TrustModeName(TrustMode mode);
// "enforce" or "audit". kInvalid "bad_verify_mode".
Result<TrustMode> ParseTrustMode(std::string_view word);

// Must the kernel hold every read of an image to its fs-verity digest?
enum class VerityMode {
  kAuto,     // where the file system and the kernel can
  kRequire,  // an image that the kernel does not hold to its digest is refused
  kOff,      // it is not asked to
};
std::string_view VerityModeName(VerityMode mode);
// "auto", "require" or "off". kInvalid "bad_verity_mode".
Result<VerityMode> ParseVerityMode(std::string_view word);

// What a signature has to be about.
enum class Binding {
  kStatement,  // a module statement: which module, version, architecture and revision the bytes are
  kBlobOnly,   // the bytes are enough; the module's name is then the platform's word
};
std::string_view BindingName(Binding binding);
// "statement" or "blob-only". kInvalid "bad_binding".
Result<Binding> ParseBinding(std::string_view word);

}  // namespace powernode::verify
