// Every path of node-files.md §4, in one place: no other file spells one. Tests pass another root
// and get the same tree below it.
#pragma once

#include <string>
#include <string_view>

namespace powernode {

struct Paths {
  // `root` is "" on a node and a private directory in tests; `persist` overrides the persist
  // directory.
  static Paths Below(std::string_view root, std::string_view persist = {});

  // Takes the image's files from what boot carried over, when there is such a copy.
  void UseCarriedImage();

  std::string root;

  // Persistent ($P, $S, $C).
  std::string persist;
  std::string state;
  std::string pki;
  std::string agent_state;
  std::string compose_state;
  std::string manifests;
  std::string cache;
  std::string blobs;
  std::string objects;
  std::string partial;
  std::string locks;
  std::string boot_log;

  // Of this boot ($R).
  std::string run;
  std::string run_binary;
  std::string layers;
  std::string scratch;
  std::string union_root;
  std::string composed;
  std::string status;
  std::string masked_cmdline;  // the kernel command line without the token
  std::string agent_lock;
  std::string compose_lock;
  std::string union_lock;       // host mode: one change of the union at a time
  std::string run_persist;      // host mode: the persist partition
  std::string persist_on_root;  // host mode without one
  std::string unit_directory;   // POWERNODE_LIFECYCLE_UNIT_DIR or /run/systemd/system

  // Baked into the initramfs or the installed system. Trust keys come from nowhere else: whoever
  // can write the persist partition must not be able to add one.
  std::string image_directory;
  std::string image_config;
  std::string image_trust;
  std::string image_policy;
  std::string image_ca;
  std::string carried_image;  // boot's copy of the initramfs's image_directory, for the service
                              // after the switch
  std::string operator_config;

  // Identity sources.
  std::string kernel_cmdline;
  std::string fw_cfg;
  std::string credentials;         // $CREDENTIALS_DIRECTORY; empty when the unit was given none
  std::string system_credentials;  // what systemd imported for the whole machine
  std::string fw_cfg_credentials;  // and where it imports from, for when nobody has
  std::string dmi_entries;
  std::string boot_identity;
  std::string etc_identity;
  std::string persist_identity;

  std::string fw_cfg_instance_name;

  // The kernel's: this machine's, unless the tree below `root` has a /proc of its own.
  std::string boot_id;
  std::string uptime;
  std::string load_average;
  std::string memory_info;
  std::string filesystems;
  std::string block_devices;
  std::string devices;
  std::string console_list;  // the kernel's consoles, /dev/console last
  std::string network_devices;
  std::string firmware;
  std::string dmi;
  std::string routes;
  std::string routes6;
};

}  // namespace powernode
