// What an owner signs about a module, so that a good signature cannot be passed off as one of
// another module or of an older one: an in-toto statement with a predicate of ours, which
// verify/README.md describes. A blob signature says none of this.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/base/json.h"
#include "agent/base/result.h"
#include "verify/blob_digest.h"
#include "verify/sigstore/statement.h"
#include "verify/verity_identity.h"

namespace powernode::verify {

inline constexpr std::string_view kModulePredicateType = "https://powernode.com/module/v1";

// The architecture this program runs on, in Debian's words: "amd64" or "arm64".
std::string_view NodeArchitecture();

struct ModuleStatement {
  std::string module_id;
  std::string name;
  std::string version;
  std::string architecture;  // "amd64", "arm64", or "all"
  BlobDigest blob;
  ImageVerity image;
  std::uint64_t revision = 0;  // grows with every statement about the module; never 0
};

// Of a statement whose signature and subject hold. One subject: a statement about several blobs is
// about no one module. Members that this version does not know are ignored, as in-toto wants it.
// kRefuted "statement_invalid".
Result<ModuleStatement> ReadModuleStatement(const sigstore::Statement& statement);

OrderedJson ToJson(const ModuleStatement& statement);

}  // namespace powernode::verify
