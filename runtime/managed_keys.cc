#include "runtime/managed_keys.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "agent/base/encoding.h"

namespace powernode::runtime {
namespace {

constexpr std::string_view kBegin = "# BEGIN powernode";
constexpr std::string_view kEnd = "# END powernode";
constexpr std::size_t kMaxLine = 16 * 1024;
constexpr int kConfirmedEmpty = 3;

constexpr std::array<std::string_view, 7> kTypes = {"ssh-ed25519",
                                                    "ssh-rsa",
                                                    "ecdsa-sha2-nistp256",
                                                    "ecdsa-sha2-nistp384",
                                                    "ecdsa-sha2-nistp521",
                                                    "sk-ssh-ed25519@openssh.com",
                                                    "sk-ecdsa-sha2-nistp256@openssh.com"};

// The next word; blanks inside double quotes do not end it (authorized_keys(5)).
std::string_view TakeWord(std::string_view& line) {
  line.remove_prefix(std::min(line.size(), line.find_first_not_of(' ')));
  bool quoted = false;
  std::size_t size = 0;
  for (; size < line.size() && (quoted || line[size] != ' '); ++size) {
    if (line[size] == '\\' && size + 1 < line.size() && line[size + 1] == '"')
      ++size;
    else if (line[size] == '"')
      quoted = !quoted;
  }
  const std::string_view word = line.substr(0, size);
  line.remove_prefix(size);
  return word;
}

bool IsType(std::string_view word) {
  return std::find(kTypes.begin(), kTypes.end(), word) != kTypes.end();
}

std::vector<std::string_view> LinesOf(std::string_view content) {
  std::vector<std::string_view> lines;
  while (!content.empty()) {
    lines.push_back(content.substr(0, content.find('\n')));
    content.remove_prefix(std::min(content.size(), lines.back().size() + 1));
  }
  return lines;
}

bool Contains(const std::vector<std::string>& keys, const std::string& key) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

}  // namespace

bool IsAuthorizedKey(std::string_view line) {
  if (line.size() > kMaxLine || line.starts_with(' ') || line.starts_with('#') ||
      std::any_of(line.begin(), line.end(),
                  [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }))
    return false;
  std::string_view type = TakeWord(line);
  if (!IsType(type)) type = TakeWord(line);
  if (!IsType(type)) return false;
  // RFC 4253 §6.6: the key begins with its type, as a string.
  const std::optional<std::string> key = Base64Decode(TakeWord(line));
  return key && key->size() > 4 + type.size() && key->compare(4, type.size(), type) == 0 &&
         key->substr(0, 4) == std::string{0, 0, 0, static_cast<char>(type.size())};
}

std::vector<std::string> ManagedKeys(std::string_view content) {
  std::vector<std::string> keys;
  bool inside = false;
  for (const std::string_view line : LinesOf(content)) {
    if (line == kBegin || line == kEnd)
      inside = line == kBegin;
    else if (inside && IsAuthorizedKey(line))
      keys.emplace_back(line);
  }
  return keys;
}

std::string WithManagedKeys(std::string_view content, const std::vector<std::string>& keys) {
  const std::vector<std::string_view> lines = LinesOf(content);
  std::string out;
  for (auto line = lines.begin(); line != lines.end(); ++line) {
    if (*line == kBegin) {
      // A block that does not end loses its marker only: its lines may be anybody's.
      const auto end = std::find(line, lines.end(), kEnd);
      if (end != lines.end()) line = end;
    } else if (*line != kEnd) {
      out += std::string(*line) + "\n";
    }
  }
  if (keys.empty()) return out;
  out += std::string(kBegin) + "\n";
  for (const std::string& key : keys) out += key + "\n";
  return out + std::string(kEnd) + "\n";
}

KeyStep NextKeys(const KeyHistory& history, const std::string& user,
                 const std::vector<std::string>& answered,
                 const std::vector<std::string>& present) {
  KeyStep step{.block = answered, .clear_user = "", .history = history};
  KeyHistory& next = step.history;
  next.empty_answers = answered.empty() ? std::min(history.empty_answers + 1, kConfirmedEmpty) : 0;
  if (answered.empty() && !present.empty() && next.empty_answers < kConfirmedEmpty) {
    step.block = present;
    return step;
  }
  if (user == history.user && answered == history.wanted) {  // a second time
    step.clear_user = std::exchange(next.former_user, "");
    next.survivor.clear();
    return step;
  }
  if (user != history.user) {
    next.former_user = history.user;
    next.survivor.clear();
  }
  next.user = user;
  next.wanted = answered;
  if (std::any_of(present.begin(), present.end(), [&](const std::string& key) {
        return Contains(answered, key) && key != next.survivor;
      })) {
    next.survivor.clear();
  } else if (!present.empty()) {
    if (!Contains(present, next.survivor)) next.survivor = present.front();
    if (!Contains(answered, next.survivor)) step.block.push_back(next.survivor);
  }
  return step;
}

}  // namespace powernode::runtime
