#include "enroll/pki_store.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "enroll/generation.h"
#include "enroll/key.h"
#include "enroll/pending_request.h"
#include "enroll/pki_layout.h"
#include "tests/enroll/sample_credentials.h"
#include "tests/support/temporary_directory.h"

namespace powernode::enroll::pki_store_test {
namespace {

using namespace testing;
using powernode::testing::TemporaryDirectory;

constexpr std::int64_t kNow = 1'770'000'000;  // 2026-02-02

struct Fixture {
  TemporaryDirectory root;
  std::string directory = root / "state/pki";
  PkiStore store{directory};
  Authority authority;

  std::string At(std::string_view name) const { return JoinPath(directory, name); }
  std::string SaveOne(const LeafWish& wish = {}) {
    const Result<CredentialsPtr> saved = store.Save(SampleCredentials(authority, wish), "enroll");
    REQUIRE(saved.ok());
    return (*saved)->generation;
  }
  std::string LoadedGeneration(std::int64_t now = kNow) {
    const PkiStore::Loaded loaded = store.Load(now);
    return loaded.credentials ? loaded.credentials->generation : "";
  }
};

mode_t ModeOf(const std::string& path) { return Stat(path)->st_mode & 0777; }

TEST_SUITE("pki_store") {
  TEST_CASE("an empty store has no credentials and nothing to report") {
    Fixture fixture;
    const PkiStore::Loaded loaded = fixture.store.Load(kNow);
    CHECK_FALSE(loaded.credentials);
    CHECK(loaded.findings.empty());
    CHECK_FALSE(Exists(fixture.directory));
  }

  TEST_CASE("what was saved is loaded, with the modes of the specification") {
    Fixture fixture;
    const Credentials given = SampleCredentials(fixture.authority);
    REQUIRE(fixture.store.Save(given, "enroll").ok());
    const PkiStore::Loaded loaded = fixture.store.Load(kNow);
    REQUIRE(loaded.credentials);
    CHECK(loaded.is_current);
    CHECK(loaded.findings.empty());
    const Credentials& got = *loaded.credentials;
    CHECK(got.generation == "gen-000001");
    CHECK(got.instance_id == given.instance_id);
    CHECK(got.platform == given.platform);
    CHECK(got.ca_pem == given.ca_pem);
    CHECK(got.certificate_pem == given.certificate_pem);
    CHECK(got.chain_pem == given.chain_pem);
    CHECK(got.key_pem.Reveal() == given.key_pem.Reveal());
    CHECK(got.certificate_id == given.certificate_id);
    CHECK(got.not_after == given.not_after);
    CHECK(got.serial == given.serial);
    CHECK(got.fingerprint == given.fingerprint);
    CHECK(ModeOf(fixture.directory) == 0700);
    CHECK(ModeOf(fixture.At("gen-000001")) == 0700);
    CHECK(ModeOf(fixture.At("current/node.key")) == 0600);
    CHECK(ModeOf(fixture.At("current/node.crt")) == 0644);
    CHECK(*ReadFile(fixture.At("node.crt"), 64 * 1024) == given.certificate_pem);
    CHECK(*Readlink(fixture.At("node.crt")) == "current/node.crt");
  }

  TEST_CASE("a cut at any step of a save leaves the old set or the new one") {
    // Each state is what a power cut leaves behind between two steps of K1.
    Fixture fixture;
    CHECK(fixture.SaveOne() == "gen-000001");
    const std::string next = fixture.At("gen-000002");

    SUBCASE("the new directory exists, half written") {
      REQUIRE(MakeDirectories(next + ".tmp", 0700));
      REQUIRE(WriteFile(next + ".tmp/node.key", "half", 0600));
      CHECK(fixture.LoadedGeneration() == "gen-000001");
    }
    SUBCASE("the new directory is complete under its unfinished name") {
      REQUIRE(MakeDirectories(next + ".tmp", 0700));
      REQUIRE(WriteGeneration(next + ".tmp", SampleCredentials(fixture.authority), "enroll"));
      CHECK(fixture.LoadedGeneration() == "gen-000001");
    }
    SUBCASE("the new directory has its name, the link is still the old one") {
      REQUIRE(MakeDirectories(next, 0700));
      REQUIRE(WriteGeneration(next, SampleCredentials(fixture.authority), "enroll"));
      CHECK(fixture.LoadedGeneration() == "gen-000001");
    }
    SUBCASE("the new link exists beside the old one") {
      REQUIRE(MakeDirectories(next, 0700));
      REQUIRE(WriteGeneration(next, SampleCredentials(fixture.authority), "enroll"));
      REQUIRE(Symlink("gen-000002", fixture.At(".current.abcdef")));
      CHECK(fixture.LoadedGeneration() == "gen-000001");
    }
    // Whatever it was, the next save works and leaves no remains.
    const std::string saved = fixture.SaveOne();
    CHECK(fixture.LoadedGeneration() == saved);
    const std::vector<std::string> names = *ListDirectory(fixture.directory);
    for (const std::string& name : names) {
      CAPTURE(name);
      CHECK_FALSE(name.ends_with(".tmp"));
      CHECK_FALSE(name.starts_with(".current."));
    }
  }

  TEST_CASE(
      "a first save that was cut before its link is found, and the link is repaired on request") {
    Fixture fixture;
    fixture.SaveOne();
    REQUIRE(Unlink(fixture.At("current")));
    const PkiStore::Loaded loaded = fixture.store.Load(kNow);
    REQUIRE(loaded.credentials);
    CHECK_FALSE(loaded.is_current);
    REQUIRE(fixture.store.MakeCurrent(loaded.credentials->generation).ok());
    CHECK(fixture.store.Load(kNow).is_current);
    CHECK(fixture.store.MakeCurrent("gen-000009").error().code() == "no_generation");
  }

  TEST_CASE(
      "each kind of damage to the current set makes the older good one load, with a finding") {
    Fixture fixture;
    fixture.SaveOne();
    fixture.SaveOne();
    const std::string current = fixture.At("gen-000002");
    SUBCASE("key missing") { REQUIRE(Unlink(current + "/node.key")); }
    SUBCASE("key empty") { REQUIRE(WriteFile(current + "/node.key", "", 0600)); }
    SUBCASE("key of another set") {
      REQUIRE(WriteFile(current + "/node.key", *ReadFile(fixture.At("gen-000001/node.key"), 9999),
                        0600));
    }
    SUBCASE("certificate cut short") {
      REQUIRE(WriteFile(current + "/node.crt",
                        ReadFile(current + "/node.crt", 9999)->substr(0, 200), 0644));
    }
    SUBCASE("certificate of another instance") {
      const Secret key(*ReadFile(current + "/node.key", 9999));
      REQUIRE(WriteFile(current + "/node.crt",
                        fixture.authority.Issue(key, {.common_name = "node-2"}), 0644));
    }
    SUBCASE("no roots") { REQUIRE(WriteFile(current + "/ca-bundle.crt", "", 0644)); }
    SUBCASE("meta flipped") {
      std::string meta = *ReadFile(current + "/meta.json", 9999);
      meta[meta.size() - 10] = '#';
      REQUIRE(WriteFile(current + "/meta.json", meta, 0644));
    }
    SUBCASE("meta missing") { REQUIRE(Unlink(current + "/meta.json")); }
    SUBCASE("directory gone") { REQUIRE(RemoveTree(current)); }
    const PkiStore::Loaded loaded = fixture.store.Load(kNow);
    REQUIRE(loaded.credentials);
    CHECK(loaded.credentials->generation == "gen-000001");
    CHECK_FALSE(loaded.is_current);
    REQUIRE(loaded.findings.size() == 1);
    CHECK(loaded.findings[0].message().starts_with("PKI generation gen-000002: "));
  }

  TEST_CASE("an expired set is used only when nothing better is there, and is kept") {
    Fixture fixture;
    fixture.SaveOne();
    fixture.SaveOne({.not_after = kNow - 1000});
    CHECK(fixture.LoadedGeneration() == "gen-000001");
    REQUIRE(RemoveTree(fixture.At("gen-000001")));
    const PkiStore::Loaded loaded = fixture.store.Load(kNow);
    REQUIRE(loaded.credentials);
    CHECK(loaded.credentials->generation == "gen-000002");
    CHECK(loaded.credentials->not_after < kNow);
    CHECK(fixture.LoadedGeneration(0) == "gen-000002");  // a clock at 1970 loses no credentials
  }

  TEST_CASE("three generations are kept, and a proven one until two newer ones are proven") {
    Fixture fixture;
    REQUIRE(fixture.store.MarkProven(fixture.SaveOne()).ok());
    for (int i = 0; i < 4; ++i) fixture.SaveOne();
    CHECK(Exists(fixture.At("gen-000001")));
    CHECK_FALSE(Exists(fixture.At("gen-000002")));
    REQUIRE(fixture.store.MarkProven("gen-000005").ok());
    REQUIRE(fixture.store.MarkProven(fixture.SaveOne()).ok());
    fixture.SaveOne();
    CHECK_FALSE(Exists(fixture.At("gen-000001")));
    CHECK_FALSE(Exists(fixture.At("gen-000001.proven")));
    CHECK(fixture.LoadedGeneration() == "gen-000007");
  }

  TEST_CASE("a save that cannot write is an error and leaves the old set current") {
    Fixture fixture;
    fixture.SaveOne();
    // A file where the next generation has to be written stops it before anything is switched.
    REQUIRE(WriteFile(fixture.At("gen-000002.tmp"), "", 0600));
    REQUIRE(MakeDirectories(fixture.root / "other", 0700));
    PkiStore nowhere((fixture.root / "file" / "pki").string());
    REQUIRE(WriteFile((fixture.root / "file").string(), "", 0600));
    CHECK_FALSE(nowhere.Save(SampleCredentials(fixture.authority), "enroll").ok());
    CHECK(fixture.LoadedGeneration() == "gen-000001");
  }

  TEST_CASE("regular files of another agent at the flat names are left alone") {
    Fixture fixture;
    REQUIRE(MakeDirectories(fixture.directory, 0700));
    REQUIRE(WriteFile(fixture.At("node.crt"), "theirs", 0644));
    fixture.SaveOne();
    CHECK(*ReadFile(fixture.At("node.crt"), 100) == "theirs");
    CHECK(fixture.LoadedGeneration() == "gen-000001");
  }

  TEST_CASE("saving ends the pending request") {
    Fixture fixture;
    REQUIRE(PrepareRequest(fixture.directory, "node-1", Secret("sixteen characters")).ok());
    CHECK(Exists(fixture.At("pending")));
    fixture.SaveOne();
    CHECK_FALSE(Exists(fixture.At("pending")));
  }
}

const char* const kEd25519Key =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEINfpct4Dg4JCEE9wtnV5+owFUtvQBy7sjK3o/DYwOdJ+\n"
    "-----END PRIVATE KEY-----\n";

// As another agent leaves it: regular files, and plain JSON.
struct FlatSet {
  explicit FlatSet(const Fixture& in, const Credentials& of) : fixture(in), credentials(of) {
    for (const std::string_view name : kLinkedFiles)
      if (Lstat(fixture.At(name))) REQUIRE(Unlink(fixture.At(name)));
    WriteFlatSet(fixture.directory, credentials,
                 R"({"instance_id": ")" + credentials.instance_id +
                     R"(", "platform_url": "https://other.test", "version": 3})");
  }
  void Put(std::string_view name, const std::string& content) const {
    REQUIRE(WriteFile(fixture.At(name), content, 0600));
  }

  const Fixture& fixture;
  const Credentials credentials;
};

TEST_SUITE("import of another agent's set") {
  TEST_CASE("it becomes the first generation, and its files stay what they are") {
    Fixture fixture;
    const FlatSet theirs(fixture, SampleCredentials(fixture.authority));
    CHECK(*fixture.store.Import(kNow));
    const PkiStore::Loaded loaded = fixture.store.Load(kNow);
    REQUIRE(loaded.credentials);
    CHECK(loaded.is_current);
    CHECK(loaded.credentials->generation == "gen-000001");
    CHECK(loaded.credentials->instance_id == "node-1");
    CHECK(loaded.credentials->platform == *ParseOrigin("https://other.test"));
    CHECK(loaded.credentials->fingerprint == theirs.credentials.fingerprint);
    CHECK(loaded.credentials->key_pem.Reveal() == theirs.credentials.key_pem.Reveal());
    CHECK(ReadFile(fixture.At("gen-000001/meta.json"), 9999)->find("\"import\"") !=
          std::string::npos);
    CHECK(S_ISREG(Lstat(fixture.At("node.crt"))->st_mode));
    CHECK(*ReadFile(fixture.At("node.crt"), 9999) == theirs.credentials.certificate_pem);
    // Once is enough.
    CHECK_FALSE(*fixture.store.Import(kNow));
    CHECK(fixture.LoadedGeneration() == "gen-000001");
  }

  TEST_CASE("our own links are nothing to import, nor is a store without any") {
    Fixture fixture;
    CHECK_FALSE(*fixture.store.Import(kNow));
    CHECK_FALSE(Exists(fixture.directory));
    fixture.SaveOne();
    CHECK_FALSE(*fixture.store.Import(kNow));
  }

  TEST_CASE("only a certificate that was issued later than ours is taken") {
    Fixture fixture;
    const LeafWish ours{.not_before = 1'768'000'000};
    fixture.SaveOne(ours);
    LeafWish wish;
    std::string taken;
    SUBCASE("older") { wish.not_before = ours.not_before - 1; }
    SUBCASE("of the same second") { wish.not_before = ours.not_before; }
    SUBCASE("later, and expired, which ours is not") {
      wish = {.not_before = ours.not_before + 1, .not_after = kNow - 1};
    }
    SUBCASE("later") {
      wish.not_before = ours.not_before + 1;
      taken = "gen-000002";
    }
    const FlatSet theirs(fixture, SampleCredentials(fixture.authority, wish));
    CHECK(*fixture.store.Import(kNow) == !taken.empty());
    CHECK(fixture.LoadedGeneration() == (taken.empty() ? "gen-000001" : taken));
  }

  TEST_CASE("the node stays who it is") {
    Fixture fixture;
    fixture.SaveOne();
    const FlatSet theirs(fixture,
                         SampleCredentials(fixture.authority,
                                           {.common_name = "node-2", .not_before = 1'768'000'000}));
    CHECK(fixture.store.Import(kNow).error().code() == "import_other_instance");
    CHECK(fixture.LoadedGeneration() == "gen-000001");
  }

  TEST_CASE("what fails the checks is said and left in place") {
    Fixture fixture;
    const FlatSet theirs(fixture, SampleCredentials(fixture.authority));
    std::string code = "bad_certificate";
    SUBCASE("a key of an algorithm that we do not have") {
      theirs.Put("node.key", kEd25519Key);
      code = "key_algorithm_unsupported";
    }
    SUBCASE("the key of another certificate") { theirs.Put("node.key", GenerateKey()->Reveal()); }
    SUBCASE("a certificate of somebody else than meta.json says") {
      theirs.Put("meta.json", R"({"instance_id": "node-2", "mtls_subject": "node-2",
                                  "platform_url": "https://other.test"})");
    }
    SUBCASE("no roots") {
      theirs.Put("ca-bundle.crt", "");
      code = "no_trust_anchor";
    }
    SUBCASE("nothing says which platform") {
      theirs.Put("meta.json", "{}");
      code = "import_incomplete";
    }
    SUBCASE("meta.json is no JSON") {
      theirs.Put("meta.json", "platform_url=https://other.test");
      code = "import_incomplete";
    }
    const Result<bool> taken = fixture.store.Import(kNow);
    REQUIRE_FALSE(taken);
    CHECK(taken.error().code() == code);
    CHECK(taken.error().message().find("import ") == 0);
    CHECK_FALSE(fixture.store.Load(kNow).credentials);
    CHECK(Exists(fixture.At("node.crt")));
  }

  TEST_CASE("without an instance_id the node is whom the certificate names") {
    Fixture fixture;
    const FlatSet theirs(fixture, SampleCredentials(fixture.authority));
    theirs.Put("meta.json", R"({"platform_url": "https://other.test"})");
    CHECK(*fixture.store.Import(kNow));
    CHECK(fixture.store.Load(kNow).credentials->instance_id == "node-1");
  }
}

TEST_SUITE("pending_request") {
  const Secret kToken("0123456789abcdef-one");
  const Secret kOtherToken("0123456789abcdef-two");

  TEST_CASE("the key, the request and its id stay the same over retries and reboots") {
    Fixture fixture;
    const PendingRequest first = *PrepareRequest(fixture.directory, "node-1", kToken);
    const PendingRequest again = *PrepareRequest(fixture.directory, "node-1", kToken);
    CHECK(first.key_pem.Reveal() == again.key_pem.Reveal());
    CHECK(first.csr_pem == again.csr_pem);
    CHECK(first.request_id == again.request_id);
    CHECK(ModeOf(fixture.At("pending")) == 0700);
    CHECK(ModeOf(fixture.At("pending/node.key")) == 0600);
  }

  TEST_CASE("another token gets another request id and the same key") {
    Fixture fixture;
    const PendingRequest first = *PrepareRequest(fixture.directory, "node-1", kToken);
    const PendingRequest second = *PrepareRequest(fixture.directory, "node-1", kOtherToken);
    CHECK(first.key_pem.Reveal() == second.key_pem.Reveal());
    CHECK(first.request_id != second.request_id);
  }

  TEST_CASE("another instance gets another key") {
    Fixture fixture;
    const PendingRequest first = *PrepareRequest(fixture.directory, "node-1", kToken);
    const PendingRequest second = *PrepareRequest(fixture.directory, "node-2", kToken);
    CHECK(first.key_pem.Reveal() != second.key_pem.Reveal());
  }

  TEST_CASE("a refused token stays refused until there is another one") {
    Fixture fixture;
    const PendingRequest first = *PrepareRequest(fixture.directory, "node-1", kToken);
    REQUIRE(MarkTokenRefused(fixture.directory, first, "no such token").ok());
    CHECK(PrepareRequest(fixture.directory, "node-1", kToken)->token_refused());
    CHECK_FALSE(PrepareRequest(fixture.directory, "node-1", kOtherToken)->token_refused());
  }

  TEST_CASE("a damaged request is replaced by a new one") {
    Fixture fixture;
    const PendingRequest first = *PrepareRequest(fixture.directory, "node-1", kToken);
    SUBCASE("half written") {
      REQUIRE(Rename(fixture.At("pending"), fixture.At("pending.tmp")));
      REQUIRE(Unlink(fixture.At("pending.tmp/node.csr")));
    }
    SUBCASE("key damaged") { REQUIRE(WriteFile(fixture.At("pending/node.key"), "x", 0600)); }
    SUBCASE("record damaged") { REQUIRE(WriteFile(fixture.At("pending/pending.json"), "x", 0600)); }
    const Result<PendingRequest> second = PrepareRequest(fixture.directory, "node-1", kToken);
    REQUIRE(second.ok());
    CHECK(second->key_pem.Reveal() != first.key_pem.Reveal());
    CHECK(PrepareRequest(fixture.directory, "node-1", kToken)->request_id == second->request_id);
  }

  TEST_CASE("a key that is prepared for a claim is the one that enrols, whoever that makes it") {
    Fixture fixture;
    const Secret key = *PrepareKey(fixture.directory, "");
    CHECK(ModeOf(fixture.At("pending/node.key")) == 0600);
    CHECK(PrepareKey(fixture.directory, "")->Reveal() == key.Reveal());
    CHECK(PrepareKey(fixture.directory, "node-1")->Reveal() == key.Reveal());
    const PendingRequest request = *PrepareRequest(fixture.directory, "node-1", kToken);
    CHECK(request.key_pem.Reveal() == key.Reveal());
    CHECK(request.csr_pem.starts_with("-----BEGIN CERTIFICATE REQUEST-----"));
    CHECK(PrepareRequest(fixture.directory, "node-1", kToken)->request_id == request.request_id);
    // From here on it is that instance's.
    CHECK(PrepareKey(fixture.directory, "node-1")->Reveal() == key.Reveal());
    CHECK(PrepareKey(fixture.directory, "")->Reveal() != key.Reveal());
  }

  TEST_CASE("a cut between the CSR and the record that names the instance costs nothing") {
    Fixture fixture;
    const Secret key = *PrepareKey(fixture.directory, "");
    REQUIRE(WriteFile(fixture.At("pending/node.csr"), "of somebody else", 0644));
    const PendingRequest request = *PrepareRequest(fixture.directory, "node-1", kToken);
    CHECK(request.key_pem.Reveal() == key.Reveal());
    CHECK(request.csr_pem.starts_with("-----BEGIN CERTIFICATE REQUEST-----"));
    CHECK(*ReadFile(fixture.At("pending/node.csr"), 9999) == request.csr_pem);
  }

  const ClaimResult kClaim{.platform = *ParseOrigin("https://p.test:8443"),
                           .instance_uuid = "node-1",
                           .token = kToken,
                           .instead_of = ""};

  TEST_CASE("what a claim brought is kept for this node's eyes only, until the set is saved") {
    Fixture fixture;
    CHECK_FALSE(KeptClaim(fixture.directory));
    REQUIRE(PrepareKey(fixture.directory, "").ok());
    REQUIRE(KeepClaim(fixture.directory, kClaim).ok());
    CHECK(ModeOf(fixture.At("pending/claim")) == 0600);
    std::optional<ClaimResult> kept = KeptClaim(fixture.directory);
    REQUIRE(kept);
    CHECK(kept->platform == kClaim.platform);
    CHECK(kept->instance_uuid == "node-1");
    CHECK(kept->token.Reveal() == kToken.Reveal());
    REQUIRE(PrepareRequest(fixture.directory, "node-1", kToken).ok());
    CHECK(KeptClaim(fixture.directory));
    fixture.SaveOne();
    CHECK_FALSE(KeptClaim(fixture.directory));
  }

  TEST_CASE("a claim that is of no use is forgotten, and its key can be claimed again") {
    Fixture fixture;
    const Secret key = *PrepareKey(fixture.directory, "");
    REQUIRE(KeepClaim(fixture.directory, kClaim).ok());
    const PendingRequest request = *PrepareRequest(fixture.directory, "node-1", kToken);
    REQUIRE(MarkTokenRefused(fixture.directory, request, "spent").ok());
    REQUIRE(ForgetClaim(fixture.directory).ok());
    CHECK_FALSE(KeptClaim(fixture.directory));
    CHECK(PrepareKey(fixture.directory, "")->Reveal() == key.Reveal());
    REQUIRE(ForgetClaim(fixture.directory).ok());
  }

  TEST_CASE("a damaged claim is none") {
    Fixture fixture;
    REQUIRE(PrepareKey(fixture.directory, "").ok());
    REQUIRE(KeepClaim(fixture.directory, kClaim).ok());
    std::string text = *ReadFile(fixture.At("pending/claim"), 9999);
    text[text.size() - 4] ^= 1;
    REQUIRE(WriteFile(fixture.At("pending/claim"), text, 0600));
    CHECK_FALSE(KeptClaim(fixture.directory));
  }

  TEST_CASE("the token is nowhere on the disk") {
    Fixture fixture;
    REQUIRE(PrepareRequest(fixture.directory, "node-1", kToken).ok());
    const std::vector<std::string> names = *ListDirectory(fixture.At("pending"));
    for (const std::string& name : names) {
      const std::string content = *ReadFile(fixture.At("pending/" + name), 64 * 1024);
      CHECK(content.find(kToken.Reveal()) == std::string::npos);
    }
  }
}

}  // namespace
}  // namespace powernode::enroll::pki_store_test
