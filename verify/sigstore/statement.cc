#include "verify/sigstore/statement.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "agent/base/encoding.h"
#include "agent/base/printable.h"
#include "verify/quoted.h"
#include "verify/sigstore/refusal.h"
#include "verify/sigstore/strict_json.h"

namespace powernode::verify::sigstore {
namespace {

constexpr std::string_view kTypes[] = {"https://in-toto.io/Statement/v0.1",
                                       "https://in-toto.io/Statement/v1"};
constexpr std::size_t kMaxSubjects = 1024;
constexpr std::size_t kMaxDigests = 32;
constexpr x509::HashAlgorithm kHashes[] = {
    x509::HashAlgorithm::kSha256, x509::HashAlgorithm::kSha384, x509::HashAlgorithm::kSha512};

// nullptr when absent or null.
const Json* Find(const Json& object, std::string_view name) {
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

Result<std::string> Text(const Json& object, std::string_view name, std::string_view at) {
  const Json* value = Find(object, name);
  if (value == nullptr) return std::string();
  if (!value->is_string()) return Wrong(at, "statement: " + std::string(name) + " is not a string");
  return value->get_ref<const std::string&>();
}

Result<Subject> ParseSubject(const Json& json) {
  if (!json.is_object()) return Wrong(stage::kSubject, "statement: a subject is not an object");
  Subject subject;
  ASSIGN_OR_RETURN(subject.name, Text(json, "name", stage::kSubject));
  const Json* digests = Find(json, "digest");
  if (digests == nullptr || !digests->is_object())
    return Wrong(stage::kSubject, "statement: a subject without digests");
  if (digests->size() > kMaxDigests)
    return Wrong(stage::kSubject, "statement: more than 32 digests of a subject");
  for (const auto& [algorithm, value] : digests->items()) {
    if (!value.is_string())
      return Wrong(stage::kSubject, "statement: a digest of a subject is not a string");
    subject.digests.emplace(algorithm, value.get_ref<const std::string&>());
  }
  return subject;
}

bool IsAbout(const Subject& subject, const Artifact& artifact) {
  return std::any_of(std::begin(kHashes), std::end(kHashes), [&](x509::HashAlgorithm hash) {
    const auto written = subject.digests.find(std::string(x509::HashName(hash)));
    if (written == subject.digests.end()) return false;
    const std::optional<std::string> digest = artifact.Digest(hash);
    return digest && written->second == HexEncode(*digest);
  });
}

}  // namespace

Result<Statement> ParseStatement(std::string_view payload) {
  Result<Json> json = ParseStrictJson(payload);
  if (!json) return At(stage::kStatement, json.error(), "statement");
  Statement statement;
  ASSIGN_OR_RETURN(statement.type, Text(*json, "_type", stage::kStatement));
  if (std::find(std::begin(kTypes), std::end(kTypes), statement.type) == std::end(kTypes))
    return Wrong(stage::kStatement, "statement: unknown _type \"" +
                                        Printable(statement.type.substr(0, kQuotedAtMost)) + "\"");
  ASSIGN_OR_RETURN(statement.predicate_type, Text(*json, "predicateType", stage::kStatement));

  const Json* subjects = Find(*json, "subject");
  if (subjects == nullptr || !subjects->is_array() || subjects->empty())
    return Wrong(stage::kSubject, "statement: no subjects");
  if (subjects->size() > kMaxSubjects)
    return Wrong(stage::kSubject, "statement: more than 1024 subjects");
  for (const Json& element : *subjects) {
    ASSIGN_OR_RETURN(Subject subject, ParseSubject(element));
    statement.subjects.push_back(std::move(subject));
  }
  if (const auto predicate = json->find("predicate"); predicate != json->end())
    statement.predicate = std::move(*predicate);
  return statement;
}

Status CheckSubject(const Statement& statement, const Artifact& artifact) {
  for (const Subject& subject : statement.subjects)
    if (IsAbout(subject, artifact)) return Ok();
  return Wrong(stage::kSubject, "statement: none of its " +
                                    std::to_string(statement.subjects.size()) +
                                    " subjects is the artifact");
}

}  // namespace powernode::verify::sigstore
