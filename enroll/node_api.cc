#include "enroll/node_api.h"

#include <algorithm>
#include <array>

#include "agent/base/clock.h"
#include "agent/base/encoding.h"
#include "agent/base/url.h"
#include "enroll/answer.h"

namespace powernode::enroll {
namespace {

constexpr std::int64_t kMinPoll = 5;
constexpr std::int64_t kMaxPoll = 300;
constexpr HttpLimits kBundleCall{.max_body = 1024 * 1024};

Status CheckId(const std::string& id) {
  if (IsPathId(id)) return Ok();
  return Error(ErrorKind::kInvalid, "bad_module_id",
               "\"" + PrintableText(id) + "\" is not a module id");
}

HeartbeatAnswer ParseHeartbeat(const Json& data) {
  HeartbeatAnswer out;
  if (const std::optional<std::string> time = GetString(data, "server_time"))
    out.server_time = ParseTime(*time);
  if (const std::optional<std::int64_t> next = GetInt(data, "next_poll_seconds"))
    out.next_poll = std::chrono::seconds(std::clamp(*next, kMinPoll, kMaxPoll));
  out.tasks_pending = std::max<std::int64_t>(GetInt(data, "tasks_pending").value_or(0), 0);
  out.assignment_revision = GetInt(data, "assignment_revision");
  out.renew_certificate = GetBool(data, "renew_certificate").value_or(false);
  return out;
}

NodeStatus ParseStatus(const Json& data) {
  NodeStatus out;
  if (const Json* instance = GetObject(data, "instance")) {
    out.instance_id = PrintableText(GetString(*instance, "id").value_or(""));
    out.instance_name = PrintableText(GetString(*instance, "name").value_or(""));
    out.status = PrintableText(GetString(*instance, "status").value_or(""));
  }
  out.pending_tasks = GetInt(data, "pending_tasks").value_or(0);
  return out;
}

// Some servers wrap the bundle in an envelope, some serve it bare.
Result<std::string> BundleOf(const std::string& text) {
  const Result<Json> document = ParseJsonObject(text);
  if (!document)
    return Error(ErrorKind::kUnavailable, "not_json",
                 "the signature's answer is not a JSON document");
  if (!document->contains("success")) return text;
  const Json* data = GetObject(*document, "data");
  if (GetBool(*document, "success") != true || data == nullptr)
    return Error(ErrorKind::kInvalid, "bad_answer",
                 "the platform answered for the signature without success");
  return DumpJson(*data);
}

}  // namespace

Result<HeartbeatAnswer> NodeApi::Heartbeat(const Json& body, std::stop_token stop) {
  ASSIGN_OR_RETURN_CONTEXT(
      const Json data,
      session_.Call({.path = "status/heartbeat", .body = body, .lane = LaneName::kControl}, stop),
      "send heartbeat");
  return ParseHeartbeat(data);
}

Result<ModuleList> NodeApi::ListModules(std::stop_token stop, Retries retries) {
  const ApiCall call{.path = "modules",
                     .body = {},
                     .limits = kListCall,
                     .retries = retries,
                     .lane = LaneName::kTask};
  ASSIGN_OR_RETURN_CONTEXT(const Json data, session_.Call(call, stop), "list modules");
  ASSIGN_OR_RETURN_CONTEXT(ModuleList list, ParseModuleList(data), "list modules");
  return list;
}

Result<ModuleView> NodeApi::ShowModule(const std::string& id, std::stop_token stop,
                                       Retries retries) {
  RETURN_IF_ERROR(CheckId(id));
  const std::string context = "show module " + id;
  const ApiCall call{.path = "modules/" + id,
                     .body = {},
                     .limits = kModuleCall,
                     .retries = retries,
                     .lane = LaneName::kTask};
  ASSIGN_OR_RETURN_CONTEXT(const Json data, session_.Call(call, stop), context);
  ASSIGN_OR_RETURN_CONTEXT(ModuleView view, ParseModuleView(data), context);
  if (view.id != id)
    return Error(ErrorKind::kRefuted, "bad_module",
                 context + ": the platform answered with module " + view.id);
  return view;
}

Result<std::string> NodeApi::FetchManifest(const std::string& id, std::stop_token stop,
                                           Retries retries) {
  RETURN_IF_ERROR(CheckId(id));
  const ApiCall call{.path = "modules/" + id + "/manifest",
                     .body = {},
                     .limits = kModuleCall,
                     .retries = retries,
                     .lane = LaneName::kTask};
  ASSIGN_OR_RETURN_CONTEXT(std::string text, session_.GetText(call, stop),
                           "fetch the manifest of module " + id);
  return text;
}

Result<NodeStatus> NodeApi::GetStatus(std::stop_token stop, Retries retries) {
  const ApiCall call{.path = "status",
                     .body = {},
                     .limits = kSmallCall,
                     .retries = retries,
                     .lane = LaneName::kTask};
  ASSIGN_OR_RETURN_CONTEXT(const Json data, session_.Call(call, stop), "get status");
  return ParseStatus(data);
}

Status NodeApi::FetchBlob(const BlobRequest& request,
                          const std::function<Status(const BlobHead&)>& on_head,
                          const std::function<Status(std::span<const std::byte>)>& sink,
                          std::stop_token stop) {
  RETURN_IF_ERROR(CheckId(request.module_id));
  if (!IsLowerHex(request.sha256_hex, 64))
    return Error(ErrorKind::kInvalid, "digest_unsupported", "fetch image: not a SHA-256");
  RawCall call{.path = {},
               .body = {},
               .headers = {},
               .patience = kMaxRetryAfter,
               .on_head = {},
               .sink = sink};
  call.limits.max_body = request.max_bytes;
  if (request.offset > 0)
    call.headers.push_back({"Range", "bytes=" + std::to_string(request.offset) + "-"});
  if (request.offset > 0 && !request.if_range.empty())
    call.headers.push_back({"If-Range", request.if_range});
  call.on_head = [&](const HttpResponse& response) -> Status {
    ASSIGN_OR_RETURN(const BlobHead head,
                     ReadBlobHead(response, request.offset, request.sha256_hex));
    return on_head(head);
  };
  const std::array routes = {"blobs/sha256/" + request.sha256_hex,
                             "files/modules/" + request.module_id};
  Result<HttpResponse> response = Error(ErrorKind::kNotFound, "not_found", "no route");
  for (const std::string& route : routes) {
    call.path = route;
    response = session_.Fetch(call, stop);
    if (response || response.error().kind() != ErrorKind::kNotFound) break;
  }
  if (!response)
    return std::move(response).error().WithContext("fetch image of module " + request.module_id);
  return Ok();
}

Status NodeApi::FetchObject(const ObjectRequest& request,
                            const std::function<Status(std::uint64_t)>& on_head,
                            const std::function<Status(std::span<const std::byte>)>& sink,
                            std::stop_token stop) {
  const std::string hex = request.object.digest.Hex();
  std::uint64_t left = 0;
  RawCall call{.path = "objects/" + hex,
               .body = {},
               .headers = {},
               .patience = kMaxRetryAfter,
               .on_head = {},
               .sink = {}};
  call.limits.max_body = std::max(request.object.size, kSmallCall.max_body);  // or an error's text
  if (request.offset > 0)
    call.headers = {{"Range", "bytes=" + std::to_string(request.offset) + "-"},
                    {"If-Range", "\"" + hex + "\""}};
  call.on_head = [&](const HttpResponse& response) -> Status {
    ASSIGN_OR_RETURN(const std::uint64_t offset,
                     ReadObjectHead(response, request.offset, request.object.size));
    left = request.object.size - offset;
    return on_head(offset);
  };
  call.sink = [&](std::span<const std::byte> bytes) -> Status {
    if (bytes.size() > left)
      return Error(ErrorKind::kRefuted, "size_mismatch",
                   "the object has " + std::to_string(request.object.size) +
                       " bytes and the platform serves more");
    left -= bytes.size();
    return sink(bytes);
  };
  Result<HttpResponse> response = session_.Fetch(call, std::move(stop));
  if (!response) return std::move(response).error().WithContext("fetch object " + hex);
  return Ok();
}

Status NodeApi::FetchObjects(std::span<const WantedObject> objects, const ObjectSink& sink,
                             std::stop_token stop) {
  const std::string context = "fetch " + std::to_string(objects.size()) + " objects";
  std::uint64_t most = kObjectFrameHead;
  Json digests = Json::array();
  for (const WantedObject& object : objects) {
    if (object.size > kMaxObjectStream) most = kMaxObjectStream + 1;
    if (most <= kMaxObjectStream) most += kObjectFrameHead + object.size;
    digests.push_back(object.digest.Hex());
  }
  if (objects.size() > kMaxObjectsACall || most > kMaxObjectStream)
    return Error(ErrorKind::kInvalid, "too_many_objects", context + ": more than one answer holds");
  ObjectFrames frames(objects, sink);
  RawCall call{.path = "objects/fetch",
               .body = Json{{"digests", std::move(digests)}},
               .headers = {},
               .patience = kMaxRetryAfter,
               .on_head = CheckObjectStream,
               .sink = [&](std::span<const std::byte> bytes) { return frames.Feed(bytes); }};
  call.limits.max_body = std::max(most, kSmallCall.max_body);
  Result<HttpResponse> response = session_.Fetch(call, std::move(stop));
  if (!response && response.error().kind() == ErrorKind::kNotFound)
    return Error(ErrorKind::kUnsupported, "batch_unsupported",
                 context + ": " + response.error().message());
  if (!response) return std::move(response).error().WithContext(context);
  RETURN_IF_ERROR_CONTEXT(frames.Finish(), context);
  return Ok();
}

Result<std::string> NodeApi::FetchTrustPolicy(std::stop_token stop, Retries retries) {
  const ApiCall call{.path = "trust/policy",
                     .body = {},
                     .limits = kModuleCall,
                     .retries = retries,
                     .lane = LaneName::kTask};
  ASSIGN_OR_RETURN_CONTEXT(const Json data, session_.Call(call, stop), "fetch the trust policy");
  return DumpJson(data);
}

Result<std::string> NodeApi::FetchSignature(const std::string& module_id, std::stop_token stop,
                                            Retries retries) {
  RETURN_IF_ERROR(CheckId(module_id));
  const std::string context = "fetch signature of module " + module_id;
  ApiCall call{.path = "modules/" + module_id + "/cosign-bundle",
               .body = {},
               .limits = kBundleCall,
               .retries = retries,
               .lane = LaneName::kTask};
  Result<std::string> text = session_.GetText(call, stop);
  if (!text && text.error().kind() == ErrorKind::kNotFound) {
    call.path = "files/" + call.path;
    text = session_.GetText(call, stop);
  }
  if (!text) return std::move(text).error().WithContext(context);
  ASSIGN_OR_RETURN_CONTEXT(std::string bundle, BundleOf(*text), context);
  return bundle;
}

}  // namespace powernode::enroll
