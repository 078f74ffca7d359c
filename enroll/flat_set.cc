#include "enroll/flat_set.h"

#include <sys/stat.h>

#include <utility>

#include "agent/base/files.h"
#include "agent/base/json.h"
#include "agent/base/state_file.h"
#include "agent/base/syscalls.h"
#include "agent/base/url.h"
#include "enroll/certificate.h"
#include "enroll/credential_files.h"
#include "enroll/key.h"
#include "enroll/pki_layout.h"

namespace powernode::enroll {
namespace {

constexpr std::size_t kMaxMetaBytes = 64 * 1024;

// In one of the two forms that agents have written; an empty object when in neither.
Json ReadMeta(const std::string& path) {
  const Result<std::string> text = ReadFile(path, kMaxMetaBytes);
  if (!text) return Json::object();
  if (Result<Json> plain = ParseJsonObject(*text)) return *std::move(plain);
  Result<std::optional<Json>> ours = ReadState({.path = path, .format = kPkiFormat});
  return ours && *ours ? **std::move(ours) : Json::object();
}

}  // namespace

Result<std::optional<Credentials>> ReadFlatSet(const std::string& pki_directory) {
  const Result<struct stat> certificate = Lstat(JoinPath(pki_directory, kCertificateFile));
  if (!certificate || !S_ISREG(certificate->st_mode)) return std::optional<Credentials>();
  ASSIGN_OR_RETURN(Credentials set, ReadCredentialFiles(pki_directory));
  RETURN_IF_ERROR(CheckKey(set.key_pem));
  ASSIGN_OR_RETURN(const CertificateFacts facts, ReadCertificate(set.certificate_pem));

  const std::string meta_path = JoinPath(pki_directory, kMetaFile);
  const Json meta = ReadMeta(meta_path);
  set.instance_id = GetString(meta, "instance_id").value_or(facts.common_name);
  set.mtls_subject = GetString(meta, "mtls_subject").value_or(facts.common_name);
  if (!IsPathId(set.instance_id))
    return Error(ErrorKind::kInvalid, "import_incomplete", meta_path + ": no usable instance_id");
  Result<Origin> platform = ParseOrigin(GetString(meta, "platform_url").value_or(""));
  if (!platform)
    return Error(ErrorKind::kInvalid, "import_incomplete",
                 meta_path + ": no usable platform_url (" + platform.error().message() +
                     "): add it, or remove node.crt beside it");
  set.platform = *std::move(platform);
  RETURN_IF_ERROR(CheckCredentials(set));
  return std::optional(std::move(set));
}

}  // namespace powernode::enroll
