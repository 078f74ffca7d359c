// What was proven of an artifact whose signature is good, for reports and for what decides on top
// of it: never filled in for one that is not.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "verify/sigstore/statement.h"
#include "verify/x509/instant.h"

namespace powernode::verify::sigstore {

struct SigningKey {
  std::string id;  // lower hex SHA-256 of the SubjectPublicKeyInfo
};

struct SigningIdentity {
  std::string san;
  std::string issuer;
  std::map<unsigned, std::string> claims;  // Fulcio extension -> text (signatures.md, section 8.4)
};

struct TrustedTime {
  enum class Source { kLog, kTimestampAuthority };

  Source source = Source::kLog;
  std::string id;  // hex id of the log; of an authority what the trusted root calls it
  x509::Instant time;
};

struct LogEvidence {
  enum class Kind { kPromised, kIncluded };

  std::string id;  // hex
  Kind kind = Kind::kPromised;
};

struct Facts {
  // Exactly one of the two.
  std::optional<SigningKey> key;
  std::optional<SigningIdentity> identity;

  std::vector<TrustedTime> times;
  std::vector<LogEvidence> logs;
  std::vector<std::string> ct_logs;  // hex ids
  std::optional<Statement> statement;
};

}  // namespace powernode::verify::sigstore
