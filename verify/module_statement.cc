#include "verify/module_statement.h"

#include <algorithm>

namespace powernode::verify {
namespace {

constexpr std::size_t kMaxWord = 255;

Error Invalid(std::string_view why) {
  return Error(ErrorKind::kRefuted, "statement_invalid",
               "the signed module statement is malformed: " + std::string(why));
}

// One line of printable ASCII: it is compared, and shown to people.
Result<std::string> Word(const Json& predicate, std::string_view member) {
  const auto found = predicate.find(member);
  if (found == predicate.end() || !found->is_string())
    return Invalid("no text in \"" + std::string(member) + "\"");
  const std::string& word = found->get_ref<const std::string&>();
  if (word.empty() || word.size() > kMaxWord ||
      !std::all_of(word.begin(), word.end(), [](char c) { return c > ' ' && c < 0x7f; }))
    return Invalid("\"" + std::string(member) + "\" is not 1 to 255 printable characters");
  return word;
}

Result<std::uint64_t> Revision(const Json& predicate) {
  const auto found = predicate.find("revision");
  if (found == predicate.end() || !found->is_number_unsigned() ||
      found->get<std::uint64_t>() == 0 || found->get<std::uint64_t>() > INT64_MAX)
    return Invalid("\"revision\" is not a whole number from 1 to 2^63 - 1");
  return found->get<std::uint64_t>();
}

bool IsLowerHex64(std::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

Result<BlobDigest> Subject(const sigstore::Statement& statement) {
  if (statement.subjects.size() != 1) return Invalid("it is not about exactly one blob");
  const auto& digests = statement.subjects.front().digests;
  const auto digest = digests.find("sha256");
  if (digest == digests.end() || !IsLowerHex64(digest->second))
    return Invalid("its subject has no sha256");
  return BlobDigest::Parse(digest->second);
}

}  // namespace

std::string_view NodeArchitecture() {
#if defined(__aarch64__)
  return "arm64";
#elif defined(__x86_64__)
  return "amd64";
#else
#error "name this architecture as Debian does"
#endif
}

Result<ModuleStatement> ReadModuleStatement(const sigstore::Statement& statement) {
  if (statement.predicate_type != kModulePredicateType)
    return Invalid("it is of another type than " + std::string(kModulePredicateType));
  const Json& predicate = statement.predicate;
  if (!predicate.is_object()) return Invalid("it has no predicate");
  ASSIGN_OR_RETURN(const BlobDigest blob, Subject(statement));
  ASSIGN_OR_RETURN(const std::string verity, Word(predicate, "imageFsverity"));
  if (!IsLowerHex64(verity)) return Invalid("\"imageFsverity\" is not 64 lower-case hex digits");
  ASSIGN_OR_RETURN(const ImageVerity image, ImageVerity::Parse(verity));
  ModuleStatement module{
      .module_id = {}, .name = {}, .version = {}, .architecture = {}, .blob = blob, .image = image};
  ASSIGN_OR_RETURN(module.module_id, Word(predicate, "moduleId"));
  ASSIGN_OR_RETURN(module.name, Word(predicate, "name"));
  ASSIGN_OR_RETURN(module.version, Word(predicate, "version"));
  ASSIGN_OR_RETURN(module.architecture, Word(predicate, "architecture"));
  ASSIGN_OR_RETURN(module.revision, Revision(predicate));
  return module;
}

OrderedJson ToJson(const ModuleStatement& statement) {
  return {{"module_id", statement.module_id},  {"name", statement.name},
          {"version", statement.version},      {"architecture", statement.architecture},
          {"blob", statement.blob.ToString()}, {"image_fsverity", statement.image.Hex()},
          {"revision", statement.revision}};
}

}  // namespace powernode::verify
