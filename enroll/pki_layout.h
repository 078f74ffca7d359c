// The names inside the PKI directory (node-files.md §6.1), spelt once.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "agent/base/lock_file.h"
#include "agent/base/result.h"

namespace powernode::enroll {

constexpr std::string_view kKeyFile = "node.key";
constexpr std::string_view kCertificateFile = "node.crt";
constexpr std::string_view kChainFile = "ca-chain.crt";
constexpr std::string_view kRootsFile = "ca-bundle.crt";
constexpr std::string_view kBearerFile = "instance-token.jwt";
constexpr std::string_view kMetaFile = "meta.json";
constexpr std::string_view kCsrFile = "node.csr";
constexpr std::string_view kPendingFile = "pending.json";
constexpr std::string_view kClaimFile = "claim";

constexpr std::string_view kCurrentLink = "current";
constexpr std::string_view kPendingDirectory = "pending";
constexpr std::string_view kRenewalDirectory = "pending-renewal";
constexpr std::string_view kUnfinished = ".tmp";  // suffix of a directory that is being written

inline constexpr std::array kLinkedFiles = {kKeyFile,   kCertificateFile, kChainFile,
                                            kRootsFile, kMetaFile,        kBearerFile};

constexpr std::string_view kPkiFormat = "powernode-pki";
constexpr std::string_view kPendingFormat = "powernode-pending";
constexpr std::string_view kClaimFormat = "powernode-claim";

// "gen-000042" for 42, and back; nullopt for any other name.
std::string GenerationName(unsigned number);
std::optional<unsigned> GenerationNumber(std::string_view name);

// Makes the directory (0700, its parents 0755) if it is not there, and takes its lock.
Result<LockFile> LockPki(const std::string& directory, std::string_view purpose);

// Makes `directory`, fills it with `write`, and gives it its final name in one step: it appears
// whole or not at all. What an earlier attempt left under the unfinished name is removed;
// `directory` must not exist.
Status WriteDirectory(const std::string& directory,
                      const std::function<Status(const std::string&)>& write);

}  // namespace powernode::enroll
