// An object source that serves from memory and fails as told: each attempt takes the next step of
// its script, and after the last step attempts succeed. Thread-safe, as a source must be.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "mount/object_source.h"

namespace powernode::testing {

struct ManyStep {
  std::optional<std::size_t> cut_after;  // bytes of objects, then connection_lost
  std::optional<Error> refuse;           // instead of an answer
};

struct OneStep {
  std::optional<std::size_t> cut_after;
  std::optional<Error> refuse;
  bool ignore_range = false;
};

class ScriptedObjects : public mount::ObjectSource {
 public:
  Status FetchMany(std::span<const mount::NeededObject> objects, mount::ObjectReceiver& receiver,
                   std::stop_token stop) override;
  Status FetchOne(const mount::ObjectWish& wish,
                  const std::function<Status(std::uint64_t)>& on_head,
                  const std::function<Status(std::span<const std::byte>)>& sink,
                  std::stop_token stop) override;
  std::chrono::milliseconds AskedToWait() const override { return asked_to_wait; }

  // Served under the digest of its bytes.
  mount::NeededObject Serve(const std::string& content);
  // Other bytes of the same length, as often as told.
  void Spoil(const mount::NeededObject& object, int times);

  bool batches = true;
  std::deque<ManyStep> many_script;
  std::deque<OneStep> one_script;
  std::function<Status(mount::ObjectReceiver&)> before_end;  // of each good answer with many
  std::function<void()> after_each;                          // object of an answer with many
  std::chrono::milliseconds asked_to_wait{0};

  // What was asked.
  std::vector<std::vector<mount::NeededObject>> many_calls;
  std::vector<mount::ObjectWish> one_calls;
  std::uint64_t bytes_served = 0;

 private:
  std::string Take(const mount::NeededObject& object, std::size_t begin);

  std::mutex mutex_;
  std::map<verify::ObjectVerity, std::string> contents_;
  std::map<verify::ObjectVerity, int> spoilt_;
};

}  // namespace powernode::testing
