// Who is this machine, whose control plane does it belong to, and how does it prove that it may
// join?
//
// Resolve() reads the sources in order, merges them by the rules I1 to I5 and I7 of node-files.md
// §2.2, and returns either a complete Identity or an error that says what is missing, where was
// looked and where it can be put. An Identity that exists is valid: id, origin and CA have been
// parsed. It keeps nothing, and asks the network only for what local files leave open.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/json.h"
#include "agent/base/result.h"
#include "agent/base/secret.h"
#include "agent/base/url.h"
#include "identity/offer.h"
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

// What a claim needs (node-files.md §2.7): whom to ask and how to know it.
struct Claimable {
  std::optional<std::string> instance_uuid;  // what the sources or the stored set say
  Origin platform;
  std::string ca_pem;
  Provenance platform_from;
  Provenance ca_from;
};

struct Resolution {
  // Errors: no_identity, no_platform_url, no_trust_anchor, no_token, and instead of no_trust_anchor
  // those of ca_location.h.
  Result<Identity> identity;
  std::vector<Reading> readings;  // every source that was read, in order
  std::vector<Offer> offers;      // what they gave, and what became of it
  std::vector<Error> findings;    // identity_conflict, unpinned_ca_url: reported, stop nothing
  // Set exactly when nothing but the token, and perhaps the instance id, is missing.
  std::optional<Claimable> claimable = std::nullopt;
};

Resolution Resolve(const SourceContext& context);

// For `introspect`: every source with what it said (secrets masked), and the outcome.
Json ReportJson(const Resolution& resolution);

}  // namespace powernode::identity
