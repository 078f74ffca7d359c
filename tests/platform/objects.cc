// The routes that answer with composefs objects (node-api.md §11.4). Which objects there are for a
// node follows from the images that it may fetch: those of modules it is or was assigned, and those
// it runs.
#include <algorithm>

#include "agent/base/encoding.h"
#include "agent/base/syscalls.h"
#include "tests/platform/file_answer.h"
#include "tests/platform/module_view.h"
#include "tests/platform/object_list.h"
#include "tests/platform/routes.h"

namespace powernode::platform {
namespace {

constexpr std::size_t kMaxDigests = 1000;
constexpr std::uint64_t kMaxAnswer = std::uint64_t{256} << 20;
constexpr std::string_view kRecordsType = "application/vnd.powernode.objects.v1";

// An image without a list has no objects.
Result<std::vector<ListedObject>> ObjectsOf(const StateDirectory& directory,
                                            const std::string& blob_digest) {
  Result<ObjectList> list = ObjectList::Open(directory, blob_digest);
  if (list) return list->All();
  if (list.error().kind() == ErrorKind::kNotFound) return std::vector<ListedObject>();
  return std::move(list).error();
}

Result<std::vector<ObjectList>> ListsFor(Call& call) {
  std::vector<ObjectList> lists;
  for (const std::string& digest : FetchableBlobs(call.state, *call.node)) {
    Result<ObjectList> list = ObjectList::Open(call.directory, digest);
    if (list) {
      lists.push_back(std::move(*list));
    } else if (list.error().kind() != ErrorKind::kNotFound) {
      return std::move(list).error();
    }
  }
  return lists;
}

Result<std::optional<ListedObject>> FindIn(const std::vector<ObjectList>& lists,
                                           const std::string& digest) {
  for (const ObjectList& list : lists) {
    ASSIGN_OR_RETURN(std::optional<ListedObject> object, list.Find(digest));
    if (object) return object;
  }
  return std::optional<ListedObject>();
}

// Here, as long as its list says.
bool IsHere(const StateDirectory& directory, const ListedObject& object) {
  const Result<struct stat> facts = Stat(directory.object(object.digest));
  return facts && static_cast<std::uint64_t>(facts->st_size) == object.size;
}

Answer ServerFault(const Error& error) { return Failure(500, error.message(), "INTERNAL_ERROR"); }

Answer Malformed(const std::string& what) {
  return Failure(422, what, "VALIDATION_ERROR", {{"errors", {what}}});
}

// The version of the module that `digest` of the query names, the current one without it; null when
// there is none for this node.
const ModuleVersion* NamedVersion(Call& call, const std::optional<std::string>& digest) {
  for (const Module* module : FetchableModules(call.state, *call.node)) {
    if (module->id != call.request.segments[1]) continue;
    if (!digest) return &module->versions.back();
    for (const ModuleVersion& version : module->versions) {
      if ("sha256:" + version.digest == *digest) return &version;
    }
  }
  return nullptr;
}

// nullopt when `digests` is not what the contract says; each digest once.
std::optional<std::vector<std::string>> WantedDigests(const json& body) {
  const auto digests = body.find("digests");
  if (digests == body.end() || !digests->is_array() || digests->size() > kMaxDigests)
    return std::nullopt;
  std::vector<std::string> wanted;
  for (const json& digest : *digests) {
    if (!digest.is_string() || !IsLowerHex(digest.get_ref<const std::string&>(), 64))
      return std::nullopt;
    wanted.push_back(digest);
  }
  std::sort(wanted.begin(), wanted.end());
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  return wanted;
}

}  // namespace

Answer ListObjects(Call& call) {
  const std::optional<std::string> digest = call.request.QueryValue("digest");
  if (digest && (!digest->starts_with("sha256:") || !IsLowerHex(digest->substr(7), 64)))
    return Malformed("digest is not sha256: and 64 lower-case hexadecimal digits");
  const ModuleVersion* const version = NamedVersion(call, digest);
  if (version == nullptr) return Failure(404, "Module version not found", "NOT_FOUND");
  const Result<std::vector<ListedObject>> objects = ObjectsOf(call.directory, version->digest);
  if (!objects) return ServerFault(objects.error());
  json elements = json::array();
  std::uint64_t total_bytes = 0;
  for (const ListedObject& object : *objects) {
    elements.push_back({{"digest", object.digest}, {"size", object.size}});
    total_bytes += object.size;
  }
  Answer answer = List("objects", std::move(elements));
  std::get<json>(answer.body)["data"]["total_bytes"] = total_bytes;
  return answer;
}

Answer ServeObject(Call& call) {
  const std::string& digest = call.request.segments[1];
  const Answer absent = Failure(404, "Object not found", "NOT_FOUND");
  if (!IsLowerHex(digest, 64)) return absent;
  const Result<std::vector<ObjectList>> lists = ListsFor(call);
  if (!lists) return ServerFault(lists.error());
  const Result<std::optional<ListedObject>> object = FindIn(*lists, digest);
  if (!object) return ServerFault(object.error());
  if (!*object) return absent;
  return FileAnswer(call.request, call.directory.object(digest), digest, "Object not found");
}

Answer FetchObjects(Call& call) {
  const std::optional<std::vector<std::string>> wanted = WantedDigests(call.body);
  if (!wanted)
    return Malformed(
        "digests is not an array of at most 1000 times 64 lower-case hexadecimal "
        "digits");
  const Result<std::vector<ObjectList>> lists = ListsFor(call);
  if (!lists) return ServerFault(lists.error());
  ObjectRecords records;
  std::uint64_t size = WireSize(records);
  for (const std::string& digest : *wanted) {
    const Result<std::optional<ListedObject>> object = FindIn(*lists, digest);
    if (!object) return ServerFault(object.error());
    if (!*object || !IsHere(call.directory, **object)) continue;
    const std::uint64_t record_size = WireSize({{{.size = (*object)->size}}, false});
    if (record_size > kMaxAnswer - size) continue;
    size += record_size;
    records.records.push_back(
        {.digest = digest, .path = call.directory.object(digest), .size = (*object)->size});
  }
  Answer answer;
  answer.content_type = kRecordsType;
  answer.body = std::move(records);
  return answer;
}

}  // namespace powernode::platform
