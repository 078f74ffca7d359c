// Who is this machine, whose control plane does it belong to, and how does it prove that it may
// join?
//
// Resolve() reads the sources in order, merges them by the rules I1 to I5 and I7 of node-files.md
// §2.2, and returns either a complete Identity or an error that says what is missing, where was
// looked and where it can be put. An Identity that exists is valid: id, origin and CA have been
// parsed. It reads local files only; it opens no socket and keeps nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/json.h"
#include "agent/base/result.h"
#include "agent/base/secret.h"
#include "agent/base/url.h"
#include "identity/source.h"

namespace powernode::identity {

struct Provenance {
  // A name of the source table, or "flags", "agent-conf", "image", "stored".
  std::string source;
  std::int64_t read_at = 0;  // seconds since 1970
};

struct Identity {
  std::string instance_uuid;
  Origin platform;
  std::string ca_pem;
  std::optional<Secret> bootstrap_token;  // none exactly when `enrolled`
  std::string instance_name;              // may be empty
  bool enrolled = false;  // it is the stored identity, and its certificate can be used

  Provenance instance_uuid_from;
  Provenance platform_from;
  Provenance ca_from;
  Provenance token_from;
};

struct Resolution {
  // Errors: no_identity, no_platform_url, no_trust_anchor, ca_location_without_fingerprint,
  // ca_location_not_fetched, no_token.
  Result<Identity> identity;
  std::vector<Reading> readings;  // every source that was read, in order
  std::vector<Error> findings;    // identity_conflict: reported, stops nothing
};

Resolution Resolve(const SourceContext& context);

// For `introspect`: every source with what it said (secrets masked), and the outcome.
Json ReportJson(const Resolution& resolution);

}  // namespace powernode::identity
