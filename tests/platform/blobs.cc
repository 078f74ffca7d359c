// The routes that answer with a module's bytes (node-api.md §11.1, §11.2), from the file in the
// blob directory.
#include "agent/base/encoding.h"
#include "tests/platform/file_answer.h"
#include "tests/platform/module_view.h"
#include "tests/platform/routes.h"

namespace powernode::platform {
namespace {

// The whole file whatever was asked for, for servers without ranges.
Answer WholeFile(const std::string& path, const std::string& digest) {
  Answer answer = FileAnswer(Request(), path, digest, "Blob not found");
  answer.RemoveHeader("ETag");
  answer.RemoveHeader("Accept-Ranges");
  return answer;
}

Answer ServeDigest(Call& call, const std::string& digest) {
  const std::string path = call.directory.blob(digest);
  Answer answer = call.Offers("range") ? FileAnswer(call.request, path, digest, "Blob not found")
                                       : WholeFile(path, digest);
  if (answer.status < 500 && answer.status != 404)
    answer.SetHeader("X-Module-Digest", "sha256:" + digest);
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
