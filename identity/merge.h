// The merge rules of node-files.md §2.2 (I2 to I4) as a function from readings to one draft.
//
// The highest reading with an instance id fixes it; every other field comes from the highest
// reading that has it and does not belong to another instance. Platform URL and CA travel together:
// a CA counts only when its own source names the same platform or none.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "identity/identity.h"

namespace powernode::identity {

template <typename T>
struct Sourced {
  T value;
  Provenance from;
};

// An identity that may lack parts.
struct Draft {
  std::optional<Sourced<std::string>> instance_uuid;
  std::optional<Sourced<Origin>> platform;
  std::optional<Sourced<std::string>> ca_pem;
  std::optional<Sourced<Secret>> bootstrap_token;
  std::optional<Sourced<std::string>> instance_name;

  std::vector<Offer> offers;  // each value that was there

  // Nothing that joining takes is missing.
  bool IsComplete() const { return instance_uuid && platform && ca_pem && bootstrap_token; }
};

Draft Merge(std::span<const Reading> readings);

}  // namespace powernode::identity
