#include "verify/verified_image.h"

namespace powernode::verify {
namespace {

constexpr std::size_t kKeyIdDigits = 12;  // enough for people to tell keys apart

}  // namespace

std::string_view TrustModeName(TrustMode mode) {
  switch (mode) {
    case TrustMode::kEnforce:
      return "enforce";
    case TrustMode::kAudit:
      return "audit";
  }
  return "unknown";
}

Result<TrustMode> ParseTrustMode(std::string_view word) {
  if (word == "enforce") return TrustMode::kEnforce;
  if (word == "audit") return TrustMode::kAudit;
  return Error(
      ErrorKind::kInvalid, "bad_verify_mode",
      "verification mode \"" + std::string(word.substr(0, 40)) + "\" is neither enforce nor audit");
}

std::string VerificationReport::Summary() const {
  if (key_id) return "key " + key_id->substr(0, kKeyIdDigits);
  return "signature not proven (audit: " + violation + ")";
}

}  // namespace powernode::verify
