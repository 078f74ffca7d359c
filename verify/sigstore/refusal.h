// How the checks of this room refuse. An error's code is the name of the stage that refused
// (signatures.md, section 6): "parse", "sig", "tlog-body", ... Its kind says which of the two
// refusals it is: the check was made and did not hold, or it could not be made.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "agent/base/error.h"

namespace powernode::verify::sigstore {

namespace stage {
inline constexpr std::string_view kPolicy = "policy";
inline constexpr std::string_view kKey = "key";
inline constexpr std::string_view kRoot = "root";
inline constexpr std::string_view kParse = "parse";
inline constexpr std::string_view kCertificate = "cert";
inline constexpr std::string_view kStatement = "statement";
inline constexpr std::string_view kSignature = "sig";
inline constexpr std::string_view kDigest = "digest";
inline constexpr std::string_view kLog = "tlog";
inline constexpr std::string_view kLogBody = "tlog-body";
inline constexpr std::string_view kLogSet = "tlog-set";
inline constexpr std::string_view kLogCheckpoint = "tlog-checkpoint";
inline constexpr std::string_view kLogInclusion = "tlog-inclusion";
inline constexpr std::string_view kTime = "time";
inline constexpr std::string_view kSct = "sct";
inline constexpr std::string_view kIdentity = "identity";
inline constexpr std::string_view kSubject = "subject";
inline constexpr std::string_view kPredicate = "predicate";
inline constexpr std::string_view kOci = "oci";
inline constexpr std::string_view kPayload = "payload";
}  // namespace stage

// The check was made, and it does not hold.
inline Error Wrong(std::string_view at, std::string message) {
  return Error(ErrorKind::kRefuted, std::string(at), std::move(message));
}

// The check could not be made.
inline Error Unchecked(std::string_view at, std::string message) {
  return Error(ErrorKind::kCannotTell, std::string(at), std::move(message));
}

// The same refusal, under another stage and with context.
inline Error At(std::string_view at, const Error& error, std::string_view context) {
  return Error(error.kind(), std::string(at), std::string(context) + ": " + error.message());
}

}  // namespace powernode::verify::sigstore
