#include "mount/puller.h"

#include <string>

#include "verify/kernel_fsverity.h"

namespace powernode::mount {
namespace {

std::string NameOf(const ModuleBlob& module) {
  return module.name.empty() ? module.module_id : module.name;
}

}  // namespace

Result<verify::VerifiedImage> Puller::Pull(const ModuleBlob& module, std::stop_token stop) const {
  Result<verify::VerifiedImage> image = PullOrOpen(module, source_, std::move(stop));
  if (!image) return std::move(image).error().WithContext("pull module " + NameOf(module));
  return image;
}

Result<verify::VerifiedImage> Puller::FromStore(const ModuleBlob& module,
                                                std::stop_token stop) const {
  Result<verify::VerifiedImage> image = PullOrOpen(module, nullptr, std::move(stop));
  if (!image)
    return std::move(image).error().WithContext("take module " + NameOf(module) +
                                                " from the store");
  return image;
}

Result<verify::VerifiedImage> Puller::PullOrOpen(const ModuleBlob& module, BlobSource* source,
                                                 std::stop_token stop) const {
  const std::chrono::milliseconds begun = clock_.Monotonic();
  std::optional<LockFile> lock;  // taking out is safe without: blobs are renamed into place, whole
  if (source != nullptr) {
    RETURN_IF_ERROR(store_.Prepare());
    ASSIGN_OR_RETURN(lock, store_.Lock(module.digest, options_.lock_patience));
  }

  verify::ImageClaim claim{.module_id = module.module_id,
                           .name = module.name,
                           .digest = module.digest,
                           .size = module.size,
                           .fsverity = module.fsverity,
                           .signature = module.signature,
                           .confirmed = module.confirmed};
  ASSIGN_OR_RETURN(claim.signature, FindSignature(claim, source, stop));
  RETURN_IF_ERROR(verifier_.CheckClaim(claim));

  ASSIGN_OR_RETURN(std::optional<verify::DigestedFile> file, OpenStored(module, stop));
  if (file && file->digest() != module.digest && source != nullptr) {
    RETURN_IF_ERROR_CONTEXT(store_.Remove(module.digest),
                            "throw away a stored blob whose bytes have changed");
    file.reset();
  }
  const bool from_store = file.has_value();
  if (!file) {
    if (source == nullptr)
      return Error(ErrorKind::kNotFound, "blob_not_stored",
                   module.digest.ToString() + " is not in the module store of this node");
    ASSIGN_OR_RETURN(file, Download(store_, *source, clock_, module, options_.download, stop));
  }
  if (verifier_.verity() != verify::VerityMode::kOff && file->digest() == module.digest)
    (void)verify::EnableVerity(file->fd(), {}, clock_);  // the verifier measures what came of it
  ASSIGN_OR_RETURN(verify::VerifiedImage image, verifier_.Verify(*std::move(file), claim));

  ASSIGN_OR_RETURN(const std::optional<std::string> kept, store_.ReadSignature(module.digest));
  if (source != nullptr && claim.signature && kept != claim.signature)
    RETURN_IF_ERROR(store_.WriteSignature(module.digest, *claim.signature));
  if (!from_store) RETURN_IF_ERROR(store_.Adopt(module.digest));

  if (options_.download.observer)
    options_.download.observer(
        PullProgress{.module = module,
                     .bytes_done = image.size(),
                     .bytes_total = image.size(),
                     .seconds = std::chrono::duration<double>(clock_.Monotonic() - begun).count(),
                     .from_store = from_store,
                     .finished = true});
  return image;
}

// The one in the module view, the stored one if it still satisfies the verifier, else the
// platform's.
Result<std::optional<std::string>> Puller::FindSignature(const verify::ImageClaim& claim,
                                                         BlobSource* source,
                                                         std::stop_token stop) const {
  if (claim.signature) return claim.signature;
  ASSIGN_OR_RETURN(std::optional<std::string> stored, store_.ReadSignature(claim.digest));
  if (source == nullptr) return stored;
  if (stored) {
    verify::ImageClaim with_stored = claim;
    with_stored.signature = stored;
    if (verifier_.Holds(with_stored)) return stored;
  }
  Result<std::optional<std::string>> fetched =
      source->FetchSignature(claim.module_id, std::move(stop));
  if (fetched) return *fetched ? std::move(fetched).value() : std::move(stored);
  if (stored || verifier_.mode() == verify::TrustMode::kAudit) return stored;
  return std::move(fetched).error().WithContext("fetch its signature");
}

Result<std::optional<verify::DigestedFile>> Puller::OpenStored(const ModuleBlob& module,
                                                               std::stop_token stop) const {
  ASSIGN_OR_RETURN(std::optional<Fd> fd, store_.Open(module.digest));
  if (!fd) return std::optional<verify::DigestedFile>();
  ASSIGN_OR_RETURN(verify::DigestedFile file, verify::DigestFile(*std::move(fd), std::move(stop)));
  return std::optional(std::move(file));
}

}  // namespace powernode::mount
