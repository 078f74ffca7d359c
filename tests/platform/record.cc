#include "tests/platform/record.h"

#include <algorithm>

#include "agent/base/files.h"
#include "tests/platform/certificates.h"
#include "tests/platform/digest.h"
#include "tests/platform/keys.h"

namespace powernode::platform {
namespace {

constexpr std::size_t kMaxRecordedBody = 64 << 10;
constexpr std::string_view kSecretHeaders[] = {"Authorization", "X-Instance-Token",
                                               "X-Bootstrap-Token", "Cookie"};
constexpr std::string_view kSecretMembers[] = {"bootstrap_token", "instance_token", "lease_token",
                                               "token",           "password",       "passphrase",
                                               "server_token",    "agent_token",    "kubeconfig"};

bool IsSecretHeader(std::string_view name) {
  return std::any_of(std::begin(kSecretHeaders), std::end(kSecretHeaders),
                     [name](std::string_view secret) { return SameHeaderName(secret, name); });
}

void Blank(json& value) {
  if (!value.is_structured()) return;
  for (auto member = value.begin(); member != value.end(); ++member) {
    const bool secret =
        value.is_object() && std::find(std::begin(kSecretMembers), std::end(kSecretMembers),
                                       member.key()) != std::end(kSecretMembers);
    if (secret) {
      *member = "[secret]";
    } else {
      Blank(*member);
    }
  }
}

json HeadersForRecord(const Request& request) {
  json headers = json::object();
  for (const auto& [name, value] : request.headers)
    headers[name] = IsSecretHeader(name) ? "[secret]" : value;
  return headers;
}

void AddBody(const Request& request, json& line) {
  if (request.body.empty()) return;
  line["body_sha256"] = Sha256Hex(request.body);
  line["body_bytes"] = request.body.size();
  if (request.body.size() > kMaxRecordedBody) return;
  json body = json::parse(request.body, nullptr, false);
  if (!body.is_object()) return;
  if (const auto csr = body.find("csr_pem"); csr != body.end() && csr->is_string()) {
    if (const auto parsed = RequestFromPem(csr->get<std::string>()); parsed) {
      if (const auto key = PublicKeySha256(::X509_REQ_get0_pubkey(parsed->get())); key)
        line["key_sha256"] = *key;
    }
  }
  Blank(body);
  line["body"] = std::move(body);
}

}  // namespace

json RecordLine(const Request& request, const Answer& answer, const std::vector<Fault>& faults,
                Seconds now) {
  json line = {{"at", FormatTime(now)},
               {"method", request.method},
               {"path", request.path},
               {"target", request.target},
               {"peer_cn", request.peer.common_name},
               {"peer_serial", request.peer.serial},
               {"address", request.peer.address},
               {"tls", request.peer.tls_version},
               {"status", answer.status},
               {"headers", HeadersForRecord(request)}};
  AddBody(request, line);
  for (const Fault& fault : faults) line["faults"].push_back(fault.kind);
  return line;
}

Status Recorder::Write(const json& line) {
  const std::scoped_lock lock(mutex_);
  return AppendFile(path_, line.dump(-1, ' ', false, json::error_handler_t::replace) + "\n", 0600);
}

}  // namespace powernode::platform
