#include "tests/platform/test_node.h"

#include <openssl/pem.h>

#include <doctest/doctest.h>

#include "agent/base/encoding.h"
#include "agent/base/random.h"

namespace powernode::platform {
namespace {

constexpr int kClientSeconds = 20;

httplib::Headers Manners(bool with_body, const httplib::Headers& more) {
  httplib::Headers headers = more;
  const auto add = [&headers](const char* name, const std::string& value) {
    if (headers.find(name) == headers.end()) headers.emplace(name, value);
  };
  add("User-Agent", "powernode-agent/0.0.0 (amd64)");
  add("X-Request-Id", RandomUuid());
  add("Accept", "application/json");
  if (with_body) add("Idempotency-Key", RandomUuid());
  return headers;
}

Reply ToReply(const httplib::Result& result) {
  Reply reply;
  if (!result) return reply;
  reply.answered = true;
  reply.status = result->status;
  reply.headers = result->headers;
  reply.text = result->body;
  reply.document = json::parse(result->body, nullptr, false);
  return reply;
}

std::string FullPath(const std::string& path) { return std::string(kApiPrefix) + path; }

bool TakesIdempotencyKey(const std::string& path) {
  return path != "claim" && path != "status/heartbeat";
}

}  // namespace

std::string Reply::Header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

std::string MakeRequestPem(EVP_PKEY* key, EVP_PKEY* signer, const std::string& common_name) {
  const SigningRequest request(::X509_REQ_new());
  ::X509_NAME_add_entry_by_txt(::X509_REQ_get_subject_name(request.get()), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                               0);
  ::X509_REQ_set_pubkey(request.get(), key);
  ::X509_REQ_sign(request.get(), signer != nullptr ? signer : key, ::EVP_sha256());
  const Bio bio(::BIO_new(::BIO_s_mem()));
  ::PEM_write_bio_X509_REQ(bio.get(), request.get());
  return BioText(bio.get());
}

TestNode::TestNode(const Fixture& plane, const FixtureNode& identity)
    : plane_(plane), identity_(identity) {
  ChangeKey();
}

void TestNode::ChangeKey() {
  Result<Key> key = MakeKey(KeyKind::kEcdsaP256);
  REQUIRE(key.ok());
  key_ = std::move(*key);
}

std::unique_ptr<httplib::SSLClient> TestNode::Connect(bool with_certificate) const {
  std::unique_ptr<httplib::SSLClient> client;
  if (with_certificate) {
    const Result<Certificate> certificate = CertificateFromPem(certificate_pem_);
    REQUIRE(certificate.ok());
    client = std::make_unique<httplib::SSLClient>("localhost", plane_.Port(), certificate->get(),
                                                  key_.get());
  } else {
    client = std::make_unique<httplib::SSLClient>("localhost", plane_.Port());
  }
  client->set_ca_cert_path(roots_path_.empty() ? plane_.CaPath() : roots_path_);
  client->enable_server_certificate_verification(true);
  client->set_read_timeout(kClientSeconds);
  return client;
}

void TestNode::Trust(const std::string& roots_pem) {
  roots_path_ = plane_.Directory() + "/trusted.pem";
  std::ofstream(roots_path_) << roots_pem;
}

Reply TestNode::Get(const std::string& path, const httplib::Headers& more) const {
  return ToReply(Connect(true)->Get(FullPath(path), Manners(false, more)));
}

std::string TestNode::ReadSome(const std::string& path, std::size_t limit) const {
  const std::unique_ptr<httplib::SSLClient> client = Connect(true);
  client->set_read_timeout(1);
  std::string text;
  client->Get(FullPath(path), Manners(false, {}),
              [&text, limit](const char* data, std::size_t size) {
                text.append(data, size);
                return text.size() < limit;
              });
  return text;
}

Reply TestNode::GetBare(const std::string& path, const httplib::Headers& more) const {
  return ToReply(Connect(false)->Get(FullPath(path), Manners(false, more)));
}

Reply TestNode::Post(const std::string& path, const json& body,
                     const httplib::Headers& more) const {
  return ToReply(Connect(true)->Post(FullPath(path), Manners(TakesIdempotencyKey(path), more),
                                     body.dump(), "application/json"));
}

Reply TestNode::PostBare(const std::string& path, const json& body,
                         const httplib::Headers& more) const {
  return ToReply(Connect(false)->Post(FullPath(path), Manners(TakesIdempotencyKey(path), more),
                                      body.dump(), "application/json"));
}

Reply TestNode::TryEnroll(const json& members) const {
  json body = {{"bootstrap_token", identity_.token},
               {"csr_pem", MakeRequestPem(key_.get())},
               {"agent_version", "0.0.0"},
               {"request_id", RandomUuid()}};
  body.update(members);
  return PostBare("enroll", body);
}

Reply TestNode::Enroll() {
  Reply reply = TryEnroll();
  if (reply.status == 200) certificate_pem_ = reply.Data().at("cert_pem").get<std::string>();
  return reply;
}

Reply TestNode::Refresh() {
  return Post("enroll/refresh", {{"csr_pem", MakeRequestPem(key_.get())}});
}

json GoodHeartbeat() {
  return {{"boot_id", "5f2c9e01-0000-4000-8000-000000000000"},
          {"agent_version", "0.0.0"},
          {"architecture", "amd64"},
          {"uptime_seconds", 91},
          {"module_digests", json::object()},
          {"mount_state", "mounted"},
          {"node_mode", "pivot"}};
}

std::string WriteImage(const Fixture& plane, const std::string& name, std::size_t size) {
  const std::string path = plane.Directory() + "/" + name + ".image";
  std::ofstream file(path, std::ios::binary);
  std::string block;
  for (std::size_t written = 0; written < size; written += block.size()) {
    block = RandomHex(std::min<std::size_t>(4096, size - written))
                .substr(0, std::min<std::size_t>(4096, size - written));
    file << block;
  }
  return path;
}

std::string ReadWhole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string WriteSignKey(const Fixture& plane) {
  const Result<Key> key = MakeKey(KeyKind::kEcdsaP256);
  REQUIRE(key.ok());
  const std::string path = plane.Directory() + "/sign.key";
  std::ofstream(path) << PrivatePem(key->get()).value();
  return path;
}

bool SignatureHolds(const std::string& key_path, const std::string& signature,
                    const std::string& bytes) {
  const Result<Key> key = KeyFromPem(ReadWhole(key_path));
  const auto der = Base64Decode(signature);
  if (!key || !der) return false;
  return SignatureFits(key->get(), bytes, *der);
}

std::int64_t Complaints(const Fixture& plane, const std::string& part) {
  std::int64_t count = 0;
  const json status = plane.StatusJson();
  for (const json& complaint : status.at("complaints")) {
    if (complaint.at("what").get<std::string>().find(part) != std::string::npos)
      count += complaint.at("count").get<std::int64_t>();
  }
  return count;
}

}  // namespace powernode::platform
