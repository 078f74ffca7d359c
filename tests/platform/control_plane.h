// The control plane without its socket: a request goes in, an answer and a plan for the wire come
// out. Routes, authentication, idempotency, complaints, faults and the record meet here and nowhere
// else.
//
// Handle() may run on many threads. Each request takes the store's lock once, is answered as a
// whole under it, and is saved before its answer is sent, so that an answer the client has is never
// forgotten.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

#include "tests/platform/authorities.h"
#include "tests/platform/call.h"
#include "tests/platform/fault_effects.h"
#include "tests/platform/record.h"
#include "tests/platform/routes.h"
#include "tests/platform/store.h"

namespace powernode::platform {

struct Outcome {
  Answer answer;
  WirePlan wire;
};

// How the next connection begins.
struct ConnectionPlan {
  std::shared_ptr<const Authorities> authorities;
  Seconds now = 0;
  bool tls12_only = false;
  bool abort_handshake = false;
  std::int64_t handshake_delay_ms = 0;
  std::optional<ServerFlaw> flaw;  // instead of the one it serves with
};

class ControlPlane {
 public:
  // Store and personality must outlive it.
  ControlPlane(Store& store, AuthorityKeeper authorities, const Personality& personality);

  Outcome Handle(Request request);
  ConnectionPlan NextConnection();
  ConnectionPlan GoodConnection();  // without the faults that wait for the next

  // Waits, or less when the control plane stops.
  void Wait(std::int64_t milliseconds);
  void Stop();
  bool stopping() const { return stopping_; }

 private:
  std::vector<Fault> Take(const Request& request);
  Answer Respond(const Request& request, const std::vector<Fault>& faults);
  Answer Dispatch(Call& call);

  Store& store_;
  AuthorityKeeper authorities_;
  const Personality& personality_;
  const json features_;
  Recorder recorder_;
  std::atomic<bool> stopping_ = false;
  std::mutex wait_mutex_;
  std::condition_variable wait_;
};

}  // namespace powernode::platform
