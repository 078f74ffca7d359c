#include "agent/base/paths.h"

#include <doctest/doctest.h>

#include <string>

#include "agent/base/files.h"
#include "tests/support/temporary_directory.h"

namespace powernode::paths_test {
namespace {

TEST_SUITE_BEGIN("paths");

TEST_CASE("on a node they are those of the specification") {
  const Paths paths = Paths::Below("");
  CHECK(paths.pki == "/persist/var/lib/powernode/pki");
  CHECK(paths.blobs == "/persist/cache/blobs");
  CHECK(paths.composed == "/run/powernode/composed.json");
  CHECK(paths.image_trust == "/etc/powernode/trust");
  CHECK(paths.kernel_cmdline == "/proc/cmdline");
}

TEST_CASE("below a root, every one of them is below it") {
  const Paths paths = Paths::Below("/private/root");
  for (const std::string& path :
       {paths.persist, paths.state, paths.pki, paths.cache, paths.boot_log, paths.run, paths.layers,
        paths.composed, paths.agent_lock, paths.unit_directory, paths.image_config, paths.image_ca,
        paths.operator_config, paths.kernel_cmdline, paths.fw_cfg, paths.boot_identity,
        paths.etc_identity, paths.devices})
    CHECK_MESSAGE(path.starts_with("/private/root/"), path);
}

TEST_CASE("the kernel's own facts are this machine's, unless the root brings a /proc of its own") {
  testing::TemporaryDirectory root;
  CHECK(Paths::Below(root.path().string()).boot_id == "/proc/sys/kernel/random/boot_id");
  REQUIRE(MakeDirectories(root / "proc", 0755));
  REQUIRE(WriteFile(root / "proc/uptime", "1 1\n", 0644));
  CHECK(Paths::Below(root.path().string()).boot_id == root / "proc/sys/kernel/random/boot_id");
}

TEST_CASE("another persist directory moves what is persistent and nothing else") {
  const Paths paths = Paths::Below("/r", "/mnt/persist");
  CHECK(paths.pki == "/mnt/persist/var/lib/powernode/pki");
  CHECK(paths.operator_config == "/mnt/persist/etc/powernode/agent.conf");
  CHECK(paths.run == "/r/run/powernode");
}

TEST_CASE("trust keys come from the image or what boot carried over, never from persist") {
  testing::TemporaryDirectory root;
  Paths paths = Paths::Below(root.path().string());
  paths.UseCarriedImage();
  CHECK(paths.image_trust == root / "etc/powernode/trust");
  REQUIRE(MakeDirectories(paths.carried_image, 0755));
  paths.UseCarriedImage();
  CHECK(paths.image_trust == root / "run/powernode/image/trust");
  CHECK(paths.image_ca == root / "run/powernode/image/platform-ca.pem");
  CHECK(paths.image_config == root / "run/powernode/image/agent.conf");
}

TEST_SUITE_END();

}  // namespace
}  // namespace powernode::paths_test
