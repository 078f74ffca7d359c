// A persist partition that is full or read-only, as the kernel really reports it: on a tmpfs of a
// few pages.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mount.h>

#include "agent/base/files.h"
#include "enroll/enroll.h"
#include "enroll/pending_request.h"
#include "tests/enroll/sample_credentials.h"
#include "tests/enroll/scripted_platform.h"
#include "tests/support/temporary_directory.h"

namespace powernode::enroll::full_disk_test {
namespace {

using namespace testing;
using powernode::testing::TemporaryDirectory;

constexpr std::int64_t kNow = 1'770'000'000;  // 2026-02-02

struct SmallDisk {
  SmallDisk() { REQUIRE(::mount("tmpfs", path.c_str(), "tmpfs", 0, "size=256k") == 0); }
  ~SmallDisk() { ::umount2(path.c_str(), 0); }

  void Fill() {
    for (std::size_t size = 128 * 1024; size >= 1024; size /= 2)
      for (int i = 0;
           WriteFile(path + "/filler" + std::to_string(size + i), std::string(size, 'x'), 0600);
           ++i) {
      }
  }
  void MakeReadOnly() {
    mount_attr attributes{};
    attributes.attr_set = MOUNT_ATTR_RDONLY;
    REQUIRE(::mount_setattr(AT_FDCWD, path.c_str(), 0, &attributes, sizeof(attributes)) == 0);
  }

  TemporaryDirectory root;
  std::string path = root.path().string();
};

identity::Identity IdentityOf(const Authority& authority) {
  identity::Identity out;
  out.instance_uuid = "node-1";
  out.platform = *ParseOrigin("https://p.test");
  out.ca_pem = authority.root_pem();
  out.bootstrap_token = Secret("0123456789abcdef");
  return out;
}

TEST_SUITE("full disk") {
  TEST_CASE("a disk that is full before enrolment keeps the token here and says so") {
    SmallDisk disk;
    disk.Fill();
    const Authority authority;
    PkiStore store(disk.path + "/pki");
    ScriptedPlatform platform;
    StandingClock clock(kNow);
    const EnrollAttempt attempt = Enroll(IdentityOf(authority), PersistKind::kDurable, store,
                                         platform.Transports(), clock, {});
    REQUIRE_FALSE(attempt.outcome.ok());
    CAPTURE(attempt.outcome.error().message());
    CHECK(attempt.outcome.error().kind() == ErrorKind::kNoSpace);
    CHECK(attempt.outcome.error().message().find("No space left on device") != std::string::npos);
    CHECK(platform.requests().empty());
  }

  TEST_CASE("a disk that fills up during enrolment costs durability, not the certificate") {
    SmallDisk disk;
    const Authority authority;
    PkiStore store(disk.path + "/pki");
    StandingClock clock(kNow);
    ScriptedPlatform platform;
    platform.Answer([&](const HttpRequest&) -> Result<HttpResponse> {
      const Secret key(*ReadFile(disk.path + "/pki/pending/node.key", 9999));
      const Json data{{"cert_pem", authority.Issue(key, {})},
                      {"ca_chain_pem", authority.root_pem()}};
      disk.Fill();
      return HttpResponse{
          .status = 200, .headers = {}, .body = DumpJson(Json{{"success", true}, {"data", data}})};
    });
    const EnrollAttempt attempt = Enroll(IdentityOf(authority), PersistKind::kDurable, store,
                                         platform.Transports(), clock, {});
    REQUIRE(attempt.outcome.ok());
    REQUIRE(attempt.outcome->not_saved.has_value());
    CHECK(attempt.outcome->not_saved->code() == "pki_not_durable");
    CHECK(attempt.outcome->not_saved->kind() == ErrorKind::kNoSpace);
    CHECK(PrepareRequest(store.directory(), "node-1", Secret("0123456789abcdef")).ok());
  }

  TEST_CASE("a set that no longer fits leaves the old one current and nothing half-written") {
    SmallDisk disk;
    const Authority authority;
    PkiStore store(disk.path + "/pki");
    REQUIRE(store.Save(SampleCredentials(authority), "enroll").ok());
    disk.Fill();
    CHECK(store.Save(SampleCredentials(authority), "enroll").error().kind() == ErrorKind::kNoSpace);
    const PkiStore::Loaded loaded = store.Load(kNow);
    REQUIRE(loaded.credentials);
    CHECK(loaded.credentials->generation == "gen-000001");
    CHECK(loaded.is_current);
    CHECK_FALSE(Exists(disk.path + "/pki/gen-000002.tmp"));
  }

  TEST_CASE("a read-only disk still gives its credentials") {
    SmallDisk disk;
    const Authority authority;
    PkiStore store(disk.path + "/pki");
    REQUIRE(store.Save(SampleCredentials(authority), "enroll").ok());
    disk.MakeReadOnly();
    CHECK(store.Load(kNow).credentials);
    CHECK_FALSE(store.Save(SampleCredentials(authority), "enroll").ok());
    CHECK(store.Load(kNow).is_current);
  }
}

}  // namespace
}  // namespace powernode::enroll::full_disk_test
