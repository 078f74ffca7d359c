#include "verify/verification_report.h"

#include "agent/base/printable.h"
#include "verify/sigstore/report.h"

namespace powernode::verify {
namespace {

constexpr std::size_t kKeyIdDigits = 12;  // enough for people to tell keys apart

}  // namespace

std::optional<std::string> VerificationReport::key_id() const {
  if (!facts || !facts->key) return std::nullopt;
  return facts->key->id;
}

std::string VerificationReport::Summary() const {
  if (!facts) return "signature not proven (audit: " + violation + ")";
  std::string summary = facts->key ? "key " + facts->key->id.substr(0, kKeyIdDigits)
                                   : Printable(facts->identity->san);
  if (statement) summary += ", revision " + std::to_string(statement->revision);
  if (!violation.empty()) summary += " (audit: " + violation + ")";
  return summary;
}

OrderedJson ToJson(const VerificationReport& report) {
  OrderedJson json = {{"mode", TrustModeName(report.mode)}, {"rule", report.rule}};
  if (report.facts) {
    const sigstore::Report signature{
        .verdict = sigstore::Verdict::kOk, .stage = "", .message = "", .facts = report.facts};
    OrderedJson members = sigstore::ToJson(signature);
    members.erase("verdict");
    members.erase("not_proven");
    members.erase("statement");
    json.update(members);
  }
  if (report.statement) json["statement"] = ToJson(*report.statement);
  if (!report.fsverity.empty()) json["fsverity"] = report.fsverity;
  json["kernel_verity"] = report.kernel_verity;
  json["proven"] = report.proven;
  json["not_proven"] = report.not_proven;
  if (!report.violation.empty()) json["violation"] = report.violation;
  return json;
}

}  // namespace powernode::verify
