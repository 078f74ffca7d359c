#include "enroll/pki_store.h"

#include <algorithm>
#include <optional>

#include "agent/base/files.h"
#include "agent/base/lock_file.h"
#include "agent/base/random.h"
#include "agent/base/syscalls.h"
#include "enroll/flat_set.h"
#include "enroll/generation.h"
#include "enroll/pki_layout.h"

namespace powernode::enroll {
namespace {

constexpr std::size_t kGenerationsKept = 3;            // K4
constexpr std::string_view kProvenSuffix = ".proven";  // an empty file beside the generation
constexpr unsigned kMaxGeneration = 999'999;
constexpr std::string_view kEnrollOrigin = "enroll";
constexpr std::string_view kImportOrigin = "import";

// Newest first; none when the directory cannot be read.
std::vector<std::string> GenerationsIn(const std::string& directory) {
  const Result<std::vector<std::string>> names = ListDirectory(directory);
  std::vector<std::string> out;
  if (!names) return out;
  for (const std::string& name : *names)
    if (GenerationNumber(name)) out.push_back(name);
  std::reverse(out.begin(), out.end());
  return out;
}

// The generation that `current` names; empty when there is none.
std::string CurrentOf(const std::string& directory) {
  const Result<std::string> target = Readlink(JoinPath(directory, kCurrentLink));
  if (!target || !GenerationNumber(BaseNameOf(*target))) return {};
  return BaseNameOf(*target);
}

// The commit: one rename of a link.
Status SwitchTo(const std::string& directory, const std::string& generation) {
  const std::string fresh = JoinPath(directory, ".current." + RandomHex(6));
  RETURN_IF_ERROR(Symlink(generation, fresh));
  if (Status renamed = Rename(fresh, JoinPath(directory, kCurrentLink)); !renamed) {
    (void)Unlink(fresh);
    return renamed;
  }
  return SyncDirectory(directory);
}

// `pki/node.crt` and the like, for scripts that wait for them. A regular file there is another
// agent's.
void LinkFlatNames(const std::string& directory) {
  for (const std::string_view name : kLinkedFiles) {
    const std::string link = JoinPath(directory, name);
    if (name == kBearerFile && !Exists(JoinPath(JoinPath(directory, kCurrentLink), name))) continue;
    if (!Lstat(link)) (void)Symlink(JoinPath(kCurrentLink, name), link);
  }
}

void RemoveLeftovers(const std::string& directory) {
  const Result<std::vector<std::string>> names = ListDirectory(directory);
  if (!names) return;
  for (const std::string& name : *names)
    if (name.ends_with(kUnfinished) || name.starts_with(".current."))
      (void)RemoveTree(JoinPath(directory, name));
}

// K4: three are kept; one that ever authenticated goes only when two newer ones have.
void RemoveOldGenerations(const std::string& directory, const std::string& current) {
  std::size_t seen = 0;
  std::size_t proven = 0;
  for (const std::string& name : GenerationsIn(directory)) {
    const std::string path = JoinPath(directory, name);
    const bool is_proven = Exists(path + std::string(kProvenSuffix));
    const bool keep = ++seen <= kGenerationsKept || name == current || (is_proven && proven < 2);
    if (is_proven) ++proven;
    if (keep) continue;
    (void)RemoveTree(path);
    (void)RemoveTree(path + std::string(kProvenSuffix));
  }
}

}  // namespace

PkiStore::Loaded PkiStore::Load(std::int64_t now_unix) const {
  Loaded loaded;
  const std::string current = CurrentOf(directory_);
  std::vector<std::string> names = GenerationsIn(directory_);
  std::erase(names, current);
  if (!current.empty()) names.insert(names.begin(), current);

  for (const std::string& name : names) {
    Result<Credentials> read = ReadGeneration(JoinPath(directory_, name));
    if (!read) {
      loaded.findings.push_back(std::move(read).error().WithContext("PKI generation " + name));
      continue;
    }
    const bool expired = read->not_after < now_unix;
    if (loaded.credentials && expired) continue;
    loaded.credentials = std::make_shared<const Credentials>(std::move(*read));
    loaded.is_current = name == current;
    if (!expired) break;
  }
  return loaded;
}

CredentialsPtr PkiStore::LoadProvenBefore(const std::string& generation) const {
  for (const std::string& name : GenerationsIn(directory_)) {
    const std::string path = JoinPath(directory_, name);
    if (name >= generation || !Exists(path + std::string(kProvenSuffix))) continue;
    Result<Credentials> read = ReadGeneration(path);
    if (read) return std::make_shared<const Credentials>(std::move(*read));
  }
  return nullptr;
}

Result<CredentialsPtr> PkiStore::Save(const Credentials& credentials, std::string_view origin) {
  ASSIGN_OR_RETURN_CONTEXT(const LockFile lock, LockPki(directory_, "save credentials"),
                           "save credentials");
  RemoveLeftovers(directory_);
  const std::vector<std::string> present = GenerationsIn(directory_);
  const unsigned number = present.empty() ? 1 : *GenerationNumber(present.front()) + 1;
  if (number > kMaxGeneration)
    return Error(ErrorKind::kSystem, "too_many_generations",
                 directory_ + ": no generation number is left");

  auto saved = std::make_shared<Credentials>(credentials);
  saved->generation = GenerationName(number);
  RETURN_IF_ERROR_CONTEXT(WriteDirectory(JoinPath(directory_, saved->generation),
                                         [&](const std::string& directory) {
                                           return WriteGeneration(directory, credentials, origin);
                                         }),
                          "save credentials");
  RETURN_IF_ERROR_CONTEXT(SwitchTo(directory_, saved->generation), "save credentials");

  LinkFlatNames(directory_);
  (void)RemoveTree(JoinPath(directory_, kRenewalDirectory));
  // What is under way for another instance is left alone.
  if (origin == kEnrollOrigin) (void)RemoveTree(JoinPath(directory_, kPendingDirectory));
  RemoveOldGenerations(directory_, saved->generation);
  return CredentialsPtr(std::move(saved));
}

Result<bool> PkiStore::Import(std::int64_t now_unix) {
  const std::string context = "import " + JoinPath(directory_, kCertificateFile);
  ASSIGN_OR_RETURN_CONTEXT(const std::optional<Credentials> theirs, ReadFlatSet(directory_),
                           context);
  if (!theirs) return false;
  if (const CredentialsPtr ours = Load(now_unix).credentials) {
    const bool ours_expired = ours->not_after < now_unix;
    if (theirs->not_before <= ours->not_before) return false;
    if (theirs->not_after < now_unix && !ours_expired) return false;
    if (theirs->instance_id != ours->instance_id)
      return Error(
          ErrorKind::kRefused, "import_other_instance",
          context + ": it is " + theirs->instance_id + "'s, and this node is " + ours->instance_id);
  }
  ASSIGN_OR_RETURN_CONTEXT([[maybe_unused]] const CredentialsPtr saved,
                           Save(*theirs, kImportOrigin), context);
  return true;
}

Status PkiStore::MakeCurrent(const std::string& generation) {
  ASSIGN_OR_RETURN_CONTEXT(const LockFile lock, LockPki(directory_, "repair"),
                           "repair " + directory_);
  if (!GenerationNumber(generation) || !Exists(JoinPath(directory_, generation)))
    return Error(ErrorKind::kNotFound, "no_generation",
                 directory_ + " has no generation " + generation);
  RETURN_IF_ERROR_CONTEXT(SwitchTo(directory_, generation), "repair " + directory_);
  LinkFlatNames(directory_);
  return Ok();
}

Status PkiStore::MarkProven(const std::string& generation) {
  const std::string marker = JoinPath(directory_, generation) + std::string(kProvenSuffix);
  if (!GenerationNumber(generation) || Exists(marker)) return Ok();
  return WriteFileAtomically(marker, "", 0644);
}

}  // namespace powernode::enroll
