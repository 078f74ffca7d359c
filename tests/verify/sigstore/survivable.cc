#include "tests/verify/sigstore/survivable.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "tests/verify/vectors.h"
#include "verify/sigstore/checkpoint.h"
#include "verify/sigstore/pem.h"
#include "verify/x509/timestamp_token.h"

namespace powernode::testing {
namespace {

using namespace verify::sigstore;

// What differs: a value, or a member that is missing on the altered side.
struct Difference {
  std::string path;  // "verificationMaterial.tlogEntries.0.logIndex"
  const Json* original = nullptr;
  const Json* altered = nullptr;  // none: the member is gone
};

void Collect(const Json& original, const Json& altered, const std::string& path,
             std::vector<Difference>& found) {
  if (original == altered) return;
  const auto below = [&](const std::string& name) {
    return path.empty() ? name : path + "." + name;
  };
  if (original.is_object() && altered.is_object()) {
    for (const auto& [name, value] : original.items()) {
      if (altered.contains(name))
        Collect(value, altered[name], below(name), found);
      else
        found.push_back({below(name), &value, nullptr});
    }
    return;  // a name that is only on the altered side was one of the original's
  }
  if (original.is_array() && altered.is_array() && original.size() == altered.size()) {
    for (std::size_t i = 0; i < original.size(); ++i)
      Collect(original[i], altered[i], below(std::to_string(i)), found);
    return;
  }
  found.push_back({path, &original, &altered});
}

bool IsDefault(const Json& value) {
  return value.is_null() || value == 0 || value == "0" || value == "" || value == Json::array();
}

bool EndsWith(const std::string& path, std::string_view end) { return path.ends_with(end); }

const Json* EntryOf(const Json& bundle, const std::string& path) {
  constexpr std::string_view kEntries = "verificationMaterial.tlogEntries.";
  if (!path.starts_with(kEntries)) return nullptr;
  const std::size_t index = static_cast<std::size_t>(path[kEntries.size()] - '0');
  return &bundle["verificationMaterial"]["tlogEntries"][index];
}

bool IsOfKnownLog(const VectorCase& vector, const Json& entry) {
  const TrustedRoot* root = vector.requirements->trusted_root.get();
  return root && root->FindLog(FromBase64(entry["logId"]["keyId"])) != nullptr;
}

// Only lines that others signed.
bool OnlyForeignLines(const VectorCase& vector, const Json& entry, const std::string& original,
                      const std::string& altered) {
  const Result<Checkpoint> before = ParseCheckpoint(original);
  const Result<Checkpoint> after = ParseCheckpoint(altered);
  if (!before || !after || before->text != after->text) return false;
  const TransparencyLog* log =
      vector.requirements->trusted_root->FindLog(FromBase64(entry["logId"]["keyId"]));
  if (log == nullptr) return true;
  const auto is_own = [&](const NoteSignature& line) {
    return std::find(log->names.begin(), log->names.end(), line.name) != log->names.end() &&
           line.key_id == CheckpointKeyId(*log->log.key, line.name);
  };
  const auto own = [&](const Checkpoint& checkpoint) {
    std::vector<std::string> signatures;
    for (const NoteSignature& line : checkpoint.signatures)
      if (is_own(line)) signatures.push_back(line.signature);
    return signatures;
  };
  return own(*before) == own(*after);
}

// Certificates that came along while the root has the signer's, and the set of digest algorithms;
// or a token that is now by an authority nobody knows.
bool OnlyUnreadOfToken(const std::string& original, const std::string& altered) {
  const auto before = verify::x509::ParseTimestampToken(original);
  const auto after = verify::x509::ParseTimestampToken(altered);
  if (!before || !after) return false;
  if (before->signer_issuer != after->signer_issuer ||
      before->signer_serial != after->signer_serial)
    return true;
  return before->content == after->content &&
         before->signed_attributes == after->signed_attributes &&
         before->signature == after->signature && before->digest_hash == after->digest_hash &&
         before->algorithm.family == after->algorithm.family &&
         before->algorithm.hash == after->algorithm.hash;
}

bool SamePem(std::string_view original, std::string_view altered) {
  const std::optional<PemBlock> before = ReadPem(original);
  const std::optional<PemBlock> after = ReadPem(altered);
  return before && after && before->label == after->label && before->der == after->der;
}

std::string Place(const VectorCase& vector, const Json& bundle, const Difference& difference) {
  const std::string& path = difference.path;
  const Json& original = *difference.original;
  const Json* altered = difference.altered;
  if (path == "verificationMaterial.publicKey.hint") return "hint";
  if (altered && path == "cert" && SamePem(FromBase64(original), FromBase64(*altered)))
    return "white space around PEM";
  if (!altered) {
    if (IsDefault(original)) return "name of a default";
    for (const std::string_view name : {".inclusionProof.rootHash", ".inclusionProof.treeSize"})
      if (EndsWith(path, name)) return "name of " + std::string(name.substr(1));
    if (EndsWith(path, ".inclusionPromise") || EndsWith(path, ".rfc3161Timestamps"))
      return "name of a source of time";
    if (EndsWith(path, ".inclusionProof") &&
        bundle["mediaType"] == "application/vnd.dev.sigstore.bundle+json;version=0.1")
      return "name of a proof beside a promise";  // which is enough before 0.2
  }
  // In protocol buffers a member that has its default is one that is absent.
  if (altered && IsDefault(*altered) && EndsWith(path, ".inclusionProof.treeSize"))
    return "value of inclusionProof.treeSize";
  if (path.starts_with("verificationMaterial.x509CertificateChain.certificates.") &&
      !path.starts_with("verificationMaterial.x509CertificateChain.certificates.0."))
    return "certificate after the first";
  if (altered && EndsWith(path, ".signedTimestamp") &&
      OnlyUnreadOfToken(FromBase64(original), FromBase64(*altered)))
    return "token";
  if (const Json* entry = EntryOf(bundle, path)) {
    if (EndsWith(path, ".logId") || EndsWith(path, ".keyId")) return "entry made foreign";
    if (!IsOfKnownLog(vector, *entry)) return "entry of an unknown log";
    const bool promised = entry->contains("inclusionPromise");
    if (EndsWith(path, ".integratedTime") && !promised) return "time that nobody signed";
    if (EndsWith(path, ".logIndex") && !EndsWith(path, ".inclusionProof.logIndex") && !promised &&
        (*entry)["kindVersion"] != Json{{"kind", "hashedrekord"}, {"version", "0.0.2"}})
      return "index that nobody signed";
    if (altered && EndsWith(path, ".checkpoint.envelope") &&
        OnlyForeignLines(vector, *entry, original.get<std::string>(), altered->get<std::string>()))
      return "lines of witnesses";
  }
  return "";
}

}  // namespace

std::string SurvivablePlace(const VectorCase& vector, std::string_view altered) {
  const Result<Json> before = ParseJson(vector.material);
  const Result<Json> after = ParseJson(altered);
  if (!before || !after) return "";
  if (*before == *after) return "white space";
  std::vector<Difference> differences;
  Collect(*before, *after, "", differences);
  if (differences.size() != 1) return "";
  return Place(vector, *before, differences.front());
}

}  // namespace powernode::testing
