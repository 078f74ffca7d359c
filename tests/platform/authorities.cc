#include "tests/platform/authorities.h"

#include <iostream>
#include <utility>

namespace powernode::platform {
namespace {

Result<std::vector<Certificate>> ReadCertificates(const std::string& path) {
  if (!Exists(path)) return std::vector<Certificate>();
  ASSIGN_OR_RETURN_CONTEXT(const std::string pem, ReadFile(path, kMaxFormerRoots),
                           "open certificate authorities");
  return CertificatesFromPem(pem);
}

}  // namespace

Result<Authorities> Authorities::Open(const StateDirectory& directory, const AuthorityKinds& kinds,
                                      Seconds now) {
  ASSIGN_OR_RETURN(Authority server, Authority::Open(directory.path, "ca", kinds.server, now));
  Authorities opened(std::move(server));
  if (kinds.leaves) {
    ASSIGN_OR_RETURN(opened.leaves_, Authority::Open(directory.path, "leaf-ca", kinds.leaves, now));
  }
  ASSIGN_OR_RETURN(opened.client_roots_, ReadCertificates(directory.former_roots()));
  if (!opened.client_roots_.empty()) opened.announced_roots_ = opened.server_.root_pem();
  opened.client_roots_.push_back(Share(opened.leaves().root()));
  if (directory.is_rolling()) {
    ASSIGN_OR_RETURN(const Authority next,
                     Authority::Open(directory.path, "ca-next", std::nullopt, now));
    opened.announced_roots_ = opened.server_.root_pem() + next.root_pem();
  }
  ASSIGN_OR_RETURN(opened.server_chain_, ReadCertificates(directory.cross_certificates()));
  if (opened.server_chain_.empty()) opened.server_chain_.push_back(Share(opened.server_.root()));
  return opened;
}

Result<AuthorityKeeper> AuthorityKeeper::Open(const StateDirectory& directory,
                                              const AuthorityKinds& kinds, const State& state) {
  ASSIGN_OR_RETURN(Authorities first, Authorities::Open(directory, kinds, state.Now()));
  return AuthorityKeeper(directory, kinds.leaves,
                         std::make_shared<const Authorities>(std::move(first)),
                         state.authority_changes);
}

const std::shared_ptr<const Authorities>& AuthorityKeeper::Current(const State& state) {
  if (changes_ == state.authority_changes) return current_;
  changes_ = state.authority_changes;
  Result<Authorities> opened =
      Authorities::Open(directory_, {.server = std::nullopt, .leaves = leaf_kind_}, state.Now());
  if (opened) {
    current_ = std::make_shared<const Authorities>(std::move(*opened));
  } else {
    std::cerr << "after a roll: " << opened.error().message() << "\n";
  }
  return current_;
}

}  // namespace powernode::platform
