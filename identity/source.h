// The identity sources and the one table that lists them, highest first (node-files.md §2.2). Each
// source is one small file with one function from the context to a record; a source that is not
// there says nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "agent/base/clock.h"
#include "agent/base/http.h"
#include "agent/base/paths.h"
#include "agent/base/result.h"
#include "identity/record.h"

namespace powernode::identity {

// Makes a file system readable for the length of `use`, which gets the directory it is mounted at
// (read-only, private). kNotFound when the machine has none such.
using DiskReader =
    std::function<Status(const std::function<void(const std::string& directory)>& use)>;

// What the PKI store holds (source 0). `usable`: its certificate can authenticate now.
struct StoredIdentity {
  std::string instance_uuid;
  Origin platform;
  std::string ca_pem;
  bool usable = false;
};

// What agent.conf and the kernel command line say about the sources themselves.
struct SourceSettings {
  std::string cloud = "auto";          // "auto", "none", "probe" or a provider: see IsCloudChoice
  std::string platform_url;            // only when no source names one
  std::string ca_file;                 // likewise
  bool allow_unpinned_ca_url = false;  // a CA by location without a fingerprint counts
};

// Opens what speaks plain HTTP to a metadata service.
using PlainHttp = std::function<Result<std::unique_ptr<HttpTransport>>()>;

struct SourceContext {
  Paths paths;
  Clock* clock = &SystemClock();
  std::stop_token stop;
  std::optional<StoredIdentity> stored;
  std::optional<Record> given;  // from the command's flags: before all other sources
  SourceSettings settings;
  DiskReader boot_partition;  // empty: only a /boot that is mounted already is looked at
  DiskReader nocloud_disk;    // empty: none is looked for
  PlainHttp plain_http;       // empty: nothing is asked over the network
};

// A source that has to mount something is read only when those before it leave something open.
enum class Effort { kFiles, kMount };

struct Source {
  std::string_view name;   // "kernel-cmdline"
  std::string_view where;  // "on the kernel command line": where a person puts a value
  // What the values are called there.
  std::string_view uuid_key;
  std::string_view url_key;
  std::string_view ca_key;
  std::string_view token_key;
  Effort effort = Effort::kFiles;
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
