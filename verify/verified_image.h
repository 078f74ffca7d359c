// The proof object: an image whose bytes were measured and whose signature was judged under the
// policy in force. Only ImageVerifier makes one, and the only function that mounts an image takes
// one (field lesson MO-6): boot, service and shell cannot skip the check.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/base/fd.h"
#include "verify/blob_digest.h"
#include "verify/digested_file.h"

namespace powernode::verify {

enum class TrustMode {
  kEnforce,  // what is not proven is refused
  kAudit,    // what is not proven is reported (powernode.verify=audit); wrong bytes are refused all
             // the same
};

std::string_view TrustModeName(TrustMode mode);
// "enforce" or "audit". kInvalid "bad_verify_mode".
Result<TrustMode> ParseTrustMode(std::string_view word);

struct VerificationReport {
  TrustMode mode = TrustMode::kEnforce;
  std::optional<std::string> key_id;    // whose signature held
  std::vector<std::string> proven;      // "sha256", "size", "signature"
  std::vector<std::string> not_proven;  // sentences for people
  std::string violation;  // audit: the error code that enforce would have refused with, or empty

  // "key 9f3c2a41d0b7", or "unsigned (audit: signature_missing)".
  std::string Summary() const;
};

class VerifiedImage {
 public:
  const Fd& fd() const { return file_.fd(); }
  const BlobDigest& digest() const { return file_.digest(); }
  std::uint64_t size() const { return file_.size(); }
  const VerificationReport& report() const { return report_; }

 private:
  friend class ImageVerifier;
  VerifiedImage(DigestedFile file, VerificationReport report)
      : file_(std::move(file)), report_(std::move(report)) {}

  DigestedFile file_;
  VerificationReport report_;
};

}  // namespace powernode::verify
