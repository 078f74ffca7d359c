// The JSON that cosign 2.x writes with `sign-blob --bundle`, as a value (signatures.md, section
// 3.3). Whatever key it carries is never one to verify with.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "verify/sigstore/pem.h"

namespace powernode::verify::sigstore {

// A log's promise to include an entry, as the older layouts carry it.
struct RekorBundle {
  std::string promise;  // signed entry timestamp
  std::string body;
  std::int64_t integrated_time = 0;
  std::int64_t log_index = 0;
  std::string log_id;  // 32 bytes
};

struct LegacyBundle {
  std::string signature;
  std::optional<PemBlock> cert;  // "CERTIFICATE" or "PUBLIC KEY"
  std::optional<RekorBundle> rekor_bundle;
};

// At most 1 MiB. kRefuted, stage "parse".
Result<LegacyBundle> ParseLegacyBundle(std::string_view text);
// {"SignedEntryTimestamp", "Payload"} alone, as an OCI annotation holds it.
Result<RekorBundle> ParseRekorBundle(std::string_view text);

}  // namespace powernode::verify::sigstore
