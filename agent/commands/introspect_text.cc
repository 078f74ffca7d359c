#include "agent/commands/introspect_text.h"

#include "agent/commands/table.h"

namespace powernode::commands {
namespace {

constexpr std::size_t kShort = 12;

std::string Text(const Json& object, std::string_view key) {
  return GetString(object, key).value_or("-");
}
std::string ShortText(const Json& object, std::string_view key) {
  return Text(object, key).substr(0, kShort);
}

Json Part(const Json& object, std::string_view key) {
  const Json* found = GetObject(object, key);
  return found == nullptr ? Json::object() : *found;
}

std::string Line(const std::string& label, const std::string& text) {
  return label + std::string(label.size() < kShort ? kShort - label.size() : 1, ' ') + text + "\n";
}

// "subject: text" for each element that is text, or has one.
std::string Lines(const std::string& label, const Json& object, std::string_view key) {
  std::string text;
  if (const Json* list = GetArray(object, key))
    for (const Json& element : *list)
      text += Line(label, element.is_string() ? element.get<std::string>() : Text(element, "text"));
  return text;
}

std::string IdentityText(const Json& report) {
  const Json identity = Part(report, "identity");
  const Json from = Part(identity, "from");
  if (identity.empty())
    return Line("identity", Text(Part(report, "error"), "text") + " [" +
                                Text(Part(report, "error"), "code") + "]");
  const auto value = [&](const std::string& label, const std::string& text, std::string_view key) {
    return Line(label, text + " from " + Text(from, key));
  };
  std::string text = value("identity", Text(identity, "instance_uuid"), "instance_uuid");
  text += value("platform", Text(identity, "platform_url"), "platform_url");
  text += value("CA", "sha256 " + ShortText(identity, "ca_sha256"), "ca_pem");
  if (GetString(identity, "bootstrap_token"))
    text += value("token", Text(identity, "bootstrap_token"), "bootstrap_token");
  return text;
}

// For each field who said what, and what became of it.
std::string FieldsText(const Json& report) {
  const Json fields = Part(report, "fields");
  if (fields.empty()) return "";
  Table table({"FIELD", "SOURCE", "VALUE", ""});
  for (const auto& [field, offers] : fields.items())
    for (const Json& offer : offers)
      table.Add({field, Text(offer, "source"), Text(offer, "value"), Text(offer, "outcome")});
  return "\n" + table.Render();
}

std::string SourcesText(const Json& report) {
  Table table({"SOURCE", "", "MS", "PLACE"});
  if (const Json* sources = GetArray(report, "sources"))
    for (const Json& source : *sources) {
      const Json* problems = GetArray(source, "problems");
      const bool bad = problems != nullptr && !problems->empty();
      const std::string note = bad ? Text(problems->front(), "text") : Text(source, "note");
      table.Add({Text(source, "source"),
                 bad                                        ? "bad"
                 : GetBool(source, "found").value_or(false) ? "found"
                                                            : "not there",
                 std::to_string(GetInt(source, "duration_ms").value_or(0)),
                 Text(source, "place") + (note.empty() ? "" : ": " + note)});
    }
  return "\n" + table.Render();
}

std::string CertificateText(const Json& pki) {
  std::string text =
      GetBool(pki, "enrolled").value_or(false)
          ? Line("certificate", Text(pki, "generation") + " until " + Text(pki, "not_after") +
                                    ", serial " + Text(pki, "serial"))
          : Line("certificate", "none: this node is not enrolled");
  return text + Lines("", pki, "findings");
}

std::string ClaimText(const Json& claim) {
  if (!GetString(claim, "code")) return "";
  return Line("claim", "waits since " + Text(claim, "since") + " for code " + Text(claim, "code") +
                           " to be confirmed at " + Text(claim, "url") + ", as " +
                           Text(claim, "mac"));
}

std::string TrustText(const Json& trust) {
  std::string text;
  if (const Json* keys = GetArray(trust, "keys"))
    for (const Json& key : *keys)
      text += Line("trusts", "key " + ShortText(key, "id") + " from " + Text(key, "from"));
  if (text.empty())
    text = Line("trusts", "no key: nothing new is composed; keys go into " +
                              Text(trust, "directory") + "/*.pem");
  return text + Lines("", trust, "problems");
}

std::string BootText(const Json& boot) {
  std::string text = Line("mode", Text(boot, "mode"));
  if (GetString(boot, "composition"))
    text += Line("composition", ShortText(boot, "composition") + " from " + Text(boot, "source") +
                                    ", " + std::to_string(GetInt(boot, "modules").value_or(0)) +
                                    " modules");
  if (const Json* layers = GetArray(boot, "layers"))
    for (const Json& layer : *layers)
      text += Line("layer", Text(layer, "name") + ": " + Text(layer, "enforcement"));
  if (GetString(boot, "last_known_good"))
    text += Line("last good",
                 ShortText(boot, "last_known_good") + ", confirmed " + Text(boot, "confirmed_at"));
  if (GetString(boot, "last_known_good_problem"))
    text += Line("last good", Text(boot, "last_known_good_problem"));
  return text;
}

std::string KernelText(const Json& kernel) {
  std::string lacks;
  for (const char* feature :
       {"erofs", "overlay", "lowerdir+", "data_only_layers", "overlay_verity", "loop_devices"})
    if (!GetBool(kernel, feature).value_or(false))
      lacks += (lacks.empty() ? ", without " : ", ") + std::string(feature);
  return Line("kernel", Text(kernel, "release") + lacks);
}

}  // namespace

std::string IntrospectText(const Json& details) {
  const Json identity = Part(details, "identity");
  return Line("agent", Text(details, "version")) + IdentityText(identity) +
         Lines("", identity, "findings") + CertificateText(Part(details, "pki")) +
         ClaimText(Part(details, "claim")) + TrustText(Part(details, "trust")) +
         BootText(Part(details, "boot")) + KernelText(Part(details, "kernel")) +
         Lines("setting", details, "setting_findings") + FieldsText(identity) +
         SourcesText(identity);
}

}  // namespace powernode::commands
