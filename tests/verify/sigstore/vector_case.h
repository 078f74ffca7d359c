// One case of the signature vectors (index.json; its README says what the members mean), ready to
// be verified as it stands or altered.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/base/json.h"
#include "verify/sigstore/artifact.h"
#include "verify/sigstore/report.h"
#include "verify/sigstore/requirements.h"
#include "verify/sigstore/verifier.h"

namespace powernode::testing {

struct VectorCase {
  std::string id;
  std::string kind;  // of the material
  bool expect_ok = false;
  std::string stage;  // expected of a refusal
  bool optional = false;

  // The artifact's bytes, or digests alone.
  std::optional<std::string> bytes;
  std::vector<std::pair<verify::x509::HashAlgorithm, std::string>> digests;
  std::string material;
  Result<verify::sigstore::Requirements> requirements = verify::sigstore::Requirements{};

  verify::sigstore::Artifact Artifact() const;
};

// Every case of index.json whose material is one file.
std::vector<VectorCase> ReadVectorCases();
Json ReadVectorIndex();
VectorCase ReadVectorCase(const Json& json);

// A policy that cannot be read is a report, too.
verify::sigstore::Report Run(const VectorCase& vector, const verify::sigstore::Artifact& artifact,
                             std::string_view material);
inline verify::sigstore::Report Run(const VectorCase& vector) {
  return Run(vector, vector.Artifact(), vector.material);
}

}  // namespace powernode::testing
