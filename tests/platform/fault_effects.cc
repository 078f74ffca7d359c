#include "tests/platform/fault_effects.h"

#include <algorithm>

#include "tests/platform/fault_objects.h"
#include "tests/platform/fault_payload.h"
#include "tests/platform/gzip_bomb.h"

namespace powernode::platform {
namespace {

constexpr std::string_view kHtml =
    "<!DOCTYPE html><html><head><title>Please wait</title></head><body><h1>Please "
    "wait</h1></body></html>\n";

constexpr std::string_view kElsewhere = "https://elsewhere.invalid";

std::int64_t NumberOr(const Fault& fault, std::int64_t otherwise) {
  return fault.number > 0 ? fault.number : otherwise;
}

Answer OverriddenStatus(const Fault& fault) {
  const int status = static_cast<int>(fault.number);
  Answer answer = Failure(status, "Injected fault", status == 429 ? "RATE_LIMITED" : "");
  if (fault.retry_after >= 0) {
    answer.SetHeader("Retry-After", std::to_string(fault.retry_after));
    if (status == 429) std::get<json>(answer.body)["retry_after"] = fault.retry_after;
  }
  if (!fault.text.empty()) answer.SetHeader("Location", fault.text);
  return answer;
}

Answer Html() {
  Answer answer;
  answer.content_type = "text/html";
  answer.body = std::string(kHtml);
  return answer;
}

// The answer's one list: the array in `data` that `count` counts; null when there is none.
json* FindList(json& body) {
  const auto data = body.find("data");
  if (data == body.end() || !data->is_object()) return nullptr;
  for (auto member = data->begin(); member != data->end(); ++member) {
    if (member->is_array() && member.key() != "removed") return &*member;
  }
  return nullptr;
}

void ChangeList(const Fault& fault, json& body) {
  json* const list = FindList(body);
  if (list == nullptr) return;
  if (fault.kind == "empty-list") list->clear();
  if (fault.kind == "short-list") {
    for (std::int64_t n = NumberOr(fault, 1); n > 0 && !list->empty(); --n)
      list->erase(list->size() - 1);
  }
  if (fault.kind == "duplicate-ids" && !list->empty()) list->push_back(list->front());
  body["data"]["count"] = list->size() + (fault.kind == "wrong-count" ? 1 : 0);
}

json Nested(std::int64_t levels) {
  json value = 1;
  for (std::int64_t i = 0; i < levels; ++i) value = json::array({std::move(value)});
  return value;
}

void NameForeignUrl(const Fault& fault, json& body) {
  const std::string url = fault.text.empty() ? std::string(kElsewhere) : fault.text;
  body.merge_patch({{"data", {{"platform_url", url}, {"ca_pem_url", url + "/ca.pem"}}}});
}

void ChangeJson(const Fault& fault, json& body) {
  if (fault.kind == "patch") body.merge_patch(json::parse(fault.text, nullptr, false));
  if (fault.kind == "empty-list" || fault.kind == "short-list" || fault.kind == "wrong-count" ||
      fault.kind == "duplicate-ids")
    ChangeList(fault, body);
  if (fault.kind == "stale-revision" && body.contains("data") &&
      body["data"].contains("assignment_revision"))
    body["data"]["assignment_revision"] =
        body["data"]["assignment_revision"].get<std::int64_t>() - NumberOr(fault, 1);
  if (fault.kind == "deep-json") body["deep"] = Nested(NumberOr(fault, 1000));
  if (fault.kind == "huge-body")
    body["padding"] = std::string(static_cast<std::size_t>(NumberOr(fault, 8 << 20)), 'x');
  if (fault.kind == "foreign-url") NameForeignUrl(fault, body);
  if (fault.kind == "tampered-payload" || fault.kind == "forged-payload")
    ChangePayload(fault, body);
}

void ShiftContentRange(Answer& answer) {
  std::string* const value = answer.Header("Content-Range");
  if (value == nullptr || !value->starts_with("bytes ")) return;
  const std::size_t dash = value->find('-');
  if (dash == std::string::npos) return;
  const std::uint64_t first = std::stoull(value->substr(6, dash - 6));
  *value = "bytes " + std::to_string(first + 1) + value->substr(dash);
}

void ChangeHeaders(const Fault& fault, Answer& answer) {
  if (fault.kind == "many-headers") {
    for (std::int64_t n = NumberOr(fault, 10000); n > 0; --n)
      answer.headers.emplace_back("X-Filler-" + std::to_string(n), "x");
  }
  if (fault.kind == "wrong-content-range") ShiftContentRange(answer);
  if (fault.kind == "no-etag") answer.RemoveHeader("ETag");
  if (fault.kind == "weak-etag") {
    if (std::string* const etag = answer.Header("ETag"); etag != nullptr) *etag = "W/" + *etag;
  }
}

void Compress(const Fault& fault, Answer& answer) {
  answer.SetHeader("Content-Encoding", "gzip");
  answer.body = GzipBomb(static_cast<std::uint64_t>(NumberOr(fault, 128 << 20)));
}

// Where a redirect leads: back to the same place, to another host, out of TLS, or to the URL given.
std::string Destination(const Fault& fault, const Request& request) {
  const std::string* const host = request.Header("Host");
  const std::string here = (host != nullptr ? *host : "localhost") + request.target;
  if (fault.text.empty() || fault.text == "same-host") return "https://" + here;
  if (fault.text == "http") return "http://" + here;
  if (fault.text == "other-host") return std::string(kElsewhere) + request.target;
  return fault.text;
}

Answer Redirect(const Fault& fault, const Request& request) {
  Answer answer = Failure(static_cast<int>(NumberOr(fault, 302)), "Moved");
  answer.SetHeader("Location", Destination(fault, request));
  return answer;
}

}  // namespace

std::int64_t DelayOf(const std::vector<Fault>& faults) {
  std::int64_t delay = 0;
  for (const Fault& fault : faults) delay += fault.kind == "delay" ? fault.number : 0;
  return delay;
}

std::optional<Answer> ApplyBefore(const std::vector<Fault>& faults, Request& request) {
  for (const Fault& fault : faults) {
    if (fault.kind == "status") return OverriddenStatus(fault);
    if (fault.kind == "html") return Html();
    if (fault.kind == "redirect") return Redirect(fault, request);
    if (fault.kind == "ignore-range")
      std::erase_if(request.headers,
                    [](const auto& header) { return SameHeaderName(header.first, "Range"); });
  }
  return std::nullopt;
}

void ApplyToAnswer(const std::vector<Fault>& faults, const LeafMaker& maker, const Request& request,
                   Answer& answer) {
  for (const Fault& fault : faults) {
    if (json* body = std::get_if<json>(&answer.body); body != nullptr && body->is_object()) {
      ChangeJson(fault, *body);
      ChangeCertificates(fault, maker, *body);
    }
    ChangeHeaders(fault, answer);
    ChangeObjects(fault, request.path, answer);
    if (fault.kind == "endless-body") answer.body = EndlessBody{};
    if (fault.kind == "compressed-body") Compress(fault, answer);
  }
}

WirePlan PlanWire(const std::vector<Fault>& faults) {
  WirePlan plan;
  for (const Fault& fault : faults) {
    const auto number = static_cast<std::uint64_t>(std::max<std::int64_t>(fault.number, 0));
    if (fault.kind == "lost-answer") plan.lose_answer = true;
    if (fault.kind == "stall") plan.stall_after = number;
    if (fault.kind == "close") plan.close_after = number;
    if (fault.kind == "flip") plan.flip_at = number;
    if (fault.kind == "wrong-length") plan.add_to_length = fault.number != 0 ? fault.number : 1;
    if (fault.kind == "throttle") plan.bytes_per_second = number;
  }
  return plan;
}

}  // namespace powernode::platform
