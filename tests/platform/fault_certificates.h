// The faults that concern certificates: in an answer of enrol and refresh, where the agent must
// refuse them (node-api.md §2.4).
#pragma once

#include "tests/platform/authority.h"
#include "tests/platform/fault.h"

namespace powernode::platform {

// What flawed leaves need to be made.
struct LeafMaker {
  const Authority& authority;
  Seconds now;
  Seconds lifetime;
};

// Carries out "flawed-leaf", "foreign-chain", "empty-chain" and "foreign-roots" on an answer that
// has a certificate.
void ChangeCertificates(const Fault& fault, const LeafMaker& maker, nlohmann::json& body);

}  // namespace powernode::platform
