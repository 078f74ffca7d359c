#include "verify/policy_words.h"

#include <string>

#include "agent/base/printable.h"

namespace powernode::verify {
namespace {

Error Unknown(std::string_view code, std::string_view what, std::string_view word,
              std::string_view words) {
  return Error(ErrorKind::kInvalid, std::string(code),
               std::string(what) + " \"" + Printable(word.substr(0, 40)) + "\" is none of " +
                   std::string(words));
}

}  // namespace

std::string_view TrustModeName(TrustMode mode) {
  return mode == TrustMode::kEnforce ? "enforce" : "audit";
}

Result<TrustMode> ParseTrustMode(std::string_view word) {
  if (word == "enforce") return TrustMode::kEnforce;
  if (word == "audit") return TrustMode::kAudit;
  return Unknown("bad_verify_mode", "verification mode", word, "enforce, audit");
}

std::string_view VerityModeName(VerityMode mode) {
  switch (mode) {
    case VerityMode::kAuto:
      return "auto";
    case VerityMode::kRequire:
      return "require";
    case VerityMode::kOff:
      break;
  }
  return "off";
}

Result<VerityMode> ParseVerityMode(std::string_view word) {
  if (word == "auto") return VerityMode::kAuto;
  if (word == "require") return VerityMode::kRequire;
  if (word == "off") return VerityMode::kOff;
  return Unknown("bad_verity_mode", "verity mode", word, "auto, require, off");
}

std::string_view BindingName(Binding binding) {
  return binding == Binding::kStatement ? "statement" : "blob-only";
}

Result<Binding> ParseBinding(std::string_view word) {
  if (word == "statement") return Binding::kStatement;
  if (word == "blob-only") return Binding::kBlobOnly;
  return Unknown("bad_binding", "binding", word, "statement, blob-only");
}

}  // namespace powernode::verify
