#include "tests/platform/module_signing.h"

#include "agent/base/files.h"
#include "tests/platform/control.h"
#include "tests/platform/json_file.h"
#include "tests/platform/keys.h"
#include "tests/platform/module_statement.h"

namespace powernode::platform {
namespace {

constexpr std::size_t kMaxText = 4 << 20;

// What "module plan" answered stands in `plan`.
Result<json> Statement(const ModuleSigning& signing, const ImportedBlob& blob,
                       const std::string& name, const json& plan) {
  json statement =
      StatementJson({.module_id = plan.at("id").get<std::string>(),
                     .name = name,
                     .version = std::to_string(plan.at("version").get<std::int64_t>()),
                     .architecture = signing.architecture,
                     .blob_sha256 = blob.digest,
                     .image_fsverity = blob.fsverity,
                     .revision = signing.revision != 0 ? signing.revision
                                                       : plan.at("revision").get<std::int64_t>()});
  if (!signing.falsified_file.empty()) {
    ASSIGN_OR_RETURN(const json lies, ReadJsonFile(signing.falsified_file));
    RETURN_IF_ERROR_CONTEXT(Falsify(statement, lies), signing.falsified_file);
  }
  return statement;
}

Status AddStatement(const StateDirectory& directory, const ModuleSigning& signing,
                    const ImportedBlob& blob, EVP_PKEY* key, json& arguments) {
  ASSIGN_OR_RETURN(const json plan, RunOnState(directory, "module plan", arguments));
  ASSIGN_OR_RETURN(const json statement, Statement(signing, blob, arguments.at("name"), plan));
  ASSIGN_OR_RETURN(arguments["bundle"], SignStatement(key, statement));
  arguments["version"] = plan.at("version");
  const json revision = statement["predicate"].value("revision", json());
  if (revision.is_number_integer()) arguments["revision"] = revision;
  return Ok();
}

Status SignWithKey(const StateDirectory& directory, const ModuleSigning& signing,
                   const ImportedBlob& blob, json& arguments) {
  ASSIGN_OR_RETURN(const std::string pem, ReadFile(signing.key_file, kMaxText));
  ASSIGN_OR_RETURN_CONTEXT(const Key key, KeyFromPem(pem), signing.key_file);
  ASSIGN_OR_RETURN(arguments["keyid"], PublicKeySha256(key.get()));
  ASSIGN_OR_RETURN(arguments["key_pem"], PublicPem(key.get()));
  if (signing.form == SigningForm::kStatement)
    return AddStatement(directory, signing, blob, key.get(), arguments);
  ASSIGN_OR_RETURN(arguments["signature"], SignFile(key.get(), directory.blob(blob.digest)));
  return Ok();
}

}  // namespace

Status AddSignature(const StateDirectory& directory, const ModuleSigning& signing,
                    const ImportedBlob& blob, json& arguments) {
  switch (signing.form) {
    case SigningForm::kNone:
      return Ok();
    case SigningForm::kGiven: {
      ASSIGN_OR_RETURN(std::string signature, ReadFile(signing.signature_file, kMaxText));
      while (!signature.empty() && signature.back() == '\n') signature.pop_back();
      arguments["signature"] = std::move(signature);
      return Ok();
    }
    case SigningForm::kStatement:
    case SigningForm::kBlobOnly:
      RETURN_IF_ERROR_CONTEXT(SignWithKey(directory, signing, blob, arguments), "sign module");
      return Ok();
  }
  return Ok();
}

}  // namespace powernode::platform
