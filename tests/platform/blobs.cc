// The routes that answer with a module's bytes (node-api.md §11.1, §11.2), from the file in the
// blob directory.
#include <fcntl.h>

#include <memory>

#include "agent/base/encoding.h"
#include "agent/base/syscalls.h"
#include "tests/platform/module_view.h"
#include "tests/platform/range.h"
#include "tests/platform/routes.h"

namespace powernode::platform {
namespace {

Answer ServeDigest(Call& call, const std::string& digest) {
  Result<Fd> file = Open(call.directory.blob(digest), O_RDONLY | O_CLOEXEC);
  if (!file) return Failure(404, "Blob not found", "NOT_FOUND");
  const Result<struct stat> facts = Fstat(*file);
  if (!facts) return Failure(500, facts.error().message(), "INTERNAL_ERROR");
  const std::uint64_t size = static_cast<std::uint64_t>(facts->st_size);
  const std::string etag = "\"" + digest + "\"";
  const RangePlan plan =
      PlanRange(call.request.Header("Range"), call.request.Header("If-Range"), etag, size);

  Answer answer = plan.status == 416 ? Failure(416, "Range not satisfiable") : Answer{};
  answer.status = plan.status;
  answer.SetHeader("ETag", etag);
  answer.SetHeader("Accept-Ranges", "bytes");
  answer.SetHeader("X-Module-Digest", "sha256:" + digest);
  if (!plan.content_range.empty()) answer.SetHeader("Content-Range", plan.content_range);
  if (plan.status == 416) return answer;
  answer.content_type = "application/octet-stream";
  answer.body = FileSlice{.file = std::make_shared<const Fd>(std::move(*file)),
                          .offset = plan.range.offset,
                          .length = plan.range.length};
  return answer;
}

}  // namespace

Answer ServeModuleFile(Call& call) {
  const std::string& id = call.request.segments[2];
  for (const Module* module : ModulesOf(call.state, *call.node)) {
    if (module->id != id) continue;
    const ModuleVersion& version = module->versions.back();
    const bool named = call.request.segments.size() == 4;
    if (named && call.request.segments[3] != module->name + "." + version.image_format) break;
    return ServeDigest(call, version.digest);
  }
  return Failure(404, "Module file not found", "NOT_FOUND");
}

Answer ServeBlob(Call& call) {
  const std::string& digest = call.request.segments[2];
  if (!IsLowerHex(digest, 64) || !MayFetchBlob(call.state, *call.node, digest))
    return Failure(404, "Blob not found", "NOT_FOUND");
  return ServeDigest(call, digest);
}

}  // namespace powernode::platform
