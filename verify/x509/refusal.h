// How this room refuses: an error's code is the stage that refused (signatures.md §6); its kind
// says whether a check did not hold or could not be made.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "agent/base/error.h"

namespace powernode::verify::x509 {

inline constexpr std::string_view kStageCertificate = "cert";
inline constexpr std::string_view kStageIdentity = "identity";
inline constexpr std::string_view kStageSct = "sct";
inline constexpr std::string_view kStageTime = "time";

inline Error Wrong(std::string_view stage, std::string message) {
  return Error(ErrorKind::kRefuted, std::string(stage), std::move(message));
}

// The same refusal under another stage.
inline Error At(std::string_view stage, const Error& error) {
  return Error(error.kind(), std::string(stage), error.message());
}

}  // namespace powernode::verify::x509
