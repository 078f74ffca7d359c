#include "verify/x509/certificate_path.h"

#include <optional>
#include <vector>

#include "verify/x509/oids.h"
#include "verify/x509/refusal.h"

namespace powernode::verify::x509 {
namespace {

Error NoPath(std::string_view why) {
  return Wrong(kStageCertificate, "no path to an authority: " + std::string(why));
}

// Whether `issuer` may stand above `below` intermediates at `time`.
Status CheckIssuer(const Certificate& issuer, std::size_t below, Instant time) {
  if (!issuer.validity().Contains(time)) return NoPath("an authority was not valid at that time");
  if (!issuer.is_ca()) return NoPath("an issuer is not a CA");
  if (issuer.has_key_usage() && !issuer.may_sign_certificates())
    return NoPath("an issuer may not sign certificates");
  if (issuer.path_length() && *issuer.path_length() < below)
    return NoPath("longer than an issuer allows");
  // Constraints on names are not evaluated here, so a CA that has them vouches for nobody.
  if (issuer.FindExtension(kOidNameConstraints) != nullptr)
    return NoPath("an issuer is constrained in the names it may vouch for");
  return issuer.CheckCriticalExtensions();
}

bool MayIssueFor(const Certificate& intermediate, std::string_view purpose) {
  return intermediate.purposes().empty() || intermediate.HasPurpose(purpose) ||
         intermediate.HasPurpose(kOidAnyPurpose);
}

// Breadth first from the leaf upwards. The first path to reach a certificate has the fewest
// intermediates below it, so that no longer one could satisfy a limit that it does not: every
// certificate is looked at once.
class Search {
 public:
  Search(const Certificate& leaf, const Authority& authority, Instant time,
         std::string_view purpose)
      : leaf_(leaf),
        authority_(authority),
        chain_(authority.chain()),
        time_(time),
        purpose_(purpose),
        seen_(chain_.size(), false) {}

  Result<Certificate> Run() {
    if (!leaf_.validity().Contains(time_))
      return NoPath("the certificate was not valid at that time");
    Expand(std::nullopt, 0);
    for (std::size_t next = 0; next < reached_.size(); ++next) {
      const Reached at = reached_[next];
      if (at.index == chain_.size() - 1) return chain_[at.leaf_issuer];
      Expand(at, at.below + 1);
    }
    return refusal_ ? *std::move(refusal_) : NoPath("the issuer is not known");
  }

 private:
  struct Reached {
    std::size_t index;        // in the chain
    std::size_t below;        // intermediates between it and the leaf
    std::size_t leaf_issuer;  // by which the path leaves the leaf
  };

  // Steps from the leaf, or from a certificate that was reached, to each that signed it.
  void Expand(std::optional<Reached> from, std::size_t below) {
    const Certificate& child = from ? chain_[from->index] : leaf_;
    for (std::size_t i = 0; i < chain_.size(); ++i) {
      if (seen_[i] || chain_[i].subject() != child.issuer()) continue;
      Status step = CheckIssuer(chain_[i], below, time_);
      if (step && i != chain_.size() - 1 && !MayIssueFor(chain_[i], purpose_))
        step = NoPath("an intermediate is not for this purpose");
      if (step) step = CheckSignature(from, i);
      if (!step) {
        Keep(std::move(step).error());
        continue;
      }
      seen_[i] = true;
      reached_.push_back({.index = i, .below = below, .leaf_issuer = from ? from->leaf_issuer : i});
    }
  }

  // A timestamp authority's own certificate is the first of its chain.
  Status CheckSignature(const std::optional<Reached>& child, std::size_t issuer) const {
    if (child) return authority_.CheckSignature(child->index, issuer);
    if (leaf_.der() == chain_[0].der()) return authority_.CheckSignature(0, issuer);
    return leaf_.CheckSignature(chain_[issuer]);
  }

  // One reason is reported; that something could not be checked comes before all others.
  void Keep(Error error) {
    if (!refusal_ || error.kind() == ErrorKind::kCannotTell) refusal_ = std::move(error);
  }

  const Certificate& leaf_;
  const Authority& authority_;
  std::span<const Certificate> chain_;
  Instant time_;
  std::string_view purpose_;
  std::vector<bool> seen_;
  std::vector<Reached> reached_;
  std::optional<Error> refusal_;
};

}  // namespace

Status CheckLeaf(const Certificate& leaf) {
  if (leaf.is_ca()) return Wrong(kStageCertificate, "the signing certificate is a CA");
  return leaf.CheckCriticalExtensions();
}

Status CheckCodeSigningUsage(const Certificate& leaf) {
  if (!leaf.may_sign_data())
    return Wrong(kStageCertificate, "the signing certificate's key usage lacks digitalSignature");
  if (!leaf.HasPurpose(kOidCodeSigning))
    return Wrong(kStageCertificate, "the signing certificate is not for code signing");
  return Ok();
}

Result<Certificate> FindPath(const Certificate& leaf, const Authority& authority, Instant time,
                             std::string_view purpose) {
  return Search(leaf, authority, time, purpose).Run();
}

Result<Certificate> VerifyPath(const Certificate& leaf, std::span<const Authority> authorities,
                               std::span<const Instant> times, std::string_view purpose) {
  std::optional<Certificate> issuer;
  for (const Instant time : times) {
    std::optional<Certificate> found;
    std::optional<Error> refusal;
    for (const Authority& authority : authorities) {
      if (!authority.valid_for().Contains(time)) continue;
      Result<Certificate> path = FindPath(leaf, authority, time, purpose);
      if (path) {
        found = *std::move(path);
        break;
      }
      if (!refusal || path.error().kind() == ErrorKind::kCannotTell)
        refusal = std::move(path).error();
    }
    if (!found)
      return refusal ? *std::move(refusal) : NoPath("none was valid at the time of the signature");
    if (!issuer) issuer = *std::move(found);
  }
  if (!issuer) return NoPath("no time to look at");
  return *std::move(issuer);
}

}  // namespace powernode::verify::x509
