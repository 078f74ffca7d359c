#include "enroll/generation.h"

#include "agent/base/clock.h"
#include "agent/base/files.h"
#include "agent/base/json.h"
#include "agent/base/state_file.h"
#include "enroll/credential_files.h"
#include "enroll/pki_layout.h"

namespace powernode::enroll {
namespace {

Json MetaOf(const Credentials& credentials, std::string_view origin) {
  return {{"instance_id", credentials.instance_id},
          {"mtls_subject", credentials.mtls_subject},
          {"certificate_id", credentials.certificate_id},
          {"platform_url", credentials.platform.ToString()},
          {"not_before", FormatTime(credentials.not_before)},
          {"not_after", FormatTime(credentials.not_after)},
          {"serial", credentials.serial},
          {"sha256", credentials.fingerprint},
          {"origin", origin}};
}

}  // namespace

Status WriteGeneration(const std::string& directory, const Credentials& credentials,
                       std::string_view origin) {
  auto write = [&directory](std::string_view name, const std::string& content, mode_t mode) {
    return WriteFileAtomically(JoinPath(directory, name), content, mode);
  };
  RETURN_IF_ERROR(write(kKeyFile, credentials.key_pem.Reveal(), 0600));
  RETURN_IF_ERROR(write(kCertificateFile, credentials.certificate_pem, 0644));
  RETURN_IF_ERROR(write(kChainFile, credentials.chain_pem, 0644));
  RETURN_IF_ERROR(write(kRootsFile, credentials.ca_pem, 0644));
  if (credentials.bearer)
    RETURN_IF_ERROR(write(kBearerFile, credentials.bearer->token.Reveal(), 0600));
  return WriteState({.path = JoinPath(directory, kMetaFile), .format = kPkiFormat},
                    MetaOf(credentials, origin));
}

Result<Credentials> ReadGeneration(const std::string& directory) {
  ASSIGN_OR_RETURN(Credentials out, ReadCredentialFiles(directory));
  const std::string meta_path = JoinPath(directory, kMetaFile);
  ASSIGN_OR_RETURN(const std::optional<Json> meta,
                   ReadState({.path = meta_path, .format = kPkiFormat}));
  if (!meta) return Error(ErrorKind::kNotFound, "system_error", "there is no " + meta_path);
  out.instance_id = GetString(*meta, "instance_id").value_or("");
  out.mtls_subject = GetString(*meta, "mtls_subject").value_or("");
  out.certificate_id = GetString(*meta, "certificate_id").value_or("");
  if (!IsPathId(out.instance_id))
    return Error(ErrorKind::kRefuted, "state_corrupt", meta_path + ": no instance_id");
  ASSIGN_OR_RETURN_CONTEXT(out.platform, ParseOrigin(GetString(*meta, "platform_url").value_or("")),
                           meta_path);
  RETURN_IF_ERROR_CONTEXT(CheckCredentials(out), directory);
  out.generation = BaseNameOf(directory);
  return out;
}

}  // namespace powernode::enroll
