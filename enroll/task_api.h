// The task routes of node-api.md §9 over a Session, for both server generations: what an older one
// lacks or breaks becomes a value that says what may be done now. Keeps nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "agent/base/json.h"
#include "agent/base/result.h"
#include "enroll/session.h"
#include "enroll/task.h"

namespace powernode::enroll {

// Who speaks: one attempt of this node at one task. The token is empty where there are no leases.
struct TaskAttempt {
  std::string task_id;
  std::string attempt_id;
  std::string lease_token;
};

// What came of an acknowledgement (node-api.md §9.3).
enum class TaskGrant {
  kTaken,        // 200: it is this node's
  kUnconfirmed,  // 422 for a task that is pending still: the first generation cannot do better
  kOver,         // it has ended already
  kNotOurs       // somebody else has it, or it is gone
};

struct TaskAcknowledged {
  TaskGrant grant = TaskGrant::kNotOurs;
  std::optional<TaskLease> lease;
};

class TaskApi {
 public:
  // `limits` of every call but the list's: the last words of a service that ends are short.
  explicit TaskApi(Session& session, const HttpLimits& limits = kSmallCall)
      : session_(session), limits_(limits) {}

  Result<TaskList> List(std::stop_token stop) const;
  Result<Task> Show(const std::string& id, std::stop_token stop) const;

  // Made once: after a lost answer only the list says what the server has made of it.
  Result<TaskAcknowledged> Acknowledge(const TaskAttempt& attempt, const std::string& boot_id,
                                       std::stop_token stop) const;
  // Renews the lease; true: the task is to be cancelled. kDenied "conflict": the lease is lost;
  // kNotFound: the server has no such route.
  Result<bool> Progress(const TaskAttempt& attempt, std::int64_t sequence,
                        std::stop_token stop) const;
  // Both are repeatable. kDenied "conflict": the lease is lost.
  Status Complete(const TaskAttempt& attempt, const Json& result, const std::string& message,
                  std::stop_token stop) const;
  Status Fail(const TaskAttempt& attempt, const std::string& code, const std::string& text,
              std::stop_token stop) const;
  // The task is pending again. kNotFound: the server has no such route.
  Status Release(const TaskAttempt& attempt, const std::string& reason, std::stop_token stop) const;

 private:
  Result<Json> Post(const TaskAttempt& attempt, const char* verb, Json body, Retries retries,
                    std::stop_token stop) const;

  Session& session_;
  HttpLimits limits_;
};

}  // namespace powernode::enroll
