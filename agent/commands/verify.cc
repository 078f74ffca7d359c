#include <fcntl.h>

#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "agent/commands/command.h"
#include "agent/commands/measure.h"
#include "agent/commands/signals.h"
#include "verify/fsverity_measure.h"
#include "verify/image_verifier.h"
#include "verify/trust_directory.h"

namespace powernode::commands {
namespace {

constexpr std::size_t kMaxSignature = 1024 * 1024;
constexpr std::size_t kMaxKey = 64 * 1024;

struct VerifyFlags {
  std::string path;
  std::string signature;
  std::vector<std::string> keys;
  std::string digest;
};

// The keys named on the command line, or else those this image trusts.
Result<verify::TrustStore> KeysOf(const VerifyFlags& flags, const Paths& paths) {
  if (flags.keys.empty()) return verify::LoadTrustDirectories({paths.image_trust}).store;
  verify::TrustStore store;
  for (const std::string& file : flags.keys) {
    ASSIGN_OR_RETURN(const std::string pem, ReadFile(file, kMaxKey));
    RETURN_IF_ERROR_CONTEXT(store.Add(pem, file), file);
  }
  return store;
}

// The verifier names what the platform said and where a node looks; here a person said it, and can
// say more.
Error ForPerson(const Error& error, const VerifyFlags& flags, const verify::BlobDigest& found,
                const std::string& signature_file, const Paths& paths) {
  const auto say = [&](const std::string& text) {
    return Error(error.kind(), error.code(), "verify " + flags.path + ": " + text);
  };
  if (error.code() == "digest_mismatch")
    return say("the image is " + found.ToString() + ", --digest says " + flags.digest);
  if (error.code() == "signature_missing")
    return say("there is no signature at " + signature_file +
               ": make one with cosign sign-blob --key, or name it with --signature");
  if (error.code() == "no_trust_keys")
    return say(
        "there is no trusted key to check the signature with: name one with --key, or put it "
        "into " +
        paths.image_trust + "/*.pem");
  return error;
}

Outcome Verify(const VerifyFlags& flags, const Context& context, std::stop_token stop) {
  Result<verify::TrustStore> keys = KeysOf(flags, context.paths());
  if (!keys) return Outcome::Failed("verify", keys.error());
  Result<Fd> fd = Open(flags.path, O_RDONLY);
  if (!fd) return Outcome::Failed("verify", fd.error());
  Result<verify::DigestedFile> file = verify::DigestFile(*std::move(fd), stop);
  if (!file) return Outcome::Failed("verify", file.error());

  verify::ImageClaim claim{.module_id = "file", .name = flags.path, .digest = file->digest()};
  if (!flags.digest.empty()) {
    const Result<verify::BlobDigest> wanted = verify::BlobDigest::Parse(flags.digest);
    if (!wanted) return Outcome::Failed("verify", wanted.error());
    claim.digest = *wanted;
  }
  const std::string signature_file =
      flags.signature.empty() ? flags.path + ".sig" : flags.signature;
  Result<std::string> signature = ReadFile(signature_file, kMaxSignature);
  if (signature)
    claim.signature = *std::move(signature);
  else if (!flags.signature.empty() || signature.error().kind() != ErrorKind::kNotFound)
    return Outcome::Failed("verify", signature.error());

  Outcome outcome;
  outcome.details["path"] = flags.path;
  outcome.details["sha256"] = file->digest().Hex();
  outcome.details["size"] = file->size();
  const verify::BlobDigest found = file->digest();
  const verify::ImageVerifier verifier(*std::move(keys), verify::TrustMode::kEnforce);
  const Result<verify::VerifiedImage> image = verifier.Verify(*std::move(file), claim);
  if (!image) {
    Outcome failed = Outcome::Failed(
        "verify", ForPerson(image.error(), flags, found, signature_file, context.paths()));
    if (image.error().kind() == ErrorKind::kCannotTell) failed.exit_code = kCouldNotTell;
    failed.details = outcome.details;
    failed.details["verdict"] =
        image.error().kind() == ErrorKind::kRefuted ? "wrong" : "could not check";
    return failed;
  }
  outcome.stage = "verify";
  outcome.details["key_id"] = image->report().key_id.value_or("");
  outcome.details["proven"] = image->report().proven;
  outcome.details["not_proven"] = image->report().not_proven;
  outcome.details["verdict"] = "good";
  return outcome;
}

}  // namespace

std::function<Outcome(const Context&)> ConfigureVerify(CLI::App& app) {
  auto flags = std::make_shared<VerifyFlags>();
  auto measure = std::make_shared<MeasureFlags>();
  app.add_option("PATH", measure->paths, "the module image; with --measure, any files")->required();
  app.add_option("--signature", flags->signature,
                 "its signature (cosign sign-blob --key); PATH.sig when left out");
  app.add_option("--key", flags->keys,
                 "PEM public key, repeatable; the image's trust keys when left out");
  app.add_option("--digest", flags->digest, "the blob's SHA-256 it must have");
  CLI::Option* const measuring =
      app.add_flag("--measure", "only print the files' fs-verity digests, as fsverity(1) does");
  app.add_option("--threads", measure->threads, "with --measure: how many read and hash a file")
      ->needs(measuring)
      ->check(CLI::Range(std::size_t{1}, verify::kMaxMeasureThreads));
  for (const char* other : {"--signature", "--key", "--digest"})
    measuring->excludes(app.get_option(other));
  return [flags, measure, measuring](const Context& context) {
    const StopOnSignal signals;
    if (measuring->count() > 0) return MeasureFiles(*measure, signals.token());
    if (measure->paths.size() != 1)
      return Outcome::Failed("verify",
                             Error(ErrorKind::kInvalid, "one_path", "verify takes one PATH"));
    flags->path = measure->paths.front();
    return Verify(*flags, context, signals.token());
  };
}

}  // namespace powernode::commands
