#include "mount/blob_listing.h"

#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "mount/blob_store.h"

namespace powernode::mount {
namespace {

constexpr std::string_view kSignature = ".sig";
constexpr std::uint64_t kSectorBytes = 512;  // what st_blocks counts

Result<std::vector<std::string>> NamesIn(const std::string& directory) {
  Result<std::vector<std::string>> names = ListDirectory(directory);
  if (!names && names.error().kind() == ErrorKind::kNotFound) return std::vector<std::string>();
  return names;
}

// nullopt when it is gone.
Result<std::optional<struct stat>> Look(const std::string& path) {
  const Result<struct stat> info = Lstat(path);
  if (info) return std::optional(*info);
  if (info.error().kind() == ErrorKind::kNotFound) return std::optional<struct stat>();
  return info.error();
}

std::uint64_t Allocated(const struct stat& info) {
  return static_cast<std::uint64_t>(info.st_blocks) * kSectorBytes;
}

std::optional<verify::BlobDigest> DigestIn(std::string_view name) {
  if (!name.starts_with(kBlobPrefix)) return std::nullopt;
  const Result<verify::BlobDigest> digest =
      verify::BlobDigest::Parse(name.substr(kBlobPrefix.size()));
  if (!digest || name.substr(kBlobPrefix.size()) != digest->Hex()) return std::nullopt;
  return *digest;
}

}  // namespace

Result<BlobListing> ListBlobs(const Paths& paths) {
  ASSIGN_OR_RETURN_CONTEXT(const std::vector<std::string> names, NamesIn(paths.blobs),
                           "list the blobs");
  BlobListing listing;
  std::map<verify::BlobDigest, std::uint64_t> signatures;
  for (const std::string& name : names) {
    ASSIGN_OR_RETURN_CONTEXT(const std::optional<struct stat> info,
                             Look(JoinPath(paths.blobs, name)), "list the blobs");
    if (!info) continue;
    const bool signature = name.ends_with(kSignature);
    const std::optional<verify::BlobDigest> digest = DigestIn(
        std::string_view(name).substr(0, name.size() - (signature ? kSignature.size() : 0)));
    if (!digest || !S_ISREG(info->st_mode)) {
      listing.foreign.push_back(name);
    } else if (signature) {
      signatures.emplace(*digest, Allocated(*info));
    } else {
      listing.blobs.push_back({.digest = *digest,
                               .size = static_cast<std::uint64_t>(info->st_size),
                               .mtime = info->st_mtime,
                               .allocated = Allocated(*info)});
    }
  }
  for (StoredBlob& blob : listing.blobs) {
    const auto signature = signatures.find(blob.digest);
    if (signature == signatures.end()) continue;
    blob.allocated += signature->second;
    signatures.erase(signature);
  }
  for (const auto& [digest, bytes] : signatures)
    listing.foreign.push_back(std::string(kBlobPrefix) + digest.Hex() + std::string(kSignature));
  std::sort(listing.foreign.begin(), listing.foreign.end());
  return listing;
}

Result<std::vector<PartialDownload>> ListPartials(const Paths& paths) {
  ASSIGN_OR_RETURN_CONTEXT(const std::vector<std::string> names, NamesIn(paths.partial),
                           "list the unfinished downloads");
  std::map<std::string, PartialDownload> partials;  // by name without its last extension
  for (const std::string& name : names) {
    ASSIGN_OR_RETURN_CONTEXT(const std::optional<struct stat> info,
                             Look(JoinPath(paths.partial, name)), "list the unfinished downloads");
    if (!info || !S_ISREG(info->st_mode)) continue;
    PartialDownload& partial = partials[name.substr(0, name.rfind('.'))];
    partial.names.push_back(name);
    partial.mtime = std::max<std::int64_t>(partial.mtime, info->st_mtime);
    partial.allocated += Allocated(*info);
  }
  std::vector<PartialDownload> listed;
  for (auto& [stem, partial] : partials) listed.push_back(std::move(partial));
  return listed;
}

}  // namespace powernode::mount
