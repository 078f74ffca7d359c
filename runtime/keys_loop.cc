#include "runtime/keys_loop.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "agent/base/backoff.h"
#include "agent/base/files.h"
#include "enroll/node_config.h"
#include "runtime/host_keys.h"
#include "runtime/key_file.h"
#include "runtime/root_render.h"
#include "runtime/state_files.h"

namespace powernode::runtime {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPeriod{300'000};
constexpr const char* kKeys = "authorized-keys";

// Writes only what is not there yet.
Status SetBlock(const Paths& paths, const std::string& name, const std::vector<std::string>& keys) {
  ASSIGN_OR_RETURN(const KeyUser user, FindKeyUser(paths.root, name));
  ASSIGN_OR_RETURN(const std::string before, ReadKeyFile(paths.root, user));
  const std::string after = WithManagedKeys(before, keys);
  return after == before ? Ok() : WriteKeyFile(paths.root, user, after);
}

}  // namespace

milliseconds KeysLoop::Tick(std::stop_token stop) {
  const bool pivot = board_.Get()->mode == NodeMode::kPivot;
  if (settings_->ssh_keys && !put_back_) {
    Note(kKeys, PutBack());
    put_back_ = true;
  }
  const std::shared_ptr<JoinedPlatform> platform = platform_.Get();
  if (!platform) return kPeriod;  // and woken when the node has joined
  if (platform->session.IsRejected()) return enroll::kRejectedPeriod;
  if (settings_->ssh_keys) Note(kKeys, FollowKeys(platform->session, stop));
  if (pivot) {
    Note("host-name", FollowName(platform->session, stop));
    Note("host-keys", KeepHostKeys(paths_.root, paths_.persist));
  }
  return std::max(Jittered(kPeriod, 0.1), platform->session.AskedToWait(enroll::LaneName::kTask));
}

// What the platform could not say just now, or has no route for, changes nothing here: only what
// is amiss on this node is a finding.
void KeysLoop::Note(const char* subject, const Status& status) {
  if (status)
    findings_.ClearSubject(subject);
  else if (status.error().kind() != ErrorKind::kUnavailable && status.error().code() != "not_found")
    findings_.Raise(Severity::kMedium, subject, status.error());
}

Result<KeyHistory> KeysLoop::LoadHistory() const {
  KeyHistory history;
  ASSIGN_OR_RETURN(const std::optional<Json> body, ReadStateOrSetAside(KeysFile(paths_)));
  if (!body) return history;
  history.user = GetString(*body, "user").value_or("");
  history.survivor = GetString(*body, "survivor").value_or("");
  history.former_user = GetString(*body, "former_user").value_or("");
  history.empty_answers = static_cast<int>(GetInt(*body, "empty_answers").value_or(0));
  if (const Json* wanted = GetArray(*body, "wanted"))
    for (const Json& key : *wanted)
      if (key.is_string()) history.wanted.push_back(key.get<std::string>());
  return history;
}

Status KeysLoop::SaveHistory(const KeyHistory& history) const {
  RETURN_IF_ERROR(MakeDirectories(paths_.agent_state, 0700));
  return WriteState(KeysFile(paths_),
                    {{"user", history.user},
                     {"wanted", history.wanted},
                     {"survivor", history.survivor},
                     {"former_user", history.former_user},
                     {"empty_answers", history.empty_answers}},
                    0600);
}

Status KeysLoop::PutBack() {
  ASSIGN_OR_RETURN(KeyHistory history, LoadHistory());
  if (!history.survivor.empty()) history.wanted.push_back(history.survivor);
  if (history.user.empty() || history.wanted.empty()) return Ok();
  return SetBlock(paths_, history.user, history.wanted);
}

Status KeysLoop::FollowKeys(enroll::Session& session, std::stop_token stop) {
  ASSIGN_OR_RETURN(enroll::AuthorizedKeys answer,
                   enroll::FetchAuthorizedKeys(session, std::move(stop)));
  const std::size_t given = answer.lines.size();
  std::erase_if(answer.lines, [](const std::string& line) { return !IsAuthorizedKey(line); });
  if (answer.lines.size() < given)
    findings_.Raise("bad_key_line", Severity::kLow, "authorized-key-lines",
                    std::to_string(given - answer.lines.size()) +
                        " of the platform's keys are not lines of authorized_keys: left out");
  else
    findings_.ClearSubject("authorized-key-lines");

  ASSIGN_OR_RETURN(const KeyHistory history, LoadHistory());
  ASSIGN_OR_RETURN(const KeyUser user, FindKeyUser(paths_.root, answer.user));
  ASSIGN_OR_RETURN(const std::string before, ReadKeyFile(paths_.root, user));
  const KeyStep step = NextKeys(history, answer.user, answer.lines, ManagedKeys(before));
  if (const std::string after = WithManagedKeys(before, step.block); after != before) {
    RETURN_IF_ERROR(WriteKeyFile(paths_.root, user, after));
    log_.Info("keys",
              user.name + " has " + std::to_string(step.block.size()) + " keys of the platform");
  }
  if (!step.clear_user.empty() && step.clear_user != answer.user)
    if (Status cleared = SetBlock(paths_, step.clear_user, {});
        !cleared && cleared.error().kind() != ErrorKind::kNotFound)
      return cleared;
  return step.history == history ? Ok() : SaveHistory(step.history);
}

Status KeysLoop::FollowName(enroll::Session& session, std::stop_token stop) {
  ASSIGN_OR_RETURN(const std::string given, enroll::FetchInstanceName(session, std::move(stop)));
  const std::string name = CheckedHostName(given);
  if (given.empty()) return Ok();
  if (name.empty())
    return Error(ErrorKind::kInvalid, "bad_host_name",
                 "the name that the platform has for this node is not a host name");
  const std::string kept = KeptHostNamePath(paths_);
  if (const Result<std::string> before = ReadFile(kept, 256); !before || *before != name + "\n") {
    RETURN_IF_ERROR(MakeDirectories(DirectoryOf(kept), 0755));
    RETURN_IF_ERROR(WriteFileAtomically(kept, name + "\n", 0644));
  }
  if (!paths_.root.empty()) return Ok();  // not this machine's root
  std::array<char, 256> now{};
  if (::gethostname(now.data(), now.size() - 1) == 0 && name == now.data()) return Ok();
  if (::sethostname(name.data(), name.size()) < 0)
    return SystemError("set the host name " + name, errno);
  log_.Info("keys", "this node is called " + name);
  return Ok();
}

}  // namespace powernode::runtime
