#include "verify/file_signature.h"

#include <string>

#include "verify/blob_artifact.h"
#include "verify/sigstore/refusal.h"

namespace powernode::verify {

bool IsAboutTheSignedBytes(const sigstore::Report& report) {
  return report.verdict != sigstore::Verdict::kOk &&
         (report.stage == sigstore::stage::kSignature || report.stage == sigstore::stage::kDigest ||
          report.stage == sigstore::stage::kSubject);
}

sigstore::Report CheckFileSignature(const DigestedFile& file, sigstore::MaterialKind kind,
                                    std::string_view material,
                                    const sigstore::Requirements& requirements) {
  sigstore::Report report =
      sigstore::Verify(ArtifactOf(file.digest()), kind, material, requirements);
  if (!IsAboutTheSignedBytes(report)) return report;
  std::string bytes;
  const Result<sigstore::Artifact> wide = WideArtifactOf(file, bytes);
  if (!wide) return sigstore::Report::Of(wide.error());
  return sigstore::Verify(*wide, kind, material, requirements);
}

}  // namespace powernode::verify
