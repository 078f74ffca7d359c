#include "enroll/issued.h"

#include <utility>

#include "enroll/answer.h"
#include "enroll/certificate.h"
#include "enroll/root_roll.h"

namespace powernode::enroll {

Result<Issued> TakeIssued(const Json& data, const Credentials& before,
                          const PendingRequest& pending, std::string_view if_other,
                          const TransportFactory& transports, std::int64_t now_unix,
                          std::stop_token stop) {
  const std::string answered = GetString(data, "instance_id").value_or(before.instance_id);
  if (answered != before.instance_id)
    return Error(ErrorKind::kRefuted, "enroll_mismatch",
                 "the platform enrolled instance " + PrintableText(answered) +
                     ", and this node is " + before.instance_id + std::string(if_other));
  NewCertificate given{
      .certificate_pem = GetString(data, "cert_pem").value_or(""),
      .chain_pem = GetString(data, "ca_chain_pem").value_or(""),
      .instance_id = before.instance_id,
      .mtls_subject = GetString(data, "mtls_subject").value_or(before.mtls_subject)};
  if (given.chain_pem.empty()) given.chain_pem = before.chain_pem;
  ASSIGN_OR_RETURN(CertificateFacts facts, CheckNewCertificate(given, pending.key_pem, now_unix));

  Issued out{.credentials = before, .roots_not_kept = std::nullopt};
  Credentials& fresh = out.credentials;
  fresh.mtls_subject = std::move(facts.common_name);
  fresh.certificate_id = GetString(data, "certificate_id").value_or("");
  fresh.certificate_pem = std::move(given.certificate_pem);
  fresh.chain_pem = std::move(given.chain_pem);
  fresh.key_pem = pending.key_pem;
  fresh.not_before = facts.not_before;
  fresh.not_after = facts.not_after;
  fresh.serial = std::move(facts.serial);
  fresh.fingerprint = std::move(facts.fingerprint);
  fresh.generation.clear();
  if (const std::optional<std::string> bearer = GetString(data, "instance_token"))
    fresh.bearer = ReadBearer(*bearer);
  if (const std::optional<std::string> offered = GetString(data, "platform_ca_pem")) {
    Result<std::string> roots =
        RollRoots(before.platform, before.ca_pem, *offered, transports, std::move(stop));
    if (roots)
      fresh.ca_pem = *std::move(roots);
    else
      out.roots_not_kept = std::move(roots).error();
  }
  return out;
}

}  // namespace powernode::enroll
