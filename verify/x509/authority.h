// What the owner trusts beyond plain keys, as the reader of a trusted root fills it in
// (signatures.md §5).
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "verify/x509/certificate.h"
#include "verify/x509/instant.h"
#include "verify/x509/public_key.h"

namespace powernode::verify::x509 {

// One entry of certificateAuthorities or timestampAuthorities: a chain whose last certificate is
// the trust anchor. A value, cheap to copy, for any number of threads: which certificates of the
// chain signed which others is found out when first asked, and kept.
class Authority {
 public:
  // Precondition: `chain` is not empty.
  Authority(std::vector<Certificate> chain, Window valid_for);

  std::span<const Certificate> chain() const { return state_->chain; }
  const Certificate& anchor() const { return state_->chain.back(); }
  const Window& valid_for() const { return state_->valid_for; }

  // Certificate::CheckSignature between two of the chain.
  Status CheckSignature(std::size_t child, std::size_t parent) const;

 private:
  struct State {
    std::vector<Certificate> chain;
    Window valid_for;
    // A byte for each (child, parent). Two threads may both find out; they find the same.
    std::unique_ptr<std::atomic<char>[]> holds;
  };

  std::shared_ptr<const State> state_;
};

// A transparency log or a CT log.
struct LogKey {
  std::string id;                // 32 bytes
  std::optional<PublicKey> key;  // absent: of a kind that is not supported; could not be checked
  Window window;
};

}  // namespace powernode::verify::x509
