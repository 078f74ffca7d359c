#include "agent/commands/exit_codes.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace powernode::commands {
namespace {

// Identity and enrolment: the platform side of things, whatever the kind of the error.
constexpr std::array<std::string_view, 15> kPlatformCodes = {"no_identity",
                                                             "no_platform_url",
                                                             "no_trust_anchor",
                                                             "ca_location_without_fingerprint",
                                                             "no_token",
                                                             "bad_platform_url",
                                                             "token_refused",
                                                             "ca_location_not_fetched",
                                                             "tls_untrusted",
                                                             "tls_expired",
                                                             "tls_not_yet_valid",
                                                             "bad_certificate",
                                                             "ca_algorithm_unsupported",
                                                             "partial_answer",
                                                             "unconfirmed_shrink"};

// What enforcement says when nothing proves an image.
constexpr std::array<std::string_view, 3> kVerifyCodes = {"no_trust_keys", "signature_missing",
                                                          "key_unknown"};

template <std::size_t size>
bool Among(const std::array<std::string_view, size>& codes, std::string_view code) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

}  // namespace

ExitCode ExitCodeOf(const Error& error) {
  if (Among(kPlatformCodes, error.code())) return kPlatformFailed;
  if (Among(kVerifyCodes, error.code())) return kVerificationFailed;
  if (error.code() == "unit_failed" || error.code() == "systemd_failed") return kUnitFailed;
  switch (error.kind()) {
    case ErrorKind::kInvalid:
    case ErrorKind::kNotFound:
      return kGeneric;
    case ErrorKind::kUnavailable:
    case ErrorKind::kDenied:
      return kPlatformFailed;
    case ErrorKind::kRefuted:
      return kVerificationFailed;
    case ErrorKind::kCannotTell:
      return kCouldNotTell;
    case ErrorKind::kUnsupported:
    case ErrorKind::kNoSpace:
    case ErrorKind::kSystem:
      return kMountFailed;
    case ErrorKind::kRefused:
      return kRefusedByPolicy;
    case ErrorKind::kBusy:
      return kLocked;
  }
  return kGeneric;
}

}  // namespace powernode::commands
