#include "agent/base/state_file.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "agent/base/clock.h"
#include "agent/base/files.h"
#include "agent/base/sha256.h"
#include "agent/base/syscalls.h"
#include "agent/base/version.h"

namespace powernode {
namespace {

constexpr std::size_t kMaxBytes = 4 * 1024 * 1024;
constexpr std::size_t kBadFilesKept = 3;

Error Corrupt(const StateFile& file, std::string_view why) {
  return Error(ErrorKind::kRefuted, "state_corrupt", file.path + ": " + std::string(why));
}

std::string Serialize(const StateFile& file, const std::string& body) {
  OrderedJson header;
  header["format"] = file.format;
  header["version"] = file.version;
  header["sha256"] = Sha256Hex(body);
  header["len"] = body.size();
  header["written_at"] = FormatTime(SystemClock().UnixSeconds());
  header["agent"] = Version();
  return DumpJson(header) + "\n" + body + "\n";
}

struct Stored {
  std::int64_t version;
  Json body;
};

Result<std::optional<Stored>> ReadStored(const StateFile& file) {
  Result<std::string> content = ReadFile(file.path, kMaxBytes);
  if (!content) {
    if (content.error().kind() == ErrorKind::kNotFound) return std::optional<Stored>();
    if (content.error().code() == "file_too_large") return Corrupt(file, content.error().message());
    return std::move(content).error().WithContext("read state");
  }
  const std::size_t newline = content->find('\n');
  if (newline == std::string::npos) return Corrupt(file, "no header line");
  const Result<Json> header = ParseJsonObject(std::string_view(*content).substr(0, newline));
  if (!header) return Corrupt(file, "header: " + header.error().message());
  if (GetString(*header, "format") != file.format) return Corrupt(file, "another format");
  const std::optional<std::int64_t> version = GetInt(*header, "version");
  if (!version || *version < 1) return Corrupt(file, "no version");
  if (*version > file.version)
    return Error(ErrorKind::kUnsupported, "state_newer",
                 file.path + " has version " + std::to_string(*version) + ", this agent knows " +
                     std::to_string(file.version));

  std::string_view body = std::string_view(*content).substr(newline + 1);
  if (!body.ends_with('\n')) return Corrupt(file, "cut short");
  body.remove_suffix(1);
  if (GetInt(*header, "len") != static_cast<std::int64_t>(body.size()))
    return Corrupt(file, "length differs");
  if (GetString(*header, "sha256") != Sha256Hex(body)) return Corrupt(file, "checksum differs");
  Result<Json> value = ParseJsonObject(body);
  if (!value) return Corrupt(file, value.error().message());
  return std::optional(Stored{.version = *version, .body = std::move(*value)});
}

// An agent that is put back finds what it knew; once a version, and never over what was kept.
Status KeepOlder(const StateFile& file, std::int64_t version) {
  const std::string kept = file.path + ".v" + std::to_string(version);
  if (::link(file.path.c_str(), kept.c_str()) == 0 || errno == EEXIST) return Ok();
  return SystemError("keep " + kept, errno);
}

}  // namespace

Result<std::optional<Json>> ReadState(const StateFile& file) {
  ASSIGN_OR_RETURN(std::optional<Stored> stored, ReadStored(file));
  if (!stored) return std::optional<Json>();
  return std::optional(std::move(stored->body));
}

Result<std::optional<Json>> ReadStateOrSetAside(const StateFile& file) {
  Result<std::optional<Json>> state = ReadState(file);
  if (state || state.error().code() != "state_corrupt") return state;
  RETURN_IF_ERROR(SetAside(file));
  return std::optional<Json>();
}

Status WriteState(const StateFile& file, const Json& body, mode_t mode) {
  const std::string text = DumpJson(body);
  const std::string content = Serialize(file, text);
  const Result<Json> readable =
      ParseJsonObject(text);  // what could not be read back must not replace what can
  if (!readable || content.size() > kMaxBytes)
    return Error(
        ErrorKind::kInvalid, "bad_state",
        "write state " + file.path + ": " + (readable ? "too large" : readable.error().message()));
  const Result<std::optional<Stored>> present = ReadStored(file);
  if (present && *present && (*present)->body == body) return Ok();
  if (!present && present.error().code() == "state_newer") return present.error();
  if (!present && present.error().code() == "state_corrupt") RETURN_IF_ERROR(SetAside(file));
  if (present && *present && (*present)->version < file.version)
    RETURN_IF_ERROR(KeepOlder(file, (*present)->version));
  return WriteFileAtomically(file.path, content, mode);
}

Status SetAside(const StateFile& file) {
  const std::string prefix = BaseNameOf(file.path) + ".bad-";
  const std::string directory = DirectoryOf(file.path);
  RETURN_IF_ERROR(
      Rename(file.path, directory + "/" + prefix + FormatTime(SystemClock().UnixSeconds())));
  ASSIGN_OR_RETURN(std::vector<std::string> names, ListDirectory(directory));
  std::erase_if(names, [&](const std::string& name) { return !name.starts_with(prefix); });
  for (std::size_t i = 0; i + kBadFilesKept < names.size(); ++i)  // sorted: the oldest first
    RETURN_IF_ERROR(Unlink(directory + "/" + names[i]));
  return Ok();
}

}  // namespace powernode
