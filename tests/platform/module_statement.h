// What a publisher says about a module and signs: an in-toto statement, v1, about the blob, with
// the module predicate; and the Sigstore bundle, v0.3, that carries it the way cosign writes one
// for a key of its own and no log (signatures.md §4, §7).
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "agent/base/result.h"
#include "tests/platform/openssl.h"

namespace powernode::platform {

inline constexpr const char* kStatementPayloadType = "application/vnd.in-toto+json";
inline constexpr const char* kModulePredicateType = "https://powernode.com/module/v1";

struct ModuleStatement {
  std::string module_id;
  std::string name;
  std::string version;
  std::string architecture;    // "amd64", "arm64", "all"
  std::string blob_sha256;     // 64 hexadecimal digits
  std::string image_fsverity;  // likewise
  std::int64_t revision = 0;   // grows with every statement about the module
};

nlohmann::json StatementJson(const ModuleStatement& statement);

// Makes the statement say something else, for tests of whoever believes it. `subjectSha256` and
// `predicateType` replace those; every other member of `lies` goes over the predicate as a merge
// patch (RFC 7386), so that null removes one. kInvalid "bad_argument" when `lies` is no object.
Status Falsify(nlohmann::json& statement, const nlohmann::json& lies);

// The bundle. Errors as SignText().
Result<nlohmann::json> SignStatement(EVP_PKEY* key, const nlohmann::json& statement);

}  // namespace powernode::platform
