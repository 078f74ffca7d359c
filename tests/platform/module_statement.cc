#include "tests/platform/module_statement.h"

#include "agent/base/encoding.h"
#include "tests/platform/dsse.h"

namespace powernode::platform {
namespace {

using nlohmann::json;

constexpr const char* kBundleMediaType = "application/vnd.dev.sigstore.bundle.v0.3+json";

// Base64 of what the keyid has in hexadecimal (signatures.md §2.2).
std::string Hint(const std::string& keyid) {
  return Base64Encode(HexDecode(keyid).value_or(std::string()));
}

}  // namespace

json StatementJson(const ModuleStatement& statement) {
  const json subject = {{"name", statement.name}, {"digest", {{"sha256", statement.blob_sha256}}}};
  return {{"_type", "https://in-toto.io/Statement/v1"},
          {"subject", json::array({subject})},
          {"predicateType", kModulePredicateType},
          {"predicate",
           {{"moduleId", statement.module_id},
            {"name", statement.name},
            {"version", statement.version},
            {"architecture", statement.architecture},
            {"imageFsverity", statement.image_fsverity},
            {"revision", statement.revision}}}};
}

Status Falsify(json& statement, const json& lies) {
  if (!lies.is_object())
    return Error(ErrorKind::kInvalid, "bad_argument", "what a statement shall say is no object");
  json predicate = lies;
  if (const auto digest = lies.find("subjectSha256"); digest != lies.end()) {
    statement["subject"][0]["digest"]["sha256"] = *digest;
    predicate.erase("subjectSha256");
  }
  if (const auto type = lies.find("predicateType"); type != lies.end()) {
    statement["predicateType"] = *type;
    predicate.erase("predicateType");
  }
  statement["predicate"].merge_patch(predicate);
  return Ok();
}

Result<json> SignStatement(EVP_PKEY* key, const json& statement) {
  ASSIGN_OR_RETURN(json envelope, SignEnvelope(key, kStatementPayloadType, statement.dump()));
  json& signature = envelope["signatures"][0];
  const std::string hint = Hint(signature["keyid"].get<std::string>());
  signature.erase("keyid");  // cosign writes none, and one must equal the hint
  return json{
      {"mediaType", kBundleMediaType},
      {"verificationMaterial", {{"publicKey", {{"hint", hint}}}, {"tlogEntries", json::array()}}},
      {"dsseEnvelope", std::move(envelope)}};
}

}  // namespace powernode::platform
