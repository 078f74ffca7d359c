// The control plane's certificate authority: one self-signed root kept in the state directory, so
// that a restart changes nothing for the nodes (field-lessons EN-12). It issues the server's
// certificate at each start and the nodes' leaves (node-api.md §2.4), and on request the flawed
// ones that tests need.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.h"
#include "tests/platform/certificates.h"
#include "tests/platform/keys.h"

namespace powernode::platform {

// What is wrong with a server certificate.
enum class ServerFlaw { kNone, kExpired, kNotYetValid, kWrongName, kNoName, kOtherAuthority };
Result<ServerFlaw> ServerFlawFromName(std::string_view name);

// What is wrong with a leaf.
enum class LeafFlaw {
  kWrongKey,
  kWrongName,
  kExpired,
  kNotYetValid,
  kNoClientAuth,
  kForeignIssuer
};
Result<LeafFlaw> LeafFlawFromName(std::string_view name);

struct ServerCertificate {
  Certificate certificate;
  Key key;
};

class Authority {
 public:
  // Reads `directory`/`name`.pem and .key, or makes them with a key of `kind` (default ECDSA).
  // kInvalid "ca_kind_differs" when an existing key is of another kind: a root is never replaced
  // behind the nodes' back.
  static Result<Authority> Open(const std::string& directory, const std::string& name,
                                std::optional<KeyKind> kind, Seconds now);
  // One that nobody trusts, in memory only.
  static Result<Authority> Make(const std::string& common_name, KeyKind kind, Seconds now);

  const std::string& root_pem() const { return root_pem_; }
  X509* root() const { return root_.get(); }
  std::string signature_algorithm() const { return SignatureAlgorithmName(key_.get()); }
  KeyKind kind() const;

  // The other's root, signed by this one: who trusts this one may trust that one.
  Result<Certificate> Vouch(const Authority& other, Seconds now) const;

  Result<Certificate> IssueLeaf(EVP_PKEY* subject_key, const std::string& common_name, Seconds now,
                                Seconds lifetime) const;
  Result<Certificate> IssueFlawedLeaf(LeafFlaw flaw, EVP_PKEY* subject_key,
                                      const std::string& common_name, Seconds now,
                                      Seconds lifetime) const;

  Result<ServerCertificate> IssueServer(const std::vector<std::string>& dns_names,
                                        const std::vector<std::string>& addresses, ServerFlaw flaw,
                                        Seconds now) const;

 private:
  Authority(Key key, Certificate root, std::string root_pem)
      : key_(std::move(key)), root_(std::move(root)), root_pem_(std::move(root_pem)) {}

  Key key_;
  Certificate root_;
  std::string root_pem_;
};

}  // namespace powernode::platform
