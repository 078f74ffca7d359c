// A keyless case of the vectors as the checks of verify/x509 see it. What other rooms verify
// (entries, promises, the artifact's signature) is taken here as the files claim it.
#pragma once

#include <string>
#include <vector>

#include "agent/base/json.h"
#include "verify/x509/authority.h"

namespace powernode::testing {

struct VectorRoot {
  std::vector<verify::x509::Authority> certificate_authorities;
  std::vector<verify::x509::Authority> timestamp_authorities;
  std::vector<verify::x509::LogKey> ct_logs;
};

struct VectorBundle {
  std::string leaf;                             // DER
  std::vector<std::string> tokens;              // DER
  std::string signature;                        // raw
  std::vector<verify::x509::Instant> promised;  // the times of the promises
};

VectorRoot ReadVectorRoot(std::string_view path);
VectorBundle ReadVectorBundle(std::string_view path);

// The cases of index.json whose material is a bundle and whose policy is keyless.
std::vector<Json> KeylessBundleCases();
// One of them.
Json VectorCase(std::string_view id);
VectorBundle BundleOf(const Json& one_case);
VectorRoot RootOf(const Json& one_case);

}  // namespace powernode::testing
