#include "runtime/node_clock.h"

#include <algorithm>

#include "agent/base/files.h"
#include "agent/base/version.h"
#include "enroll/pki_store.h"
#include "enroll/time_probe.h"
#include "runtime/state_files.h"

namespace powernode::runtime {
namespace {

std::int64_t LastGoodTime(const Paths& paths) {
  const Result<std::optional<Json>> body = ReadState(ClockFile(paths));
  if (!body || !*body) return 0;
  return ParseTime(GetString(**body, "last_good_time").value_or("")).value_or(0);
}

}  // namespace

std::int64_t ClockFloor(const Paths& paths, const enroll::Credentials* stored) {
  return std::max(
      {BuildTimeUnix(), LastGoodTime(paths), stored != nullptr ? stored->not_before : 0});
}

Status KeepGoodTime(const Paths& paths, const enroll::Credentials& credentials,
                    std::int64_t server_time) {
  if (server_time < credentials.not_before || server_time > credentials.not_after)
    return Error(ErrorKind::kRefused, "clock_unreliable",
                 "the platform says it is " + FormatTime(server_time) +
                     ", and the certificate it accepts is valid from " +
                     FormatTime(credentials.not_before) + " to " +
                     FormatTime(credentials.not_after));
  if (server_time <= LastGoodTime(paths)) return Ok();
  RETURN_IF_ERROR(MakeDirectories(paths.agent_state, 0700));
  return WriteState(ClockFile(paths), {{"last_good_time", FormatTime(server_time)}}, 0600);
}

std::optional<std::string> RaiseClock(Clock& clock, std::int64_t floor) {
  const std::int64_t before = clock.UnixSeconds();
  if (before >= floor) return std::nullopt;
  const Status set = clock.Set(floor);
  return "the clock says " + FormatTime(before) + ", and it was " + FormatTime(floor) +
         " already: " + (set ? "set to that" : set.error().message());
}

std::optional<std::string> RaiseClock(Clock& clock, const Paths& paths) {
  const enroll::PkiStore::Loaded stored = enroll::PkiStore(paths.pki).Load(clock.UnixSeconds());
  return RaiseClock(clock, ClockFloor(paths, stored.credentials.get()));
}

Result<std::optional<std::string>> CorrectClock(const Error& error, const TimeSource& source,
                                                std::int64_t floor,
                                                const enroll::TransportFactory& transports,
                                                Clock& clock, std::stop_token stop) {
  const std::int64_t before = clock.UnixSeconds();
  if (!enroll::IsClockSuspect(error, before, floor)) return std::optional<std::string>();
  ASSIGN_OR_RETURN(const std::int64_t time, enroll::ProbeTime(source.platform, source.ca_pem, floor,
                                                              transports, std::move(stop)));
  RETURN_IF_ERROR(clock.Set(time));
  return std::optional("the clock said " + FormatTime(before) + "; by the platform's word it is " +
                       FormatTime(time) + ", and it was set to that");
}

}  // namespace powernode::runtime
