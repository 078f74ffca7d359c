// The identity sources and the one table that lists them, highest first (node-files.md §2.2). Each
// source is one small file with one function from the context to a record; a source that is not
// there says nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "agent/base/clock.h"
#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "identity/record.h"

namespace powernode::identity {

// Makes the boot partition readable for the length of `use`, which gets the directory it is mounted
// at (read-only, private). kNotFound when the machine has none.
using BootPartitionReader =
    std::function<Status(const std::function<void(const std::string& directory)>& use)>;

// What the PKI store holds (source 0). `usable`: its certificate can authenticate now.
struct StoredIdentity {
  std::string instance_uuid;
  Origin platform;
  std::string ca_pem;
  bool usable = false;
};

struct SourceContext {
  Paths paths;
  Clock* clock = &SystemClock();
  std::stop_token stop;
  std::optional<StoredIdentity> stored;
  std::optional<Record> given;         // from the command's flags: before all other sources
  std::string default_platform_url;    // agent.conf: only when no source names one
  std::string default_ca_file;         // likewise
  BootPartitionReader boot_partition;  // empty: only a /boot that is mounted already is looked at
};

struct Source {
  std::string_view name;   // "kernel-cmdline"
  std::string_view where;  // "on the kernel command line": where a person puts a value
  // What the values are called there.
  std::string_view uuid_key;
  std::string_view url_key;
  std::string_view ca_key;
  std::string_view token_key;
  std::string (*place)(const SourceContext& context);  // "/proc/cmdline"
  Record (*read)(const SourceContext& context);
};

std::span<const Source> Sources();

// What reading one source brought.
struct Reading {
  std::string source;
  std::string place;
  Record record;
  std::int64_t read_at = 0;  // seconds since 1970
  std::chrono::milliseconds duration{0};
};

}  // namespace powernode::identity
