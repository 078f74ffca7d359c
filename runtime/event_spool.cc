#include "runtime/event_spool.h"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "agent/base/clock.h"
#include "agent/base/files.h"
#include "agent/base/lock_file.h"
#include "agent/base/random.h"
#include "agent/base/sha256.h"
#include "agent/base/syscalls.h"
#include "enroll/fleet_events.h"

namespace powernode::runtime {
namespace {

constexpr std::size_t kRing = 1024 * 1024;
constexpr std::size_t kAfterDropping = kRing / 4 * 3;  // so that not every event rewrites the file
constexpr std::size_t kMaxRecord = 16 * 1024;
constexpr std::size_t kHeader = 8;  // length, little-endian, and the first bytes of the SHA-256
constexpr std::chrono::milliseconds kPatience{2'000};

std::string SpoolPath(const Paths& paths) { return paths.agent_state + "/events.spool"; }

Result<LockFile> LockSpool(const Paths& paths) {
  RETURN_IF_ERROR(MakeDirectories(paths.agent_state, 0700));
  return LockFile::Take(paths.agent_state + "/events.lock", "an event", kPatience);
}

std::string Header(std::string_view text) {
  const Sha256Bytes digest = Sha256Of(text);
  std::string header;
  for (unsigned shift = 0; shift < 32; shift += 8)
    header.push_back(static_cast<char>(text.size() >> shift));
  header.append(reinterpret_cast<const char*>(digest.data()), kHeader - header.size());
  return header;
}

struct Spool {
  std::vector<Json> events;  // the oldest first
  std::size_t bytes = 0;     // of the file
  bool whole = true;         // no torn record at its end
};

std::string RecordOf(const Json& event) {
  const std::string text = DumpJson(event);
  return Header(text) + text;
}

// Up to the first record that is not one.
Result<Spool> ReadSpool(const Paths& paths) {
  Spool spool;
  const Result<std::string> content = ReadFile(SpoolPath(paths), kRing + kMaxRecord);
  if (!content && content.error().kind() == ErrorKind::kNotFound) return spool;
  if (!content && content.error().code() != "file_too_large") return content.error();
  std::string_view rest = content ? std::string_view(*content) : std::string_view();
  spool.bytes = rest.size();
  spool.whole = content.ok();
  while (!rest.empty()) {
    std::size_t size = 0;
    for (std::size_t i = 0; i < 4 && i < rest.size(); ++i)
      size |= std::size_t{static_cast<unsigned char>(rest[i])} << (8 * i);
    const bool here = rest.size() >= kHeader && size <= rest.size() - kHeader;
    const std::string_view text = here ? rest.substr(kHeader, size) : std::string_view();
    Result<Json> event = ParseJsonObject(text);
    if (!here || Header(text) != rest.substr(0, kHeader) || !event ||
        GetObject(*event, "payload") == nullptr) {
      spool.whole = false;
      break;
    }
    spool.events.push_back(*std::move(event));
    rest.remove_prefix(kHeader + size);
  }
  return spool;
}

Status Rewrite(const Paths& paths, const std::vector<Json>& events) {
  std::string content;
  for (const Json& event : events) content += RecordOf(event);
  return WriteFileAtomically(SpoolPath(paths), content, 0600);
}

void DropLeastSevere(std::vector<Json>& events) {
  std::size_t bytes = 0;
  for (const Json& event : events) bytes += RecordOf(event).size();
  for (const Severity severity :
       {Severity::kLow, Severity::kMedium, Severity::kHigh, Severity::kCritical})
    std::erase_if(events, [&](const Json& event) {
      if (bytes <= kAfterDropping || GetString(event, "severity") != SeverityName(severity))
        return false;
      bytes -= RecordOf(event).size();
      return true;
    });
}

Status Append(const Paths& paths, const std::string& record) {
  ASSIGN_OR_RETURN(const Fd fd, Open(SpoolPath(paths), O_WRONLY | O_CREAT | O_APPEND, 0600));
  RETURN_IF_ERROR(WriteAll(fd, AsBytes(record)));
  return Fsync(fd);
}

}  // namespace

Status SpoolEvent(const Paths& paths, const FleetEvent& event, std::int64_t now_unix) {
  Json body = {{"id", RandomUuid()},
               {"kind", event.kind},
               {"severity", SeverityName(event.severity)},
               {"payload", event.payload}};
  body["payload"]["at"] = FormatTime(now_unix);
  const std::string record = RecordOf(body);
  if (record.size() > kMaxRecord)
    return Error(ErrorKind::kInvalid, "event_too_large",
                 "event " + std::string(event.kind) + " is too large to be kept");
  ASSIGN_OR_RETURN(const LockFile lock, LockSpool(paths));
  ASSIGN_OR_RETURN(Spool spool, ReadSpool(paths));
  const bool fits = spool.bytes + record.size() <= kRing;
  if (fits && spool.whole) return Append(paths, record);
  spool.events.push_back(std::move(body));
  if (!fits) DropLeastSevere(spool.events);
  return Rewrite(paths, spool.events);
}

Result<Json> NextEvents(const Paths& paths) {
  Json batch = Json::array();
  const Result<struct stat> info = Stat(SpoolPath(paths));
  if (!info || info->st_size == 0) return batch;
  ASSIGN_OR_RETURN(const LockFile lock, LockSpool(paths));
  ASSIGN_OR_RETURN(Spool spool, ReadSpool(paths));
  constexpr std::size_t kRoom = enroll::kMaxEventBytes - 16 * 1024;  // for what each is sent with
  std::size_t bytes = 0;
  for (Json& event : spool.events) {
    bytes += RecordOf(event).size();
    if (batch.size() == enroll::kMaxEvents || bytes > kRoom) break;
    batch.push_back(std::move(event));
  }
  return batch;
}

Status DropEvents(const Paths& paths, const Json& events) {
  ASSIGN_OR_RETURN(const LockFile lock, LockSpool(paths));
  ASSIGN_OR_RETURN(Spool spool, ReadSpool(paths));
  std::erase_if(spool.events, [&](const Json& kept) {
    return std::any_of(events.begin(), events.end(), [&](const Json& event) {
      return GetString(event, "id") == GetString(kept, "id");
    });
  });
  return Rewrite(paths, spool.events);
}

}  // namespace powernode::runtime
