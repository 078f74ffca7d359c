#include "agent/base/json.h"

#include <charconv>

namespace powernode {
namespace {

constexpr std::size_t kMaxDepth = 64;
constexpr std::size_t kMaxString = 1024 * 1024;

// nlohmann's own parser does not recurse, but values do when they are destroyed, copied or dumped:
// the depth is counted before a value is built, and strings are measured.
class LimitingSax : public nlohmann::detail::json_sax_dom_parser<Json> {
 public:
  using Base = nlohmann::detail::json_sax_dom_parser<Json>;

  explicit LimitingSax(Json& out) : Base(out, /*allow_exceptions_=*/false) {}

  bool start_object(std::size_t size) { return Enter() && Base::start_object(size); }
  bool end_object() {
    --depth_;
    return Base::end_object();
  }
  bool start_array(std::size_t size) { return Enter() && Base::start_array(size); }
  bool end_array() {
    --depth_;
    return Base::end_array();
  }
  bool string(std::string& value) { return Measure(value) && Base::string(value); }
  bool key(std::string& value) { return Measure(value) && Base::key(value); }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) {
    problem_ = "not JSON at byte " + std::to_string(position);
    return false;
  }

  const std::string& problem() const { return problem_; }

 private:
  bool Enter() {
    if (++depth_ <= kMaxDepth) return true;
    problem_ = "nested deeper than " + std::to_string(kMaxDepth);
    return false;
  }
  bool Measure(const std::string& value) {
    if (value.size() <= kMaxString) return true;
    problem_ = "a string longer than " + std::to_string(kMaxString) + " bytes";
    return false;
  }

  std::size_t depth_ = 0;
  std::string problem_ = "not JSON";
};

template <typename Value>
std::string Dump(const Value& value, int indent) {
  return value.dump(indent, ' ', /*ensure_ascii=*/false, Value::error_handler_t::replace);
}

const Json* Find(const Json& object, std::string_view key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

}  // namespace

Result<Json> ParseJson(std::string_view text) {
  // nlohmann takes a zero byte for the end of the text, whatever follows; JSON has none outside of
  // escapes.
  if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos)
    return Error(ErrorKind::kInvalid, "bad_json", "not JSON at byte " + std::to_string(zero + 1));
  Json value;
  LimitingSax sax(value);
  if (!Json::sax_parse(text.begin(), text.end(), &sax, nlohmann::detail::input_format_t::json,
                       /*strict=*/true))
    return Error(ErrorKind::kInvalid, "bad_json", sax.problem());
  return value;
}

Result<Json> ParseJsonObject(std::string_view text) {
  ASSIGN_OR_RETURN(Json value, ParseJson(text));
  if (!value.is_object()) return Error(ErrorKind::kInvalid, "bad_json", "not a JSON object");
  return value;
}

std::string DumpJson(const Json& value, int indent) { return Dump(value, indent); }
std::string DumpJson(const OrderedJson& value, int indent) { return Dump(value, indent); }

std::optional<std::string> GetString(const Json& object, std::string_view key) {
  const Json* value = Find(object, key);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return value->get_ref<const std::string&>();
}

std::optional<bool> GetBool(const Json& object, std::string_view key) {
  const Json* value = Find(object, key);
  if (value == nullptr || !value->is_boolean()) return std::nullopt;
  return value->get<bool>();
}

std::optional<std::int64_t> GetInt(const Json& object, std::string_view key) {
  const Json* value = Find(object, key);
  if (value == nullptr) return std::nullopt;
  if (value->is_number_unsigned()) {
    const auto number = value->get<std::uint64_t>();
    if (number > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
    return static_cast<std::int64_t>(number);
  }
  if (value->is_number_integer()) return value->get<std::int64_t>();
  if (!value->is_string()) return std::nullopt;
  const auto& text = value->get_ref<const std::string&>();
  std::int64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

const Json* GetObject(const Json& object, std::string_view key) {
  const Json* value = Find(object, key);
  return value != nullptr && value->is_object() ? value : nullptr;
}

const Json* GetArray(const Json& object, std::string_view key) {
  const Json* value = Find(object, key);
  return value != nullptr && value->is_array() ? value : nullptr;
}

}  // namespace powernode
