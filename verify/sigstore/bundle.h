// A Sigstore bundle, versions 0.1 to 0.3, as a value (signatures.md, section 4;
// sigstore/protobuf-specs, sigstore_bundle.proto). ParseBundle checks the whole structure, also of
// parts that no policy will look at; nothing in the value is trusted yet.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "agent/base/result.h"

namespace powernode::verify::sigstore {

struct InclusionProof {
  std::int64_t log_index = 0;  // of the leaf, in the checkpoint's tree
  std::int64_t tree_size = 0;  // 0: not given
  std::string root_hash;       // 32 bytes, or empty: not given
  std::vector<std::string> hashes;
  std::string checkpoint;
};

struct LogEntry {
  std::int64_t log_index = 0;
  std::string log_id;
  std::string kind;
  std::string version;
  std::int64_t integrated_time = 0;  // seconds; worth nothing without a verified promise
  std::string promise;               // signed entry timestamp; empty: none
  std::optional<InclusionProof> proof;
  std::string body;
};

struct MessageSignature {
  std::string digest_algorithm;  // "SHA2_256"
  std::string digest;
  std::string signature;
};

struct Envelope {
  std::string payload;
  std::string payload_type;
  std::string signature;
  std::string key_id;  // may be empty
};

struct Bundle {
  // Exactly one of the two: a key that the verifier must know, or a certificate.
  std::optional<std::string> key_hint;
  std::optional<std::string> leaf;  // DER
  std::vector<LogEntry> entries;
  std::vector<std::string> timestamps;  // DER TimeStampResp
  std::variant<MessageSignature, Envelope> content;

  // The bytes that log entries and timestamps speak of.
  const std::string& signature() const;
};

// At most 1 MiB. kRefuted, stage "parse"; kCannotTell, stage "parse": another version.
Result<Bundle> ParseBundle(std::string_view text);

}  // namespace powernode::verify::sigstore
