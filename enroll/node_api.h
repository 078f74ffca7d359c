// The routes of node-api.md that the agent uses, as typed functions over a Session. Thread-safe as
// the session is; keeps nothing. Every id is checked before it stands in a path. Errors are those
// of Session, with the verb in front.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>

#include "agent/base/json.h"
#include "agent/base/result.h"
#include "enroll/blob_answer.h"
#include "enroll/module_list.h"
#include "enroll/module_view.h"
#include "enroll/object_frames.h"
#include "enroll/session.h"

namespace powernode::enroll {

struct HeartbeatAnswer {
  std::optional<std::int64_t> server_time;        // seconds since 1970
  std::optional<std::chrono::seconds> next_poll;  // 5 to 300 s
  std::int64_t tasks_pending = 0;
  std::optional<std::int64_t> assignment_revision;
  bool renew_certificate = false;  // ahead of its time: the platform wants to see a new one
};

struct NodeStatus {
  std::string instance_id;
  std::string instance_name;
  std::string status;
  std::int64_t pending_tasks = 0;
};

struct BlobRequest {
  std::string module_id;
  std::string sha256_hex;
  std::uint64_t offset = 0;  // bytes that are here already
  std::string if_range;      // the strong ETag of the earlier answer; may be empty
  std::uint64_t max_bytes = kDownload.max_body;
};

struct ObjectRequest {
  WantedObject object;
  std::uint64_t offset = 0;  // bytes that are here already
};

class NodeApi {
 public:
  explicit NodeApi(Session& session) : session_(session) {}

  // Never retried: the next beat is the retry.
  Result<HeartbeatAnswer> Heartbeat(const Json& body, std::stop_token stop);

  // `retries` is for the boot, which has a budget of its own (node-files.md §9.5).
  Result<ModuleList> ListModules(std::stop_token stop, Retries retries = kGetRetries);
  // The answer's id must be the one asked for.
  Result<ModuleView> ShowModule(const std::string& id, std::stop_token stop,
                                Retries retries = kGetRetries);

  // The manifest's bytes, as its hash in a signed assignment covers them (§10.4). kNotFound when
  // the platform has no such route.
  Result<std::string> FetchManifest(const std::string& id, std::stop_token stop,
                                    Retries retries = kGetRetries);

  // Also the proof that the certificate works.
  Result<NodeStatus> GetStatus(std::stop_token stop, Retries retries = kGetRetries);

  // One attempt over the blob routes in order (§11.1); the caller resumes from what it has.
  // `on_head` sees the offset before the first byte. Errors besides those of Session: those of
  // ReadBlobHead, and kRefuted "range_not_satisfiable".
  Status FetchBlob(const BlobRequest& request,
                   const std::function<Status(const BlobHead&)>& on_head,
                   const std::function<Status(std::span<const std::byte>)>& sink,
                   std::stop_token stop);

  // One attempt at one composefs object (§11.4). `on_head` sees the offset before the first byte.
  // Errors besides those of Session: those of ReadObjectHead, kRefuted "range_not_satisfiable".
  Status FetchObject(const ObjectRequest& request,
                     const std::function<Status(std::uint64_t)>& on_head,
                     const std::function<Status(std::span<const std::byte>)>& sink,
                     std::stop_token stop);

  // One attempt at many. Those that the platform does not have for this node are left out. Errors
  // besides those of Session: those of ObjectFrames; kUnsupported "batch_unsupported" when the
  // platform has no such route.
  static constexpr std::size_t kMaxObjectsACall = 1000;
  static constexpr std::uint64_t kMaxObjectStream = std::uint64_t{256} << 20;
  Status FetchObjects(std::span<const WantedObject> objects, const ObjectSink& sink,
                      std::stop_token stop);

  // The DSSE envelope's JSON text; kNotFound when the platform has no trust policy.
  Result<std::string> FetchTrustPolicy(std::stop_token stop, Retries retries = kGetRetries);

  // The cosign bundle's JSON text; kNotFound when the platform has no signature for this module.
  Result<std::string> FetchSignature(const std::string& module_id, std::stop_token stop,
                                     Retries retries = kGetRetries);

 private:
  Session& session_;
};

}  // namespace powernode::enroll
