#include "enroll/module_view.h"

#include "agent/base/encoding.h"
#include "agent/base/sha256.h"
#include "agent/base/url.h"
#include "enroll/answer.h"
#include "enroll/digest_text.h"

namespace powernode::enroll {
namespace {

constexpr std::size_t kMaxName = 128;
constexpr std::size_t kMaxServices = 100;
constexpr std::size_t kMaxStrings = 256;
constexpr std::int64_t kMaxSize = std::int64_t{1} << 50;

// T5: `data` itself when it has an id, else its member `module`.
const Json* ModuleOf(const Json& data, std::vector<std::string>& notes) {
  const Json* nested = GetObject(data, "module");
  if (!GetString(data, "id")) return nested;
  if (nested != nullptr)
    for (const auto& [key, value] : nested->items())
      if (data.contains(key) && data[key] != value) {
        notes.push_back("ambiguous_module: " + PrintableText(key) +
                        " is there twice with different values");
        break;
      }
  return &data;
}

std::vector<std::string> StringsOf(const Json& object, std::string_view key) {
  std::vector<std::string> out;
  const Json* list = GetArray(object, key);
  if (list == nullptr) return out;
  for (const Json& element : *list)
    if (element.is_string() && out.size() < kMaxStrings) out.push_back(element.get<std::string>());
  return out;
}

// The digest of a member, or empty with a note; required ones are the caller's to check.
std::string DigestOf(const Json& object, std::string_view key, std::vector<std::string>& notes) {
  const std::optional<std::string> text = GetString(object, key);
  if (!text || text->empty()) return {};
  const Result<std::string> digest = ParseDigest(*text);
  if (digest) return *digest;
  notes.push_back(std::string(key) + " left out: " + digest.error().message());
  return {};
}

ModuleSecurity SecurityOf(const Json& module) {
  ModuleSecurity out;
  const Json* config = GetObject(module, "config");
  const Json* security = config == nullptr ? nullptr : GetObject(*config, "security");
  if (security == nullptr) return out;
  out.capabilities = StringsOf(*security, "capabilities");
  out.privileged = GetBool(*security, "privileged").value_or(false);
  out.egress_mode = GetString(*security, "egress_mode").value_or("");
  out.egress_allow = StringsOf(*security, "egress_allow");
  out.seccomp_profile = GetString(*security, "seccomp_profile").value_or("");
  out.selinux_profile = GetString(*security, "selinux_profile").value_or("");
  out.apparmor_profile = GetString(*security, "apparmor_profile").value_or("");
  return out;
}

std::vector<Service> ServicesOf(const Json& module, std::vector<std::string>& notes) {
  std::vector<Service> out;
  const Json* list = GetArray(module, "services");
  if (list == nullptr) return out;
  for (const Json& element : *list) {
    if (out.size() == kMaxServices) {
      notes.push_back("more than 100 services: the rest left out");
      break;
    }
    Result<Service> service = ParseService(element, notes);
    if (service)
      out.push_back(std::move(*service));
    else
      notes.push_back("left out: " + service.error().message());
  }
  return out;
}

}  // namespace

Result<ModuleView> ParseModuleView(const Json& data) {
  ModuleView view;
  const Json* module = ModuleOf(data, view.notes);
  if (module == nullptr) return Error(ErrorKind::kInvalid, "bad_module", "no module in the answer");
  view.id = GetString(*module, "id").value_or("");
  view.name = GetString(*module, "name").value_or("");
  if (!IsPathId(view.id) || view.name.empty() || view.name.size() > kMaxName)
    return Error(ErrorKind::kInvalid, "bad_module",
                 "module \"" + PrintableText(view.id) + "\": no usable id or name");
  view.name = PrintableText(view.name);

  if (const std::optional<std::string> digest = GetString(*module, "digest");
      digest && !digest->empty()) {
    ASSIGN_OR_RETURN_CONTEXT(view.digest, ParseDigest(*digest), "module " + view.id);
  }
  const std::optional<std::int64_t> size = GetInt(*module, "size_bytes");
  if (size && *size >= 0 && *size <= kMaxSize) view.size = static_cast<std::uint64_t>(*size);
  view.fsverity = DigestOf(*module, "fsverity_root_hash", view.notes);
  view.image_format = GetString(*module, "image_format").value_or("");
  view.architecture = GetString(*module, "architecture").value_or("");
  view.effective_priority =
      GetInt(*module, "effective_priority").value_or(GetInt(*module, "priority").value_or(0));
  view.dependencies = StringsOf(*module, "dependencies");
  view.services = ServicesOf(*module, view.notes);
  view.security = SecurityOf(*module);
  view.users = ParseUsers(*module, view.notes);
  view.groups = ParseGroups(*module, view.notes);
  view.manifest = *module;
  view.manifest.erase("module");
  view.manifest_sha256 = DigestOf(*module, "manifest_sha256", view.notes);
  if (view.manifest_sha256.empty()) view.manifest_sha256 = Sha256Hex(DumpJson(view.manifest));
  return view;
}

}  // namespace powernode::enroll
