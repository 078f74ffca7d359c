#include "tests/mount/composefs/vectors.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "agent/base/files.h"

namespace powernode::testing {
namespace {

constexpr std::size_t kMaxVector = std::size_t{16} * 1024 * 1024;
constexpr std::string_view kFolder = POWERNODE_SHARED "/vectors/composefs/";

[[noreturn]] void Missing(const std::string& path) {
  std::fprintf(stderr, "vectors: %s cannot be read\n", path.c_str());
  std::exit(1);
}

}  // namespace

std::string ReadComposefsVector(std::string_view path) {
  const std::string whole = std::string(kFolder).append(path);
  Result<std::string> bytes = ReadFile(whole, kMaxVector);
  if (!bytes) Missing(whole);
  return *std::move(bytes);
}

std::vector<std::string> ComposefsVectors(std::string_view folder, std::string_view suffix) {
  const std::string whole = std::string(kFolder).append(folder);
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(whole, error)) {
    std::string name = entry.path().filename();
    if (!name.ends_with(suffix)) continue;
    name.resize(name.size() - suffix.size());
    if (name.find('.') == std::string::npos) names.push_back(std::move(name));
  }
  if (names.empty()) Missing(whole + "*" + std::string(suffix));
  std::ranges::sort(names);
  return names;
}

}  // namespace powernode::testing
