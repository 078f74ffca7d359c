#include "verify/signed_assignment.h"

#include <doctest/doctest.h>

#include "agent/base/encoding.h"
#include "agent/base/json.h"
#include "tests/verify/signer.h"

namespace powernode::verify::signed_assignment_test {
namespace {

constexpr std::int64_t kNow = 1'800'000'000;  // 2027-01-15T08:00:00Z
constexpr std::string_view kType = "application/vnd.powernode.assignment.v1+json";
const std::string kHex(64, 'a');

Json Module(const std::string& id) {
  return {{"id", id},
          {"name", "module-" + id},
          {"version", "3"},
          {"digest", "sha256:" + kHex},
          {"size_bytes", 4096},
          {"image_format", "composefs"},
          {"fsverity_root_hash", kHex},
          {"effective_priority", 30},
          {"manifest_sha256", kHex}};
}

Json Payload() {
  return {{"format", "powernode-assignment"},
          {"version", 1},
          {"instance_id", "n1"},
          {"revision", 7},
          {"issued_at", "2027-01-15T07:00:00Z"},
          {"expires_at", "2027-01-15T08:00:00Z"},
          {"modules", {Module("a"), Module("b")}}};
}

std::string Envelope(powernode::testing::Signer& signer, const Json& payload,
                     std::string_view type = kType) {
  return signer.SignEnvelope(type, DumpJson(payload));
}

Result<SignedAssignment> Open(const std::string& envelope, const Policy& policy,
                              std::int64_t now = kNow) {
  return OpenSignedAssignment(envelope, policy, "n1", now);
}

TEST_SUITE_BEGIN("signed assignment");

TEST_CASE("is read when a key of the image has signed it for this node") {
  powernode::testing::Signer owner;
  const Policy policy = Policy::BuiltIn(owner.Trust());
  const Result<SignedAssignment> assignment = Open(Envelope(owner, Payload()), policy);
  REQUIRE_MESSAGE(assignment.ok(), assignment.error().message());
  CHECK(assignment->revision == 7);
  CHECK(assignment->payload_sha256 == Sha256Hex(DumpJson(Payload())));
  REQUIRE(assignment->modules.size() == 2);
  const AssignedModule& module = assignment->modules[1];
  CHECK(module.id == "b");
  CHECK(module.name == "module-b");
  CHECK(module.digest == kHex);
  CHECK(module.size == 4096);
  CHECK(module.image_format == "composefs");
  CHECK(module.fsverity == kHex);
  CHECK(module.effective_priority == 30);
  CHECK(module.manifest_sha256 == kHex);

  Json least = Payload();
  least["modules"] = {{{"id", "a"}, {"name", "a"}, {"digest", kHex}}};
  least["comment"] = "of a newer platform";
  const Result<SignedAssignment> sparse = Open(Envelope(owner, least), policy);
  REQUIRE_MESSAGE(sparse.ok(), sparse.error().message());
  CHECK_FALSE(sparse->modules[0].size);
  CHECK(sparse->modules[0].manifest_sha256.empty());
  least["modules"] = Json::array();
  CHECK(Open(Envelope(owner, least), policy)->modules.empty());
}

TEST_CASE("who may sign is what the policies say") {
  powernode::testing::Signer owner;
  const std::string id = owner.Trust().keys()[0].id;
  const std::string envelope = Envelope(owner, Payload());
  Policy policy = Policy::BuiltIn(owner.Trust());
  policy.revoked_keys.insert(id);
  CHECK_FALSE(Open(envelope, policy));
  policy.assignment_keys.emplace();
  CHECK_FALSE(Open(envelope, policy));
  policy.assignment_keys->insert(id);  // revoked for modules alone: it has another role
  CHECK(Open(envelope, policy));
}

TEST_CASE("what is unsigned, another node's, expired or not understood is not taken") {
  powernode::testing::Signer owner;
  powernode::testing::Signer stranger;
  const Policy policy = Policy::BuiltIn(owner.Trust());
  const auto with = [&](std::string_view member, const Json& value) {
    Json payload = Payload();
    payload[std::string(member)] = value;
    return Envelope(owner, payload);
  };
  const auto with_module = [&](std::string_view member, const Json& value) {
    Json payload = Payload();
    payload["modules"][1][std::string(member)] = value;
    return Envelope(owner, payload);
  };
  Json tampered = Json::parse(Envelope(owner, Payload()));
  Json other = Payload();
  other["revision"] = 8;
  tampered["payload"] = Base64Encode(DumpJson(other));
  Json without = Payload();
  without.erase("modules");
  for (const std::string& text :
       {std::string("{}"),
        Envelope(stranger, Payload()),
        DumpJson(tampered),
        Envelope(owner, without),
        Envelope(owner, Payload(), "application/vnd.powernode.trust-policy.v1+json"),
        with("format", "other"),
        with("version", 2),
        with("revision", 0),
        with("revision", -1),
        with("instance_id", "n2"),
        with("issued_at", "soon"),
        with("expires_at", "later"),
        with("expires_at", nullptr),
        with("modules", "none"),
        with_module("id", "../x"),
        with_module("id", "a"),
        with_module("name", ""),
        with_module("digest", ""),
        with_module("digest", "sha512:ff"),
        with_module("manifest_sha256", "x"),
        with_module("fsverity_root_hash", "x"),
        with_module("size_bytes", -1),
        with_module("effective_priority", "high")}) {
    CAPTURE(text.substr(0, 200));
    const Result<SignedAssignment> refused = Open(text, policy);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind() == ErrorKind::kRefuted);
    CHECK(refused.error().code() == "assignment_rejected");
  }
  CHECK_FALSE(Open(Envelope(owner, Payload()), policy, kNow + 1));
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::verify::signed_assignment_test
