#include "agent/commands/table.h"

#include <algorithm>

namespace powernode::commands {

std::string Table::Render() const {
  std::vector<std::size_t> widths(rows_.front().size(), 0);
  for (const auto& row : rows_)
    for (std::size_t column = 0; column < widths.size(); ++column)
      widths[column] = std::max(widths[column], row[column].size());
  std::string text;
  for (const auto& row : rows_) {
    for (std::size_t column = 0; column < widths.size(); ++column) {
      text += row[column];
      if (column + 1 < widths.size()) text.append(widths[column] - row[column].size() + 2, ' ');
    }
    text += "\n";
  }
  return text;
}

}  // namespace powernode::commands
