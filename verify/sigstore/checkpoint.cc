#include "verify/sigstore/checkpoint.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "agent/base/encoding.h"
#include "verify/sigstore/refusal.h"
#include "verify/x509/ed25519.h"
#include "verify/x509/hash.h"

namespace powernode::verify::sigstore {
namespace {

constexpr std::string_view kDash = "\xe2\x80\x94 ";  // U+2014 and a space
constexpr std::string_view kOriginDash = " - ";
constexpr std::size_t kKeyIdSize = 4;
constexpr std::size_t kRootSize = 32;
constexpr std::size_t kMaxSignatures = 32;

Error Malformed(std::string_view why) {
  return Wrong(stage::kLogCheckpoint, "checkpoint: " + std::string(why));
}

bool IsForbidden(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7f;
}

// Up to the next line feed, which is taken as well.
std::string_view TakeLine(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

std::optional<std::int64_t> TreeSize(std::string_view line) {
  if (line.empty() || (line.size() > 1 && line[0] == '0')) return std::nullopt;
  if (!std::all_of(line.begin(), line.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  std::int64_t size = 0;
  const auto [end, problem] = std::from_chars(line.data(), line.data() + line.size(), size);
  if (problem != std::errc()) return std::nullopt;
  return size;
}

Result<NoteSignature> ParseSignature(std::string_view line) {
  const Error malformed = Malformed("a signature line has another form");
  if (!line.starts_with(kDash)) return malformed;
  line.remove_prefix(kDash.size());
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos || space == 0) return malformed;
  const std::string_view name = line.substr(0, space);
  if (name.find('+') != std::string_view::npos) return malformed;
  const std::optional<std::string> bytes = Base64Decode(line.substr(space + 1));
  if (!bytes || bytes->size() <= kKeyIdSize) return malformed;
  return NoteSignature{.name = std::string(name),
                       .key_id = bytes->substr(0, kKeyIdSize),
                       .signature = bytes->substr(kKeyIdSize)};
}

bool IsNameOf(std::string_view name, const std::vector<std::string>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool IsOwn(std::string_view origin, RekorVersion version, const std::vector<std::string>& names) {
  if (version == RekorVersion::kV2) return IsNameOf(origin, names);
  const std::size_t dash = origin.find(kOriginDash);
  return dash != std::string_view::npos && origin.size() > dash + kOriginDash.size() &&
         IsNameOf(origin.substr(0, dash), names);
}

// ECDSA with SHA-256 whatever the curve; Ed25519 over the text itself.
bool VerifyText(const x509::PublicKey& key, std::string_view text, std::string_view signature) {
  if (key.type() == x509::KeyType::kEd25519) return key.VerifyMessage(text, signature);
  return key.VerifyDigestWithoutPss(x509::HashAlgorithm::kSha256,
                                    x509::Digest(x509::HashAlgorithm::kSha256, text), signature);
}

}  // namespace

Result<Checkpoint> ParseCheckpoint(std::string_view envelope) {
  if (envelope.size() > kMaxCheckpoint)
    return Wrong(stage::kParse, "checkpoint: longer than 16 KiB");
  if (std::any_of(envelope.begin(), envelope.end(), IsForbidden))
    return Malformed("a control character");
  const std::size_t blank = envelope.rfind("\n\n");
  if (blank == std::string_view::npos) return Malformed("no blank line before the signatures");
  if (!envelope.ends_with('\n')) return Malformed("its last line does not end");

  Checkpoint checkpoint;
  checkpoint.text = envelope.substr(0, blank + 1);
  std::string_view text = checkpoint.text;
  checkpoint.origin = TakeLine(text);
  if (checkpoint.origin.empty()) return Malformed("no origin");
  const std::optional<std::int64_t> size = TreeSize(TakeLine(text));
  if (!size) return Malformed("no tree size");
  checkpoint.tree_size = *size;
  const std::optional<std::string> root = Base64Decode(TakeLine(text));
  if (!root || root->size() != kRootSize) return Malformed("no root hash");
  checkpoint.root_hash = *root;

  for (std::string_view lines = envelope.substr(blank + 2); !lines.empty();) {
    if (checkpoint.signatures.size() == kMaxSignatures)
      return Wrong(stage::kParse, "checkpoint: more than 32 signature lines");
    ASSIGN_OR_RETURN(NoteSignature signature, ParseSignature(TakeLine(lines)));
    checkpoint.signatures.push_back(std::move(signature));
  }
  return checkpoint;
}

std::string CheckpointKeyId(const x509::PublicKey& key, std::string_view name) {
  const std::string& spki = key.spki();
  std::string hashed = std::string(name) + "\n";
  switch (key.type()) {
    case x509::KeyType::kP256:
    case x509::KeyType::kP384:
    case x509::KeyType::kP521:
      hashed = spki;
      break;
    case x509::KeyType::kEd25519:
      hashed += "\x01" + spki.substr(spki.size() - x509::kEd25519KeySize);
      break;
    case x509::KeyType::kRsa:
      hashed +=
          "\xff"
          "PKIX-RSA-PKCS#1v1.5" +
          spki;
      break;
  }
  return x509::Digest(x509::HashAlgorithm::kSha256, hashed).substr(0, kKeyIdSize);
}

Status CheckCheckpoint(const Checkpoint& checkpoint, const TransparencyLog& log,
                       RekorVersion version) {
  if (!log.log.key)
    return Unchecked(stage::kLogCheckpoint, "checkpoint: the log's key is of no supported kind");
  if (!IsOwn(checkpoint.origin, version, log.names)) return Malformed("its origin is another log");
  bool signed_by_log = false;
  for (const NoteSignature& line : checkpoint.signatures) {
    if (!IsNameOf(line.name, log.names) || line.key_id != CheckpointKeyId(*log.log.key, line.name))
      continue;
    if (!VerifyText(*log.log.key, checkpoint.text, line.signature))
      return Malformed("the log's signature does not hold");
    signed_by_log = true;
  }
  return signed_by_log ? Ok() : Status(Malformed("not signed by the log"));
}

}  // namespace powernode::verify::sigstore
