#include "tests/platform/authority.h"

#include <algorithm>
#include <utility>

#include "agent/base/files.h"
#include "agent/base/random.h"

namespace powernode::platform {
namespace {

constexpr Seconds kDay = 24 * 3600;
constexpr Seconds kBackdate = 5 * 60;
constexpr std::size_t kMaxPem = 64 << 10;

template <typename Enum, std::size_t N>
Result<Enum> FromName(const std::pair<std::string_view, Enum> (&table)[N], std::string_view name,
                      std::string_view what) {
  std::string known;
  for (const auto& [word, value] : table) {
    if (word == name) return value;
    known += (known.empty() ? "" : ", ") + std::string(word);
  }
  return Error(ErrorKind::kInvalid, "unknown_flaw",
               std::string(what) + " '" + std::string(name) + "' is none of " + known);
}

// The control plane's clock may be moved while nodes look at their own, so that what is not flawed
// is good by both.
struct Span {
  Seconds first;
  Seconds last;
};

Span Nowadays(Seconds now) {
  return {.first = std::min(now, MachineTime()), .last = std::max(now, MachineTime())};
}

int BaseId(KeyKind kind) {
  switch (kind) {
    case KeyKind::kEcdsaP256:
      return EVP_PKEY_EC;
    case KeyKind::kRsa2048:
      return EVP_PKEY_RSA;
    case KeyKind::kEd25519:
      return EVP_PKEY_ED25519;
  }
  return EVP_PKEY_NONE;
}

constexpr std::pair<std::string_view, ServerFlaw> kServerFlaws[] = {
    {"good", ServerFlaw::kNone},
    {"expired", ServerFlaw::kExpired},
    {"not-yet-valid", ServerFlaw::kNotYetValid},
    {"wrong-name", ServerFlaw::kWrongName},
    {"no-name", ServerFlaw::kNoName},
    {"other-ca", ServerFlaw::kOtherAuthority},
};

constexpr std::pair<std::string_view, LeafFlaw> kLeafFlaws[] = {
    {"wrong-key", LeafFlaw::kWrongKey},
    {"wrong-name", LeafFlaw::kWrongName},
    {"expired", LeafFlaw::kExpired},
    {"not-yet-valid", LeafFlaw::kNotYetValid},
    {"no-client-auth", LeafFlaw::kNoClientAuth},
    {"foreign-issuer", LeafFlaw::kForeignIssuer},
};

}  // namespace

Result<ServerFlaw> ServerFlawFromName(std::string_view name) {
  return FromName(kServerFlaws, name, "server certificate");
}

Result<LeafFlaw> LeafFlawFromName(std::string_view name) {
  return FromName(kLeafFlaws, name, "leaf flaw");
}

Result<Authority> Authority::Make(const std::string& common_name, KeyKind kind, Seconds now) {
  ASSIGN_OR_RETURN(Key key, MakeKey(kind));
  const CertificateProfile profile{.common_name = common_name,
                                   .use = CertificateUse::kAuthority,
                                   .not_before = Nowadays(now).first - kDay,
                                   .not_after = Nowadays(now).last + 3650 * kDay,
                                   .dns_names = {},
                                   .addresses = {}};
  ASSIGN_OR_RETURN(Certificate root,
                   Issue(profile, key.get(), {.key = key.get(), .certificate = nullptr}));
  ASSIGN_OR_RETURN(std::string pem, CertificatePem(root.get()));
  return Authority(std::move(key), std::move(root), std::move(pem));
}

Result<Authority> Authority::Open(const std::string& directory, const std::string& name,
                                  std::optional<KeyKind> kind, Seconds now) {
  const std::string key_path = JoinPath(directory, name + ".key");
  const std::string root_path = JoinPath(directory, name + ".pem");
  if (!Exists(root_path)) {
    ASSIGN_OR_RETURN_CONTEXT(
        Authority made,
        Make("Powernode reference control plane (" + name + " " + RandomHex(4) + ")",
             kind.value_or(KeyKind::kEcdsaP256), now),
        "make certificate authority");
    ASSIGN_OR_RETURN(const std::string key_pem, PrivatePem(made.key_.get()));
    // The root comes last: where it exists, its key does.
    RETURN_IF_ERROR(WriteFileAtomically(key_path, key_pem, 0600));
    RETURN_IF_ERROR(WriteFileAtomically(root_path, made.root_pem_, 0644));
    return made;
  }
  ASSIGN_OR_RETURN_CONTEXT(const std::string key_pem, ReadFile(key_path, kMaxPem),
                           "open certificate authority");
  ASSIGN_OR_RETURN_CONTEXT(std::string root_pem, ReadFile(root_path, kMaxPem),
                           "open certificate authority");
  ASSIGN_OR_RETURN_CONTEXT(Key key, KeyFromPem(key_pem), key_path);
  ASSIGN_OR_RETURN_CONTEXT(Certificate root, CertificateFromPem(root_pem), root_path);
  if (kind && ::EVP_PKEY_get_base_id(key.get()) != BaseId(*kind))
    return Error(ErrorKind::kInvalid, "ca_kind_differs",
                 root_path + " holds a " + SignatureAlgorithmName(key.get()) +
                     " authority already; use another state directory");
  return Authority(std::move(key), std::move(root), std::move(root_pem));
}

KeyKind Authority::kind() const {
  const int id = ::EVP_PKEY_get_base_id(key_.get());
  for (const KeyKind kind : {KeyKind::kRsa2048, KeyKind::kEd25519}) {
    if (BaseId(kind) == id) return kind;
  }
  return KeyKind::kEcdsaP256;
}

Result<Certificate> Authority::Vouch(const Authority& other, Seconds now) const {
  const CertificateProfile profile{.common_name = CommonName(other.root_.get()),
                                   .use = CertificateUse::kAuthority,
                                   .not_before = Nowadays(now).first - kDay,
                                   .not_after = NotAfter(root_.get()),
                                   .dns_names = {},
                                   .addresses = {}};
  return Issue(profile, other.key_.get(), {.key = key_.get(), .certificate = root_.get()});
}

Result<Certificate> Authority::IssueLeaf(EVP_PKEY* subject_key, const std::string& common_name,
                                         Seconds now, Seconds lifetime) const {
  const CertificateProfile profile{.common_name = common_name,
                                   .use = CertificateUse::kClient,
                                   .not_before = now - kBackdate,
                                   .not_after = now + lifetime,
                                   .dns_names = {},
                                   .addresses = {}};
  return Issue(profile, subject_key, {.key = key_.get(), .certificate = root_.get()});
}

Result<Certificate> Authority::IssueFlawedLeaf(LeafFlaw flaw, EVP_PKEY* subject_key,
                                               const std::string& common_name, Seconds now,
                                               Seconds lifetime) const {
  CertificateProfile profile{.common_name = common_name,
                             .use = CertificateUse::kClient,
                             .not_before = now - kBackdate,
                             .not_after = now + lifetime,
                             .dns_names = {},
                             .addresses = {}};
  const Issuer issuer{.key = key_.get(), .certificate = root_.get()};
  switch (flaw) {
    case LeafFlaw::kWrongKey: {
      ASSIGN_OR_RETURN(const Key other, MakeKey(KeyKind::kEcdsaP256));
      return Issue(profile, other.get(), issuer);
    }
    case LeafFlaw::kWrongName:
      profile.common_name = "00000000-0000-4000-8000-000000000000";
      return Issue(profile, subject_key, issuer);
    case LeafFlaw::kExpired:
      profile.not_before = now - 2 * kDay;
      profile.not_after = now - kDay;
      return Issue(profile, subject_key, issuer);
    case LeafFlaw::kNotYetValid:
      profile.not_before = now + kDay;
      profile.not_after = now + 2 * kDay;
      return Issue(profile, subject_key, issuer);
    case LeafFlaw::kNoClientAuth:
      profile.use = CertificateUse::kServer;
      return Issue(profile, subject_key, issuer);
    case LeafFlaw::kForeignIssuer: {
      ASSIGN_OR_RETURN(const Authority foreign,
                       Make("Foreign authority", KeyKind::kEcdsaP256, now));
      return foreign.IssueLeaf(subject_key, common_name, now, lifetime);
    }
  }
  return Error(ErrorKind::kInvalid, "unknown_flaw", "unknown leaf flaw");
}

Result<ServerCertificate> Authority::IssueServer(const std::vector<std::string>& dns_names,
                                                 const std::vector<std::string>& addresses,
                                                 ServerFlaw flaw, Seconds now) const {
  const Span nowadays = Nowadays(now);
  CertificateProfile profile{
      .common_name = dns_names.empty() ? "powernode-platform" : dns_names.front(),
      .use = CertificateUse::kServer,
      .not_before = nowadays.first - kDay,
      .not_after = nowadays.last + 825 * kDay,
      .dns_names = dns_names,
      .addresses = addresses};
  switch (flaw) {
    case ServerFlaw::kNone:
      break;
    case ServerFlaw::kExpired:
      profile.not_before = nowadays.first - 10 * kDay;
      profile.not_after = nowadays.first - kDay;
      break;
    case ServerFlaw::kNotYetValid:
      profile.not_before = nowadays.last + 10 * kDay;
      break;
    case ServerFlaw::kWrongName:
      profile.dns_names = {"somewhere-else.invalid"};
      profile.addresses.clear();
      break;
    case ServerFlaw::kNoName:
      profile.dns_names.clear();
      profile.addresses.clear();
      break;
    case ServerFlaw::kOtherAuthority: {
      ASSIGN_OR_RETURN(const Authority other, Make("Other authority", kind(), now));
      return other.IssueServer(dns_names, addresses, ServerFlaw::kNone, now);
    }
  }
  ASSIGN_OR_RETURN(Key key, MakeKey(KeyKind::kEcdsaP256));
  ASSIGN_OR_RETURN_CONTEXT(
      Certificate certificate,
      Issue(profile, key.get(), {.key = key_.get(), .certificate = root_.get()}),
      "issue server certificate");
  return ServerCertificate{std::move(certificate), std::move(key)};
}

}  // namespace powernode::platform
