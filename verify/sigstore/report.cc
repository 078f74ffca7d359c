#include "verify/sigstore/report.h"

#include <algorithm>
#include <utility>

#include "agent/base/printable.h"
#include "verify/sigstore/rfc3339.h"

namespace powernode::verify::sigstore {
namespace {

std::string_view SourceName(TrustedTime::Source source) {
  switch (source) {
    case TrustedTime::Source::kLog:
      return "log";
    case TrustedTime::Source::kTimestampAuthority:
      return "timestamp authority";
  }
  return "";
}

std::string_view EvidenceName(LogEvidence::Kind kind) {
  switch (kind) {
    case LogEvidence::Kind::kPromised:
      return "promised";
    case LogEvidence::Kind::kIncluded:
      return "included";
  }
  return "";
}

OrderedJson ClaimsJson(const SigningIdentity& identity) {
  OrderedJson claims = OrderedJson::object();
  for (const auto& [number, text] : identity.claims)
    claims["1.3.6.1.4.1.57264.1." + std::to_string(number)] = text;
  return claims;
}

OrderedJson StatementJson(const Statement& statement) {
  OrderedJson subjects = OrderedJson::array();
  for (const Subject& subject : statement.subjects) subjects.push_back(subject.name);
  return {{"type", statement.type},
          {"predicate_type", statement.predicate_type},
          {"subjects", std::move(subjects)}};
}

void AddFacts(const Facts& facts, OrderedJson& json) {
  if (facts.key) json["key_id"] = facts.key->id;
  if (facts.identity)
    json["identity"] = {{"san", facts.identity->san},
                        {"issuer", facts.identity->issuer},
                        {"claims", ClaimsJson(*facts.identity)}};
  json["times"] = OrderedJson::array();
  for (const TrustedTime& time : facts.times)
    json["times"].push_back(
        {{"time", PrintRfc3339(time.time)}, {"source", SourceName(time.source)}, {"id", time.id}});
  json["logs"] = OrderedJson::array();
  for (const LogEvidence& log : facts.logs)
    json["logs"].push_back({{"id", log.id}, {"entry", EvidenceName(log.kind)}});
  json["ct_logs"] = facts.ct_logs;
  if (facts.statement) json["statement"] = StatementJson(*facts.statement);
  json["not_proven"] = NotProven(facts);
}

std::string SignedBy(const Facts& facts) {
  if (facts.key) return "signed by key " + facts.key->id;
  if (facts.identity)
    return "signed by " + Printable(facts.identity->san) + " (" +
           Printable(facts.identity->issuer) + ")";
  return "signed";
}

}  // namespace

std::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk:
      return "ok";
    case Verdict::kWrong:
      return "wrong";
    case Verdict::kCouldNotCheck:
      return "could not check";
  }
  return "";
}

Report Report::Of(Result<Facts> outcome) {
  Report report;
  if (outcome) {
    report.verdict = Verdict::kOk;
    report.facts = *std::move(outcome);
    return report;
  }
  if (outcome.error().kind() == ErrorKind::kRefuted) report.verdict = Verdict::kWrong;
  report.stage = outcome.error().code();
  report.message = Printable(outcome.error().message());
  return report;
}

std::vector<std::string> NotProven(const Facts& facts) {
  std::vector<std::string> open;
  if (!facts.statement) open.emplace_back("name and version: the signature covers bytes only");
  open.emplace_back("freshness: an old signature stays good");
  if (facts.times.empty()) open.emplace_back("time: nobody vouches for when it was signed");
  if (facts.logs.empty()) {
    open.emplace_back("publicity: no transparency log has the signature");
  } else {
    const bool promised = std::any_of(
        facts.logs.begin(), facts.logs.end(),
        [](const LogEvidence& log) { return log.kind == LogEvidence::Kind::kPromised; });
    if (promised) open.emplace_back("inclusion: promised by the log, inclusion not proven");
    open.emplace_back("consistency: that the log shows the same to all");
  }
  open.emplace_back("custody: that the key was not stolen");
  return open;
}

OrderedJson ToJson(const Report& report) {
  OrderedJson json;
  json["verdict"] = VerdictName(report.verdict);
  if (report.facts) {
    AddFacts(*report.facts, json);
  } else {
    json["stage"] = report.stage;
    json["message"] = report.message;
  }
  return json;
}

std::string ToLine(const Report& report) {
  std::string line(VerdictName(report.verdict));
  if (!report.facts) return line + " (" + report.stage + "): " + report.message;
  line += ": " + SignedBy(*report.facts);
  for (const TrustedTime& time : report.facts->times)
    line += ", at " + PrintRfc3339(time.time) + " by " + std::string(SourceName(time.source)) +
            " " + Printable(time.id);
  if (report.facts->statement)
    line += ", statement " + Printable(report.facts->statement->predicate_type);
  line += "; not proven:";
  const char* separator = " ";
  for (const std::string& open : NotProven(*report.facts)) {
    line += separator + open.substr(0, open.find(':'));
    separator = ", ";
  }
  return line;
}

}  // namespace powernode::verify::sigstore
