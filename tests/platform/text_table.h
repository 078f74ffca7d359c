// Rows of text in aligned columns.
#pragma once

#include <string>
#include <vector>

namespace powernode::platform {

class TextTable {
 public:
  explicit TextTable(std::vector<std::string> titles) : rows_{std::move(titles)} {}
  void Add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  // "" when there are no rows below the titles.
  std::string Text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace powernode::platform
