#include "tests/mount/scripted_objects.h"

#include <algorithm>

#include "agent/base/syscalls.h"
#include "tests/mount/sample_objects.h"

namespace powernode::testing {
namespace {

constexpr std::size_t kObjectPiece = 16 * 1024;

Error Cut() { return Error(ErrorKind::kUnavailable, "connection_lost", "connection lost"); }

template <typename Step>
Step TakeStep(std::deque<Step>& script) {
  Step step;
  if (script.empty()) return step;
  step = script.front();
  script.pop_front();
  return step;
}

}  // namespace

mount::NeededObject ScriptedObjects::Serve(const std::string& content) {
  const mount::NeededObject object = ObjectOf(content);
  contents_.emplace(object.digest, content);
  return object;
}

void ScriptedObjects::Spoil(const mount::NeededObject& object, int times) {
  spoilt_[object.digest] = times;
}

std::string ScriptedObjects::Take(const mount::NeededObject& object, std::size_t begin) {
  std::string content = contents_.at(object.digest);
  if (int& times = spoilt_[object.digest]; times > 0) {
    --times;
    content.back() = static_cast<char>(content.back() ^ 1);
  }
  return content.substr(begin);
}

Status ScriptedObjects::FetchMany(std::span<const mount::NeededObject> objects,
                                  mount::ObjectReceiver& receiver, std::stop_token stop) {
  std::vector<std::pair<mount::NeededObject, std::string>> answer;
  ManyStep step;
  {
    const std::scoped_lock lock(mutex_);
    many_calls.emplace_back(objects.begin(), objects.end());
    step = TakeStep(many_script);
    if (!batches) return Error(ErrorKind::kUnsupported, "batch_unsupported", "404");
    if (step.refuse) return *step.refuse;
    for (const mount::NeededObject& object : objects)
      if (contents_.contains(object.digest)) answer.emplace_back(object, Take(object, 0));
  }
  std::size_t left = step.cut_after.value_or(~std::size_t{0});
  for (const auto& [object, content] : answer) {
    if (left == 0) return Cut();
    RETURN_IF_ERROR(receiver.Begin(object.digest, object.size));
    for (std::string_view rest = content; !rest.empty();) {
      if (stop.stop_requested()) return Error(ErrorKind::kUnavailable, "cancelled", "stopped");
      if (left == 0) return Cut();
      const std::string_view piece = rest.substr(0, std::min(kObjectPiece, left));
      RETURN_IF_ERROR(receiver.Bytes(AsBytes(piece)));
      rest.remove_prefix(piece.size());
      left -= piece.size();
      const std::scoped_lock lock(mutex_);
      bytes_served += piece.size();
    }
    RETURN_IF_ERROR(receiver.End());
    if (after_each) after_each();
  }
  if (before_end) RETURN_IF_ERROR(before_end(receiver));
  return Ok();
}

Status ScriptedObjects::FetchOne(const mount::ObjectWish& wish,
                                 const std::function<Status(std::uint64_t)>& on_head,
                                 const std::function<Status(std::span<const std::byte>)>& sink,
                                 std::stop_token stop) {
  std::string content;
  OneStep step;
  std::size_t begin = 0;
  {
    const std::scoped_lock lock(mutex_);
    one_calls.push_back(wish);
    step = TakeStep(one_script);
    if (step.refuse) return *step.refuse;
    if (!contents_.contains(wish.object.digest))
      return Error(ErrorKind::kNotFound, "not_found", "404");
    begin = step.ignore_range ? 0 : wish.offset;
    content = Take(wish.object, begin);
  }
  RETURN_IF_ERROR(on_head(begin));
  std::size_t left = step.cut_after.value_or(~std::size_t{0});
  for (std::string_view rest = content; !rest.empty();) {
    if (stop.stop_requested()) return Error(ErrorKind::kUnavailable, "cancelled", "stopped");
    if (left == 0) return Cut();
    const std::string_view piece = rest.substr(0, std::min(kObjectPiece, left));
    RETURN_IF_ERROR(sink(AsBytes(piece)));
    rest.remove_prefix(piece.size());
    left -= piece.size();
    const std::scoped_lock lock(mutex_);
    bytes_served += piece.size();
  }
  return Ok();
}

}  // namespace powernode::testing
