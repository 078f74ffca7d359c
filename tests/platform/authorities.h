// The certificate authorities of a state directory. One signs the server's certificate and, unless
// a second one was made for them, the nodes' leaves. A roll puts a successor beside it (ca_roll.h):
//
//   before           ca                     nodes are told of no other root
//   in the overlap   ca and ca-next         answers name both roots, ca still signs everything
//   finished         ca (the former next)   answers name it alone; the server's chain has it signed
//                                           by its predecessor too, for nodes that missed the
//                                           overlap
//
// Leaves of former authorities stay acceptable: what a certificate is worth, its row says.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/result.h"
#include "tests/platform/authority.h"
#include "tests/platform/state.h"
#include "tests/platform/state_directory.h"

namespace powernode::platform {

struct AuthorityKinds {
  std::optional<KeyKind> server;  // of a new directory; default ECDSA
  std::optional<KeyKind> leaves;  // a second authority for leaves; none otherwise
};

class Authorities {
 public:
  static Result<Authorities> Open(const StateDirectory& directory, const AuthorityKinds& kinds,
                                  Seconds now);

  const Authority& server() const { return server_; }
  const Authority& leaves() const { return leaves_ ? *leaves_ : server_; }
  // `platform_ca_pem` of node-api.md §7.1; empty as long as there was no roll.
  const std::string& announced_roots() const { return announced_roots_; }
  // What the server sends after its own certificate.
  const std::vector<Certificate>& server_chain() const { return server_chain_; }
  // What client certificates may chain to.
  const std::vector<Certificate>& client_roots() const { return client_roots_; }

 private:
  explicit Authorities(Authority server) : server_(std::move(server)) {}

  Authority server_;
  std::optional<Authority> leaves_;
  std::string announced_roots_;
  std::vector<Certificate> server_chain_;
  std::vector<Certificate> client_roots_;
};

// The authorities in force while a process serves: opened again after a roll. Callers hold the
// store's lock.
class AuthorityKeeper {
 public:
  static Result<AuthorityKeeper> Open(const StateDirectory& directory, const AuthorityKinds& kinds,
                                      const State& state);

  const std::shared_ptr<const Authorities>& Current(const State& state);

 private:
  AuthorityKeeper(StateDirectory directory, std::optional<KeyKind> leaf_kind,
                  std::shared_ptr<const Authorities> current, std::int64_t changes)
      : directory_(std::move(directory)),
        leaf_kind_(leaf_kind),
        current_(std::move(current)),
        changes_(changes) {}

  StateDirectory directory_;
  std::optional<KeyKind> leaf_kind_;
  std::shared_ptr<const Authorities> current_;
  std::int64_t changes_;
};

}  // namespace powernode::platform
