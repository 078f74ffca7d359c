// A signed entry timestamp: a Rekor v1 log's promise to include an entry, and when it had it
// (signatures.md, section 10.2). The only thing that makes an integratedTime more than a number in
// a file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "verify/x509/authority.h"
#include "verify/x509/instant.h"

namespace powernode::verify::sigstore {

struct EntryPromise {
  std::string_view body;
  std::int64_t integrated_time = 0;
  std::int64_t log_index = 0;
  std::string_view signature;
};

// The bytes that the log signed: JSON of four members.
std::string PromisePayload(const EntryPromise& promise, std::string_view log_id);

// The time that the log vouches for, inside of its key's window. kRefuted "tlog-set"; kCannotTell
// "tlog-set": the log's key is of no kind that makes promises.
Result<x509::Instant> CheckPromise(const EntryPromise& promise, const x509::LogKey& log);

}  // namespace powernode::verify::sigstore
