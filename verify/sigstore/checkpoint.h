// A checkpoint: what a transparency log says of its whole tree, as a signed note (C2SP signed-note
// and tlog-checkpoint). Parsing proves nothing; the lines are the log's word only after the log's
// signature line was verified over `text`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.h"
#include "verify/sigstore/trusted_root.h"
#include "verify/x509/public_key.h"

namespace powernode::verify::sigstore {

inline constexpr std::size_t kMaxCheckpoint = 16 * 1024;

enum class RekorVersion { kV1, kV2 };

struct NoteSignature {
  std::string name;
  std::string key_id;  // 4 bytes; a hint
  std::string signature;
};

struct Checkpoint {
  std::string text;  // what is signed, its last line feed included
  std::string origin;
  std::int64_t tree_size = 0;
  std::string root_hash;                  // 32 bytes
  std::vector<NoteSignature> signatures;  // at most 32, of whomever
};

// kRefuted, stage "tlog-checkpoint", or "parse" beyond a limit.
Result<Checkpoint> ParseCheckpoint(std::string_view envelope);

// The id of `key` in the lines that it signs under `name` (C2SP signed-note; for ECDSA, Rekor's own
// way): a hint, but one that must be right for a line to be the log's.
std::string CheckpointKeyId(const x509::PublicKey& key, std::string_view name);

// Every line of `log` verifies over the text, there is one, and the origin is the log's:
// "<name> - <tree id>" for Rekor v1, the name itself for v2. kRefuted "tlog-checkpoint";
// kCannotTell "tlog-checkpoint": the log's key is not supported.
Status CheckCheckpoint(const Checkpoint& checkpoint, const TransparencyLog& log,
                       RekorVersion version);

}  // namespace powernode::verify::sigstore
