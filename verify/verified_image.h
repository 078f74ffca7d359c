// The proof object: an image whose bytes were measured and whose signature was judged under the
// policy in force. Only ImageVerifier makes one, and the only function that mounts an image takes
// one (field lesson MO-6): boot, service and shell cannot skip the check.
#pragma once

#include <cstdint>
#include <utility>

#include "agent/base/fd.h"
#include "verify/blob_digest.h"
#include "verify/digested_file.h"
#include "verify/verification_report.h"

namespace powernode::verify {

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
