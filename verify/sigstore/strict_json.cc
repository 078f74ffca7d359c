#include "verify/sigstore/strict_json.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/base/printable.h"
#include "verify/quoted.h"
#include "verify/sigstore/refusal.h"

namespace powernode::verify::sigstore {
namespace {

constexpr std::size_t kMaxDepth = 32;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// Refuses before a value is built: values recurse when they are destroyed, and a repeated name
// would silently win.
class StrictSax : public nlohmann::detail::json_sax_dom_parser<Json> {
 public:
  using Base = nlohmann::detail::json_sax_dom_parser<Json>;

  explicit StrictSax(Json& out) : Base(out, /*allow_exceptions_=*/false) {}

  bool start_object(std::size_t size) {
    names_.emplace_back();
    return Enter() && Base::start_object(size);
  }
  bool end_object() {
    names_.pop_back();
    --depth_;
    return Base::end_object();
  }
  bool start_array(std::size_t size) { return Enter() && Base::start_array(size); }
  bool end_array() {
    --depth_;
    return Base::end_array();
  }
  bool key(std::string& name) {
    if (!names_.back().insert(name).second) {
      problem_ = "member \"" + Printable(name.substr(0, kQuotedAtMost)) + "\" is given twice";
      return false;
    }
    return Base::key(name);
  }
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

  std::size_t depth_ = 0;
  std::vector<std::set<std::string>> names_;  // of each object that is open
  std::string problem_ = "not JSON";
};

}  // namespace

Result<Json> ParseStrictJson(std::string_view text) {
  if (text.size() > kMaxDocument)
    return Wrong(stage::kParse, "longer than " + std::to_string(kMaxDocument) + " bytes");
  if (text.starts_with(kByteOrderMark))
    return Wrong(stage::kParse, "begins with a byte order mark");
  // nlohmann takes a zero byte for the end of the text, whatever follows.
  if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos)
    return Wrong(stage::kParse, "not JSON at byte " + std::to_string(zero + 1));
  Json value;
  StrictSax sax(value);
  if (!Json::sax_parse(text.begin(), text.end(), &sax, nlohmann::detail::input_format_t::json,
                       /*strict=*/true))
    return Wrong(stage::kParse, sax.problem());
  if (!value.is_object()) return Wrong(stage::kParse, "not a JSON object");
  return value;
}

}  // namespace powernode::verify::sigstore
