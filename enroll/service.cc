#include "enroll/service.h"

#include <algorithm>

#include "enroll/answer.h"

namespace powernode::enroll {
namespace {

constexpr std::size_t kMaxName = 63;
constexpr std::size_t kMaxCommand = 8 * 1024;
constexpr std::size_t kMaxEntries = 256;  // of env, dependencies, capabilities
constexpr std::int64_t kMaxSeconds = 3600;

bool IsServiceName(std::string_view text) {
  auto is_start = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !text.empty() && text.size() <= kMaxName && is_start(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return is_start(c) || c == '-'; });
}

bool IsPresent(const Json& object, std::string_view key) {
  const auto found = object.find(key);
  return found != object.end() && !found->is_null();
}

// Reads one element's members and notes what it leaves out.
class Reader {
 public:
  Reader(const Json& object, std::string where, std::vector<std::string>& notes)
      : object_(object), where_(std::move(where)), notes_(notes) {}

  void Note(std::string_view key, std::string_view why) {
    notes_.push_back(where_ + ": " + std::string(key) + " left out: " + std::string(why));
  }

  std::string String(std::string_view key) {
    std::optional<std::string> value = GetString(object_, key);
    if (!value && IsPresent(object_, key)) Note(key, "not a string");
    return std::move(value).value_or("");
  }

  // Of `lowest` to an hour.
  std::int64_t Seconds(std::string_view key, std::int64_t lowest, std::int64_t otherwise) {
    const std::optional<std::int64_t> value = GetInt(object_, key);
    if (!value && IsPresent(object_, key)) Note(key, "not an integer");
    if (!value) return otherwise;
    if (*value >= lowest && *value <= kMaxSeconds) return *value;
    Note(key, "out of bounds");
    return otherwise;
  }

  // The elements of a list; none when it is not one.
  std::vector<Json> List(std::string_view key) {
    const Json* list = GetArray(object_, key);
    if (list == nullptr) {
      if (IsPresent(object_, key)) Note(key, "not a list");
      return {};
    }
    if (list->size() > kMaxEntries) {
      Note(key, "more than 256 entries");
      return {};
    }
    return {list->begin(), list->end()};
  }

  const Json& object() const { return object_; }

 private:
  const Json& object_;
  std::string where_;
  std::vector<std::string>& notes_;
};

// T11: any scalar becomes a string.
std::optional<std::string> ScalarText(const Json& value) {
  if (value.is_string()) return value.get_ref<const std::string&>();
  if (value.is_number() || value.is_boolean()) return DumpJson(value);
  return std::nullopt;
}

std::vector<std::pair<std::string, std::string>> ReadEnv(Reader& reader) {
  std::vector<std::pair<std::string, std::string>> out;
  const Json* env = GetObject(reader.object(), "env");
  if (env == nullptr) {
    // An empty list is how some servers write an empty object.
    const Json* list = GetArray(reader.object(), "env");
    if (IsPresent(reader.object(), "env") && (list == nullptr || !list->empty()))
      reader.Note("env", "not an object");
    return out;
  }
  for (const auto& [key, value] : env->items()) {
    std::optional<std::string> text = ScalarText(value);
    if (text && out.size() < kMaxEntries)
      out.emplace_back(key, *std::move(text));
    else
      reader.Note("env " + PrintableText(key), text ? "more than 256 entries" : "not a scalar");
  }
  return out;
}

DependencyKind KindOf(const std::optional<std::string>& text) {
  if (text == "start_before") return DependencyKind::kStartBefore;
  if (text == "softdep") return DependencyKind::kSoft;
  return DependencyKind::kRequiresHealth;
}

std::vector<ServiceDependency> ReadDependencies(Reader& reader) {
  std::vector<ServiceDependency> out;
  for (const Json& element : reader.List("dependencies")) {
    ServiceDependency dependency;
    if (element.is_string())
      dependency.service = element.get<std::string>();
    else
      dependency = {.service = GetString(element, "service").value_or(""),
                    .kind = KindOf(GetString(element, "kind"))};
    if (IsServiceName(dependency.service))
      out.push_back(std::move(dependency));
    else
      reader.Note("a dependency", "not a service name");
  }
  return out;
}

RestartPolicy ReadRestartPolicy(Reader& reader) {
  const std::string text = reader.String("restart_policy");
  if (text == "on-failure") return RestartPolicy::kOnFailure;
  if (text == "never") return RestartPolicy::kNever;
  return RestartPolicy::kAlways;
}

}  // namespace

Result<Service> ParseService(const Json& element, std::vector<std::string>& notes) {
  const std::string name = GetString(element, "name").value_or("");
  if (!IsServiceName(name))
    return Error(ErrorKind::kInvalid, "bad_service",
                 "service \"" + PrintableText(name) + "\": not a service name");
  Reader reader(element, "service " + name, notes);
  Service service;
  service.name = name;
  service.start_command = reader.String("start_command");
  if (service.start_command.empty() || service.start_command.size() > kMaxCommand)
    return Error(ErrorKind::kInvalid, "bad_service",
                 "service " + name + ": no usable start_command");
  service.stop_command = reader.String("stop_command");
  service.restart_policy = ReadRestartPolicy(reader);
  service.user = reader.String("user");
  if (service.user.empty()) service.user = reader.String("run_as_user");  // T7
  service.working_directory = reader.String("working_directory");
  service.env = ReadEnv(reader);
  service.dependencies = ReadDependencies(reader);
  for (const Json& capability : reader.List("capabilities")) {
    if (capability.is_string())
      service.capabilities.push_back(capability.get<std::string>());
    else
      reader.Note("a capability", "not a string");
  }
  service.health_endpoint = reader.String("health_endpoint");
  service.health_method = reader.String("health_method");
  service.health_interval_s =
      reader.Seconds("health_interval_seconds", 1, service.health_interval_s);
  service.health_timeout_s = reader.Seconds("health_timeout_seconds", 1, service.health_timeout_s);
  service.health_initial_delay_s =
      reader.Seconds("health_initial_delay_seconds", 0, service.health_initial_delay_s);
  return service;
}

}  // namespace powernode::enroll
