#include "tests/mount/sample_objects.h"

#include <doctest/doctest.h>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "mount/object_batch.h"
#include "verify/fsverity_hash.h"

namespace powernode::testing {

mount::NeededObject ObjectOf(std::string_view content) {
  verify::FsVerityHash hash;
  hash.Update(AsBytes(content));
  return {.digest = verify::ObjectVerity(hash.Finish()), .size = content.size()};
}

std::string NeighbourOf(std::string_view content) {
  const auto directory_of = [](std::string_view of) {
    return DirectoryOf(mount::ObjectStore::NameOf(ObjectOf(of).digest));
  };
  for (int i = 0;; ++i) {
    std::string other = std::string(content) + " " + std::to_string(i);
    if (directory_of(other) == directory_of(content)) return other;
  }
}

void AddObjects(const mount::ObjectStore& store, std::initializer_list<std::string_view> contents) {
  Result<mount::ObjectBatch> batch = mount::ObjectBatch::Begin(store, mount::KernelVerity::kLeave);
  REQUIRE(batch);
  for (const std::string_view content : contents) REQUIRE(batch->Add(AsBytes(content)));
  REQUIRE(batch->Commit());
}

std::string StoredContent(const mount::ObjectStore& store, const mount::NeededObject& object) {
  const Result<std::string> content = ReadFile(store.PathOf(object.digest), 1 << 30);
  return content ? *content : "";
}

}  // namespace powernode::testing
