#include "agent/commands/verify_request.h"

#include <memory>
#include <utility>

#include "agent/base/files.h"
#include "verify/sigstore/policy_key.h"
#include "verify/sigstore/strict_json.h"
#include "verify/sigstore/trusted_root.h"

namespace powernode::commands {
namespace {

namespace sigstore = verify::sigstore;

constexpr std::size_t kMaxKey = 64 * 1024;

Error BadFlags(std::string message) {
  return Error(ErrorKind::kInvalid, "bad_flags", std::move(message));
}

// A policy that cannot be read refuses, and says nothing of what was signed.
Error Unreadable(std::string code, const std::string& file, const Error& error) {
  return Error(ErrorKind::kCannotTell, std::move(code), file + ": " + error.message());
}

// What is too large is malformed (signatures.md, section 0.2).
Result<std::string> ReadMaterial(const std::string& file) {
  Result<std::string> text = ReadFile(file, sigstore::kMaxDocument);
  if (!text && text.error().code() == "file_too_large")
    return Error(ErrorKind::kRefuted, "parse", text.error().message());
  return text;
}

Result<std::vector<verify::x509::PublicKey>> Keys(const std::vector<std::string>& files) {
  std::vector<verify::x509::PublicKey> keys;
  for (const std::string& file : files) {
    const Result<std::string> pem = ReadFile(file, kMaxKey);
    if (!pem) return Unreadable("key", file, pem.error());
    const Result<verify::x509::PublicKey> key = sigstore::ParsePolicyKey(*pem);
    if (!key) return Unreadable("key", file, key.error());
    keys.push_back(*key);
  }
  return keys;
}

Result<std::shared_ptr<const sigstore::TrustedRoot>> Root(const std::string& file) {
  if (file.empty()) return std::shared_ptr<const sigstore::TrustedRoot>();
  const Result<std::string> text = ReadFile(file, sigstore::kMaxDocument);
  if (!text) return Unreadable("root", file, text.error());
  Result<sigstore::TrustedRoot> root = sigstore::ParseTrustedRoot(*text);
  if (!root) return Unreadable("root", file, root.error());
  return std::make_shared<const sigstore::TrustedRoot>(*std::move(root));
}

Result<sigstore::TextRule> Half(const std::string& flag, const std::string& exact,
                                const std::string& pattern) {
  if (exact.empty() == pattern.empty())
    return BadFlags("keyless verification needs " + flag + " or " + flag + "-regexp, one of them");
  Result<sigstore::TextRule> rule =
      exact.empty() ? sigstore::TextRule::Pattern(pattern) : sigstore::TextRule::Exact(exact);
  if (!rule) return BadFlags(flag + ": " + rule.error().message());
  return rule;
}

}  // namespace

Result<sigstore::Requirements> RequirementsOf(const VerifyFlags& flags) {
  const bool keyless = !flags.identity.empty() || !flags.identity_regexp.empty() ||
                       !flags.issuer.empty() || !flags.issuer_regexp.empty();
  if (keyless && !flags.keys.empty())
    return BadFlags("--key and --certificate-identity exclude each other");
  if (!keyless && flags.keys.empty())
    return BadFlags("--trusted-root needs --key, or --certificate-identity and its issuer");
  if (!keyless) {
    ASSIGN_OR_RETURN(std::vector<verify::x509::PublicKey> keys, Keys(flags.keys));
    ASSIGN_OR_RETURN(std::shared_ptr<const sigstore::TrustedRoot> root, Root(flags.trusted_root));
    return sigstore::Requirements::ForKeys(std::move(keys), std::move(root));
  }
  if (flags.trusted_root.empty())
    return BadFlags("keyless verification needs --trusted-root: none is built in");
  ASSIGN_OR_RETURN(sigstore::TextRule san,
                   Half("--certificate-identity", flags.identity, flags.identity_regexp));
  ASSIGN_OR_RETURN(sigstore::TextRule issuer,
                   Half("--certificate-oidc-issuer", flags.issuer, flags.issuer_regexp));
  ASSIGN_OR_RETURN(std::shared_ptr<const sigstore::TrustedRoot> root, Root(flags.trusted_root));
  return sigstore::Requirements::ForIdentities({{std::move(san), std::move(issuer)}},
                                               std::move(root));
}

Result<std::optional<verify::SignatureMaterial>> MaterialOf(const VerifyFlags& flags) {
  const auto as_bundle = [](std::string text) {
    return verify::SignatureMaterial{
        .kind = sigstore::GuessBundleKind(text), .text = std::move(text), .keyid = std::nullopt};
  };
  const auto as_signature = [](std::string text) {
    return verify::SignatureMaterial{
        .kind = sigstore::MaterialKind::kSignature, .text = std::move(text), .keyid = std::nullopt};
  };
  using Material = std::optional<verify::SignatureMaterial>;
  if (!flags.bundle.empty()) {
    ASSIGN_OR_RETURN_CONTEXT(std::string text, ReadMaterial(flags.bundle), "--bundle");
    return Material(as_bundle(std::move(text)));
  }
  if (!flags.signature.empty()) {
    ASSIGN_OR_RETURN_CONTEXT(std::string text, ReadMaterial(flags.signature), "--signature");
    return Material(as_signature(std::move(text)));
  }
  for (const char* ending : {".sigstore.json", ".bundle", ".sig"}) {
    Result<std::string> text = ReadMaterial(flags.path + ending);
    if (!text && text.error().kind() == ErrorKind::kNotFound) continue;
    if (!text) return std::move(text).error();
    if (std::string_view(ending) == ".sig") return Material(as_signature(*std::move(text)));
    return Material(as_bundle(*std::move(text)));
  }
  return Material();
}

}  // namespace powernode::commands
