#include "agent/base/paths.h"

#include <cstdlib>

#include "agent/base/files.h"

namespace powernode {

Paths Paths::Below(std::string_view root_view, std::string_view persist_override) {
  const std::string root(root_view);
  const std::string persist =
      persist_override.empty() ? root + "/persist" : std::string(persist_override);
  const std::string state = persist + "/var/lib/powernode";
  const std::string cache = persist + "/cache";
  const std::string run = root + "/run/powernode";
  const std::string image = root + "/etc/powernode";
  // The kernel's own facts are this machine's, unless the tree below `root` brings a /proc of its
  // own.
  const std::string proc = Exists(root + "/proc/uptime") ? root + "/proc" : "/proc";
  const char* credentials = std::getenv("CREDENTIALS_DIRECTORY");
  const char* units = std::getenv("POWERNODE_LIFECYCLE_UNIT_DIR");
  return Paths{
      .root = root,
      .persist = persist,
      .state = state,
      .pki = state + "/pki",
      .agent_state = state + "/agent",
      .compose_state = state + "/compose",
      .manifests = state + "/manifests",
      .cache = cache,
      .blobs = cache + "/blobs",
      .objects = cache + "/objects",
      .partial = cache + "/partial",
      .locks = cache + "/locks",
      .boot_log = persist + "/log/powernode/boot.log",
      .run = run,
      .run_binary = run + "/bin/powernode-agent",
      .layers = run + "/layers",
      .scratch = run + "/scratch",
      .union_root = run + "/union",
      .composed = run + "/composed.json",
      .status = run + "/status.json",
      .masked_cmdline = run + "/cmdline",
      .agent_lock = run + "/agent.lock",
      .compose_lock = run + "/compose.lock",
      .union_lock = run + "/union.lock",
      .run_persist = run + "/persist",
      .persist_on_root = root + "/var/lib/powernode/persist",
      .unit_directory = units != nullptr && *units != '\0' ? units : root + "/run/systemd/system",
      .image_directory = image,
      .image_config = image + "/agent.conf",
      .image_trust = image + "/trust",
      .image_policy = image + "/policy.json",
      .image_ca = image + "/platform-ca.pem",
      .carried_image = run + "/image",
      .operator_config = persist + "/etc/powernode/agent.conf",
      .kernel_cmdline = root + "/proc/cmdline",
      .fw_cfg = root + "/sys/firmware/qemu_fw_cfg/by_name/opt/com.powernode",
      .credentials = credentials != nullptr ? credentials : "",
      .system_credentials = root + "/run/credentials/@system",
      .fw_cfg_credentials = root + "/sys/firmware/qemu_fw_cfg/by_name/opt/io.systemd.credentials",
      .dmi_entries = root + "/sys/firmware/dmi/entries",
      .boot_identity = root + "/boot/identity.cfg",
      .etc_identity = root + "/etc/identity.cfg",
      .persist_identity = persist + "/etc/identity.cfg",
      .fw_cfg_instance_name =
          root + "/sys/firmware/qemu_fw_cfg/by_name/opt/com.powernode/instance_name/raw",
      .boot_id = proc + "/sys/kernel/random/boot_id",
      .uptime = proc + "/uptime",
      .load_average = proc + "/loadavg",
      .memory_info = proc + "/meminfo",
      .filesystems = proc + "/filesystems",
      .block_devices = root + "/sys/class/block",
      .devices = root + "/dev",
      .console_list = root + "/sys/class/tty/console/active",
      .network_devices = root + "/sys/class/net",
      .firmware = root + "/sys/firmware",
      .dmi = root + "/sys/class/dmi/id",
      .routes = root + "/proc/net/route",
      .routes6 = root + "/proc/net/ipv6_route",
  };
}

void Paths::UseCarriedImage() {
  if (!Exists(carried_image)) return;
  image_directory = carried_image;
  image_config = carried_image + "/agent.conf";
  image_trust = carried_image + "/trust";
  image_policy = carried_image + "/policy.json";
  image_ca = carried_image + "/platform-ca.pem";
}

}  // namespace powernode
