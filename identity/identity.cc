#include "identity/identity.h"

#include "identity/merge.h"
#include "identity/missing.h"
#include "identity/read_sources.h"

namespace powernode::identity {
namespace {

Identity StoredAsIdentity(const StoredIdentity& stored, const Draft& draft, std::int64_t now) {
  const Provenance from{.source = "stored", .read_at = now};
  const bool same = draft.instance_uuid && draft.instance_uuid->value == stored.instance_uuid;
  return {.instance_uuid = stored.instance_uuid,
          .platform = stored.platform,
          .ca_pem = stored.ca_pem,
          .bootstrap_token = std::nullopt,
          .instance_name = same && draft.instance_name ? draft.instance_name->value : "",
          .enrolled = true,
          .instance_uuid_from = from,
          .platform_from = from,
          .ca_from = from,
          .token_from = {}};
}

Identity Complete(const Draft& draft) {
  return {.instance_uuid = draft.instance_uuid->value,
          .platform = draft.platform->value,
          .ca_pem = draft.ca_pem->value,
          .bootstrap_token = draft.bootstrap_token->value,
          .instance_name = draft.instance_name ? draft.instance_name->value : "",
          .enrolled = false,
          .instance_uuid_from = draft.instance_uuid->from,
          .platform_from = draft.platform->from,
          .ca_from = draft.ca_pem->from,
          .token_from = draft.bootstrap_token->from};
}

std::optional<Claimable> ClaimableOf(const Draft& draft) {
  if (!draft.platform || !draft.ca_pem || draft.bootstrap_token) return std::nullopt;
  Claimable out{.instance_uuid = std::nullopt,
                .platform = draft.platform->value,
                .ca_pem = draft.ca_pem->value,
                .platform_from = draft.platform->from,
                .ca_from = draft.ca_pem->from};
  if (draft.instance_uuid) out.instance_uuid = draft.instance_uuid->value;
  return out;
}

Error Conflict(const StoredIdentity& stored, const Draft& draft) {
  return Error(ErrorKind::kRefused, "identity_conflict",
               draft.instance_uuid->from.source + " says this node is " +
                   draft.instance_uuid->value + ", but it is enrolled as " + stored.instance_uuid +
                   " and stays that: to become the other one it needs a complete identity with a "
                   "bootstrap token");
}

}  // namespace

Resolution Resolve(const SourceContext& context) {
  const std::int64_t now = context.clock->UnixSeconds();
  std::vector<Reading> readings = ReadSources(context);
  const bool usable = context.stored && context.stored->usable;

  std::vector<Error> findings;
  for (const Reading& reading : readings)
    for (const Error& weakness : reading.record.weaknesses) findings.push_back(weakness);
  Draft draft = Merge(readings);
  std::optional<Error> missing = WhatIsMissing(draft, readings);
  if (usable) {
    const bool other =
        draft.instance_uuid && draft.instance_uuid->value != context.stored->instance_uuid;
    if (!other || missing) {  // I1, I7
      if (other) findings.push_back(Conflict(*context.stored, draft));
      for (Offer& offer : draft.offers) offer.fate = Fate::kEnrolled;
      return {StoredAsIdentity(*context.stored, draft, now), std::move(readings),
              std::move(draft.offers), std::move(findings)};
    }
  }
  if (missing)
    return {*std::move(missing), std::move(readings), std::move(draft.offers), std::move(findings),
            ClaimableOf(draft)};
  return {Complete(draft), std::move(readings), std::move(draft.offers), std::move(findings)};
}

}  // namespace powernode::identity
