#include "runtime/attempts.h"

#include <algorithm>

#include "agent/base/clock.h"
#include "agent/base/files.h"
#include "agent/base/json.h"
#include "runtime/state_files.h"

namespace powernode::runtime {
namespace {

constexpr std::size_t kMostEntries = 20;
constexpr unsigned kMostGivenBack = 3;
constexpr std::int64_t kRest = 3600;  // seconds
constexpr std::string_view kTried = "tried";
constexpr std::string_view kInconclusive = "inconclusive";

unsigned Count(const Json& entry, std::string_view key) {
  return static_cast<unsigned>(std::clamp<std::int64_t>(GetInt(entry, key).value_or(0), 0, 1'000));
}

std::int64_t Time(const Json& entry, std::string_view key) {
  return ParseTime(GetString(entry, key).value_or("")).value_or(0);
}

Status Store(const Paths& paths, std::vector<Attempt> all) {
  if (all.size() > kMostEntries)
    all.erase(all.begin(), all.end() - static_cast<std::ptrdiff_t>(kMostEntries));
  Json entries = Json::array();
  for (const Attempt& attempt : all)
    entries.push_back({{"composition", attempt.composition},
                       {"attempts", attempt.attempts},
                       {"inconclusive", attempt.inconclusive},
                       {"last_boot_id", attempt.last_boot_id},
                       {"last_result", attempt.last_result},
                       {"first_at", FormatTime(attempt.first_at)},
                       {"last_at", FormatTime(attempt.last_at)}});
  RETURN_IF_ERROR(MakeDirectories(paths.compose_state, 0700));
  return WriteState(AttemptsFile(paths), {{"entries", std::move(entries)}}, 0600);
}

}  // namespace

std::vector<Attempt> LoadAttempts(const Paths& paths) {
  const Result<std::optional<Json>> body = ReadState(AttemptsFile(paths));
  std::vector<Attempt> all;
  if (!body || !*body) return all;
  const Json* entries = GetArray(**body, "entries");
  if (entries == nullptr) return all;
  for (const Json& entry : *entries) {
    Attempt attempt{.composition = GetString(entry, "composition").value_or(""),
                    .attempts = Count(entry, "attempts"),
                    .inconclusive = Count(entry, "inconclusive"),
                    .last_boot_id = GetString(entry, "last_boot_id").value_or(""),
                    .last_result = GetString(entry, "last_result").value_or(""),
                    .first_at = Time(entry, "first_at"),
                    .last_at = Time(entry, "last_at")};
    if (!attempt.composition.empty() && all.size() < kMostEntries)
      all.push_back(std::move(attempt));
  }
  return all;
}

const Attempt* FindAttempt(const std::vector<Attempt>& all, const std::string& composition) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const Attempt& attempt) {
    return attempt.composition == composition;
  });
  return found == all.end() ? nullptr : &*found;
}

Status RequireAttemptLeft(const std::vector<Attempt>& all, const std::string& composition) {
  const Attempt* attempt = FindAttempt(all, composition);
  if (attempt == nullptr || attempt->attempts < kMostAttempts) return Ok();
  return Error(ErrorKind::kRefused, "attempts_used_up",
               "set " + composition.substr(0, 12) + " was tried " +
                   std::to_string(attempt->attempts) + " times, last at " +
                   FormatTime(attempt->last_at) +
                   ", and never became healthy: it is not tried again until it changes");
}

bool MayTryAgain(const Attempt& attempt, std::int64_t now_unix) {
  return now_unix < attempt.last_at || now_unix - attempt.last_at >= kRest;
}

Status CountAttempt(const Paths& paths, const std::string& composition, const std::string& trial,
                    std::int64_t now_unix) {
  std::vector<Attempt> all = LoadAttempts(paths);
  Attempt attempt{.composition = composition, .first_at = now_unix};
  if (const Attempt* known = FindAttempt(all, composition)) attempt = *known;
  if (attempt.attempts > 0 && attempt.last_boot_id == trial) return Ok();
  ++attempt.attempts;
  attempt.last_boot_id = trial;
  attempt.last_result = kTried;
  attempt.last_at = now_unix;
  std::erase_if(all, [&](const Attempt& other) { return other.composition == composition; });
  all.push_back(std::move(attempt));
  return Store(paths, std::move(all));
}

Status WithdrawAttempt(const Paths& paths, const std::string& composition,
                       const std::string& trial) {
  std::vector<Attempt> all = LoadAttempts(paths);
  for (Attempt& attempt : all) {
    if (attempt.composition != composition || attempt.last_boot_id != trial ||
        attempt.last_result != kTried || attempt.attempts == 0)
      continue;
    if (--attempt.attempts == 0) return ForgetAttempts(paths, composition);
    attempt.last_result = kInconclusive;
    return Store(paths, std::move(all));
  }
  return Ok();
}

Status GiveBackAttempt(const Paths& paths, const std::string& composition,
                       const std::string& boot_id) {
  std::vector<Attempt> all = LoadAttempts(paths);
  for (Attempt& attempt : all) {
    if (attempt.composition != composition || attempt.last_boot_id != boot_id ||
        attempt.last_result != kTried || attempt.attempts == 0 ||
        attempt.inconclusive >= kMostGivenBack)
      continue;
    --attempt.attempts;
    ++attempt.inconclusive;
    attempt.last_result = kInconclusive;
    return Store(paths, std::move(all));
  }
  return Ok();
}

Status ForgetAllAttempts(const Paths& paths) { return Store(paths, {}); }

Status ForgetAttempts(const Paths& paths, const std::string& composition) {
  std::vector<Attempt> all = LoadAttempts(paths);
  if (std::erase_if(
          all, [&](const Attempt& attempt) { return attempt.composition == composition; }) == 0)
    return Ok();
  return Store(paths, std::move(all));
}

}  // namespace powernode::runtime
