#include "tests/platform/file_answer.h"

#include <fcntl.h>

#include <memory>

#include "agent/base/syscalls.h"
#include "tests/platform/range.h"

namespace powernode::platform {

Answer FileAnswer(const Request& request, const std::string& path, const std::string& digest,
                  std::string_view absent) {
  Result<Fd> file = Open(path, O_RDONLY | O_CLOEXEC);
  if (!file) return Failure(404, absent, "NOT_FOUND");
  const Result<struct stat> facts = Fstat(*file);
  if (!facts) return Failure(500, facts.error().message(), "INTERNAL_ERROR");
  const std::uint64_t size = static_cast<std::uint64_t>(facts->st_size);
  const std::string etag = "\"" + digest + "\"";
  const RangePlan plan = PlanRange(request.Header("Range"), request.Header("If-Range"), etag, size);

  Answer answer = plan.status == 416 ? Failure(416, "Range not satisfiable") : Answer{};
  answer.status = plan.status;
  answer.SetHeader("ETag", etag);
  answer.SetHeader("Accept-Ranges", "bytes");
  if (!plan.content_range.empty()) answer.SetHeader("Content-Range", plan.content_range);
  if (plan.status == 416) return answer;
  answer.content_type = "application/octet-stream";
  answer.body = FileSlice{.file = std::make_shared<const Fd>(std::move(*file)),
                          .offset = plan.range.offset,
                          .length = plan.range.length};
  return answer;
}

}  // namespace powernode::platform
