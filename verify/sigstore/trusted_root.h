// What the owner trusts for keyless signatures and logs: trusted_root.json as a value
// (signatures.md, section 5; sigstore/protobuf-specs, sigstore_trustroot.proto). It is
// configuration of the owner: never fetched, never merged, none built in.
//
// A log whose key or hash this build does not support stays in its table without a key, so that an
// entry by it could not be checked rather than be unknown.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.h"
#include "verify/x509/authority.h"

namespace powernode::verify::sigstore {

struct TransparencyLog {
  x509::LogKey log;
  // The names that sign its checkpoints: the host of its URL, with and without the port.
  std::vector<std::string> names;
};

struct TrustedRoot {
  std::vector<TransparencyLog> logs;
  std::vector<x509::LogKey> ct_logs;
  std::vector<x509::Authority> certificate_authorities;
  std::vector<x509::Authority> timestamp_authorities;
  // For each of timestamp_authorities what the root calls it; for people.
  std::vector<std::string> timestamp_authority_uris;

  // nullptr: unknown.
  const TransparencyLog* FindLog(std::string_view id) const;
  // The newest start of a log's window: how old the root is.
  std::optional<x509::Instant> NewestLogStart() const;
};

// At most 1 MiB. kCannotTell, stage "root": a root that breaks its format anywhere is of no use.
Result<TrustedRoot> ParseTrustedRoot(std::string_view text);

}  // namespace powernode::verify::sigstore
