#include <fcntl.h>

#include "agent/base/encoding.h"
#include "agent/base/files.h"
#include "agent/base/syscalls.h"
#include "agent/commands/command.h"
#include "agent/commands/measure.h"
#include "agent/commands/signals.h"
#include "agent/commands/verify_request.h"
#include "runtime/node_policy.h"
#include "verify/blob_artifact.h"
#include "verify/file_signature.h"
#include "verify/fsverity_measure.h"
#include "verify/image_verifier.h"
#include "verify/sigstore/bundle.h"
#include "verify/sigstore/verifier.h"

namespace powernode::commands {
namespace {

namespace sigstore = verify::sigstore;
using verify::ImageVerity;

// A refusal, and in which of the two ways (signatures.md, section 0.1).
Outcome Refused(const Error& error, OrderedJson details) {
  Outcome outcome = Outcome::Failed("verify", error);
  if (error.kind() == ErrorKind::kCannotTell) outcome.exit_code = kCouldNotTell;
  if (error.kind() == ErrorKind::kCannotTell || error.kind() == ErrorKind::kRefuted)
    details["verdict"] = error.kind() == ErrorKind::kRefuted ? "wrong" : "could not check";
  outcome.details = std::move(details);
  return outcome;
}

Error Subject(const VerifyFlags& flags, const Error& error) {
  return error.WithContext("verify " + flags.path);
}

Error ErrorOf(const sigstore::Report& report) {
  const bool wrong = report.verdict == sigstore::Verdict::kWrong;
  return Error(wrong ? ErrorKind::kRefuted : ErrorKind::kCannotTell,
               report.stage.empty() ? "verify" : report.stage,
               (wrong ? "wrong (" : "could not check (") + report.stage + "): " + report.message);
}

Error NoSignature(const VerifyFlags& flags) {
  return Error(ErrorKind::kCannotTell, "signature_missing",
               "there is no signature at " + flags.path +
                   ".sigstore.json, .bundle or .sig: make one with cosign sign-blob --key, or name "
                   "it with --bundle or --signature");
}

// What PATH names: a file that was opened and measured, or a digest alone.
struct Named {
  std::optional<verify::DigestedFile> file;
  sigstore::Artifact artifact;               // of the digest
  std::optional<verify::BlobDigest> digest;  // unless a digest of another kind was given
};

// `sha256:<hex>` instead of a file; sha384 and sha512 likewise.
std::optional<Named> BareDigest(const std::string& path) {
  using verify::x509::HashAlgorithm;
  for (const HashAlgorithm algorithm :
       {HashAlgorithm::kSha256, HashAlgorithm::kSha384, HashAlgorithm::kSha512}) {
    const std::string prefix = std::string(verify::x509::HashName(algorithm)) + ":";
    if (!path.starts_with(prefix)) continue;
    const std::optional<std::string> bytes = HexDecode(path.substr(prefix.size()));
    if (!bytes || !IsLowerHex(path.substr(prefix.size()), bytes->size() * 2)) return std::nullopt;
    Named named;
    named.artifact.SetDigest(algorithm, *bytes);
    if (!named.artifact.Digest(algorithm)) return std::nullopt;
    if (algorithm == HashAlgorithm::kSha256) named.digest = *verify::BlobDigest::Parse(path);
    return named;
  }
  return std::nullopt;
}

Result<Named> NameOf(const std::string& path, std::stop_token stop) {
  if (std::optional<Named> bare = BareDigest(path)) return *std::move(bare);
  // Once: everything below works on this descriptor.
  ASSIGN_OR_RETURN(Fd fd, Open(path, O_RDONLY | O_NONBLOCK));
  ASSIGN_OR_RETURN_CONTEXT(verify::DigestedFile file,
                           verify::DigestFile(std::move(fd), std::move(stop)), "verify " + path);
  Named named;
  named.digest = file.digest();
  named.artifact = verify::ArtifactOf(file.digest());
  named.file = std::move(file);
  return named;
}

// --digest and --fsverity: what was asked and is not so, or cannot be told, refuses.
Status CheckDigests(const VerifyFlags& flags, const Named& named) {
  if (!flags.digest.empty()) {
    ASSIGN_OR_RETURN(const verify::BlobDigest wanted, verify::BlobDigest::Parse(flags.digest));
    if (!named.digest)
      return Error(ErrorKind::kCannotTell, "digest_unknown",
                   "the SHA-256 cannot be told from another digest");
    if (wanted != *named.digest)
      return Error(
          ErrorKind::kRefuted, "digest_mismatch",
          "the image is " + named.digest->ToString() + ", --digest says " + wanted.ToString());
  }
  if (!flags.fsverity.empty()) {
    ASSIGN_OR_RETURN(const ImageVerity wanted, ImageVerity::Parse(flags.fsverity));
    if (!named.file)
      return Error(ErrorKind::kCannotTell, "fsverity_unknown",
                   "the fs-verity digest cannot be told from another digest");
    const verify::FsVerityDigest& measured = named.file->fsverity();
    if (wanted.digest().algorithm() != measured.algorithm())
      return Error(ErrorKind::kCannotTell, "fsverity_unknown",
                   "images are measured with SHA-256, --fsverity names another hash");
    if (wanted != ImageVerity(measured))
      return Error(ErrorKind::kRefuted, "fsverity_mismatch",
                   "the image's fs-verity digest is " + measured.Hex() + ", --fsverity says " +
                       wanted.Hex());
  }
  return Ok();
}

OrderedJson Measured(const VerifyFlags& flags, const Named& named) {
  OrderedJson details = {{"path", flags.path}};
  if (named.digest) details["sha256"] = named.digest->Hex();
  if (!named.file) return details;
  details["size"] = named.file->size();
  details["fsverity_computed"] = named.file->fsverity().Hex();
  const Result<verify::FsVerityDigest> kernel = verify::MeasureVerity(named.file->fd());
  details["fsverity_kernel"] = kernel ? OrderedJson(kernel->ToString()) : OrderedJson(nullptr);
  return details;
}

// By the signer that the flags name.
Outcome VerifyBySigner(const VerifyFlags& flags, const sigstore::Requirements& requirements,
                       const Named& named, const verify::SignatureMaterial& material) {
  OrderedJson details = Measured(flags, named);
  const sigstore::Report report =
      named.file
          ? verify::CheckFileSignature(*named.file, material.kind, material.text, requirements)
          : sigstore::Verify(named.artifact, material.kind, material.text, requirements);
  if (report.verdict != sigstore::Verdict::kOk)
    return Refused(Subject(flags, ErrorOf(report)), std::move(details));
  details.update(sigstore::ToJson(report));
  Outcome outcome;
  outcome.stage = "verify";
  outcome.text = flags.path + ": " + sigstore::ToLine(report) + "\n";
  outcome.details = std::move(details);
  return outcome;
}

// Which module the material says the image is; proven only by the verifier, which compares.
void FillClaim(const VerifyFlags& flags, const verify::SignatureMaterial& material,
               verify::ImageClaim& claim) {
  const std::string file = flags.path.substr(flags.path.rfind('/') + 1);
  claim.name = flags.module.empty() ? file.substr(0, file.rfind('.')) : flags.module;
  claim.module_id = claim.name;
  if (material.kind != sigstore::MaterialKind::kBundle) return;
  const Result<sigstore::Bundle> bundle = sigstore::ParseBundle(material.text);
  if (!bundle) return;
  const auto* envelope = std::get_if<sigstore::Envelope>(&bundle->content);
  if (envelope == nullptr) return;
  const Result<sigstore::Statement> statement = sigstore::ParseStatement(envelope->payload);
  if (!statement) return;
  const Result<verify::ModuleStatement> module = verify::ReadModuleStatement(*statement);
  if (!module) return;
  claim.module_id = module->module_id;
  if (flags.module.empty()) claim.name = module->name;
}

// By the policy of this node, or of --policy: what boot and service would say.
Outcome VerifyByPolicy(const VerifyFlags& flags, const Context& context, Named named,
                       const verify::SignatureMaterial& material) {
  const Paths paths = context.paths();
  verify::Policy policy;
  if (flags.policy.empty()) {
    policy = runtime::LoadNodePolicy(paths, context.settings(), context.clock.UnixSeconds()).policy;
  } else {
    const std::size_t slash = flags.policy.rfind('/');
    const std::string directory =
        slash == std::string::npos ? "." : flags.policy.substr(0, slash + 1);
    policy = verify::LoadPolicy(flags.policy, JoinPath(directory, "trust")).policy;
    if (policy.origin != flags.policy)
      return Outcome::Failed("verify", Error(ErrorKind::kCannotTell, "policy",
                                             "--policy: there is no " + flags.policy));
  }
  // Audit is for nodes whose platform does not sign yet; who asks here wants to know.
  policy.mode = verify::TrustMode::kEnforce;

  OrderedJson details = Measured(flags, named);
  verify::ImageClaim claim{.module_id = {}, .name = {}, .digest = *named.digest};
  claim.signature = material.text;
  FillClaim(flags, material, claim);
  const verify::ImageVerifier verifier(std::move(policy));
  const Result<verify::VerifiedImage> image = verifier.Verify(*std::move(named.file), claim);
  if (!image) return Refused(Subject(flags, image.error()), std::move(details));
  Outcome outcome;
  outcome.stage = "verify";
  outcome.details = std::move(details);
  outcome.details["verdict"] = "ok";
  outcome.details["module"] = claim.name;
  outcome.details.update(verify::ToJson(image->report()));
  outcome.text = flags.path + ": ok: " + image->report().Summary() + ", by " +
                 image->report().rule + " of " + verifier.policy().origin + "\n";
  for (const std::string& open : image->report().not_proven)
    outcome.text += "not proven: " + open + "\n";
  return outcome;
}

Outcome Verify(const VerifyFlags& flags, const Context& context, std::stop_token stop) {
  std::optional<sigstore::Requirements> requirements;
  if (flags.names_signer()) {
    Result<sigstore::Requirements> read = RequirementsOf(flags);
    if (!read) return Refused(read.error(), {{"path", flags.path}});
    requirements = *std::move(read);
  }
  Result<Named> named = NameOf(flags.path, stop);
  if (!named) return Outcome::Failed("verify", named.error());
  if (const Status wanted = CheckDigests(flags, *named); !wanted)
    return Refused(Subject(flags, wanted.error()), Measured(flags, *named));

  Result<std::optional<verify::SignatureMaterial>> material = MaterialOf(flags);
  if (!material) return Refused(material.error(), Measured(flags, *named));
  if (!*material) return Refused(Subject(flags, NoSignature(flags)), Measured(flags, *named));
  if (requirements) return VerifyBySigner(flags, *requirements, *named, **material);
  if (!named->file)
    return Refused(Subject(flags, Error(ErrorKind::kCannotTell, "policy",
                                        "the policy of a node is about images, not digests: name "
                                        "the signer with --key")),
                   Measured(flags, *named));
  return VerifyByPolicy(flags, context, *std::move(named), **material);
}

}  // namespace

std::function<Outcome(const Context&)> ConfigureVerify(CLI::App& app) {
  auto flags = std::make_shared<VerifyFlags>();
  auto measure = std::make_shared<MeasureFlags>();
  app.add_option("PATH", measure->paths,
                 "the module image, or sha256:HEX; with --measure, any files")
      ->required();
  CLI::Option* const measuring =
      app.add_flag("--measure", "only print the files' fs-verity digests, as fsverity(1) does");
  app.add_option("--threads", measure->threads, "with --measure: how many read and hash a file")
      ->needs(measuring)
      ->check(CLI::Range(std::size_t{1}, verify::kMaxMeasureThreads));
  const auto add = [&](const char* name, std::string& value, const char* text) {
    CLI::Option* const option = app.add_option(name, value, text);
    measuring->excludes(option);
    return option;
  };
  CLI::Option* const bundle =
      add("--bundle", flags->bundle, "Sigstore bundle, or cosign's older JSON");
  add("--signature", flags->signature, "base64 signature (cosign sign-blob --key)")
      ->excludes(bundle);
  measuring->excludes(
      app.add_option("--key", flags->keys, "PEM public key that must have signed, repeatable"));
  add("--trusted-root", flags->trusted_root,
      "trusted_root.json: authorities and logs; with --key, a log entry is needed too");
  add("--certificate-identity", flags->identity, "keyless: who must have signed, exactly");
  add("--certificate-identity-regexp", flags->identity_regexp,
      "likewise, a pattern for the whole name");
  add("--certificate-oidc-issuer", flags->issuer, "keyless: who must vouch for the signer");
  add("--certificate-oidc-issuer-regexp", flags->issuer_regexp,
      "likewise, a pattern for the whole issuer");
  add("--digest", flags->digest, "the blob's SHA-256 it must have");
  add("--fsverity", flags->fsverity, "the image's fs-verity digest it must have");
  CLI::Option* const policy =
      add("--policy", flags->policy,
          "policy file, its keys in trust/ beside it; this node's otherwise");
  for (const char* signer :
       {"--key", "--trusted-root", "--certificate-identity", "--certificate-identity-regexp",
        "--certificate-oidc-issuer", "--certificate-oidc-issuer-regexp"})
    policy->excludes(app.get_option(signer));
  add("--module", flags->module, "with a policy: the module's name; its statement's otherwise");
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
