// `ca roll` and `ca roll --finish` (node-api.md §7.1, platform_ca_pem): the authority is followed
// by another that it vouches for. What the steps mean to nodes stands in authorities.h.
#include "agent/base/syscalls.h"
#include "tests/platform/authorities.h"
#include "tests/platform/verbs.h"

namespace powernode::platform {
namespace {

Result<std::string> ReadIfThere(const std::string& path) {
  return Exists(path) ? ReadFile(path, kMaxFormerRoots) : Result<std::string>(std::string());
}

Status Begin(const StateDirectory& directory, KeyKind kind, Seconds now) {
  if (directory.is_rolling())
    return Error(ErrorKind::kInvalid, "ca_is_rolling",
                 "a roll has begun already; finish it with `ca roll --finish`");
  const Result<Authority> next = Authority::Open(directory.path, "ca-next", kind, now);
  return next ? Ok() : Status(next.error());
}

// The key goes before its root, as where they are made.
Status Finish(const StateDirectory& directory, const Authority& current, Seconds now) {
  if (!directory.is_rolling())
    return Error(ErrorKind::kInvalid, "ca_is_not_rolling",
                 "no roll has begun; begin one with `ca roll`");
  ASSIGN_OR_RETURN(const Authority next,
                   Authority::Open(directory.path, "ca-next", std::nullopt, now));
  ASSIGN_OR_RETURN(const Certificate vouched, current.Vouch(next, now));
  ASSIGN_OR_RETURN(const std::string cross, CertificatePem(vouched.get()));
  ASSIGN_OR_RETURN(const std::string crosses, ReadIfThere(directory.cross_certificates()));
  ASSIGN_OR_RETURN(const std::string roots, ReadIfThere(directory.former_roots()));
  RETURN_IF_ERROR(WriteFileAtomically(directory.cross_certificates(), cross + crosses, 0644));
  RETURN_IF_ERROR(WriteFileAtomically(directory.former_roots(), roots + current.root_pem(), 0644));
  RETURN_IF_ERROR(
      Rename(JoinPath(directory.path, "ca-next.key"), JoinPath(directory.path, "ca.key")));
  return Rename(directory.next_root(), JoinPath(directory.path, "ca.pem"));
}

}  // namespace

Result<json> RollAuthority(VerbContext& context, const json& arguments) {
  const Seconds now = context.state.Now();
  ASSIGN_OR_RETURN(const Authority current,
                   Authority::Open(context.directory.path, "ca", std::nullopt, now));
  if (arguments.value("finish", false)) {
    RETURN_IF_ERROR_CONTEXT(Finish(context.directory, current, now), "finish the roll");
  } else {
    KeyKind kind = current.kind();
    if (arguments.contains("key")) {
      ASSIGN_OR_RETURN(kind, KeyKindFromName(arguments["key"].get<std::string>()));
    }
    RETURN_IF_ERROR_CONTEXT(Begin(context.directory, kind, now), "begin a roll");
  }
  ++context.state.authority_changes;
  return json{{"rolling", context.directory.is_rolling()}};
}

}  // namespace powernode::platform
