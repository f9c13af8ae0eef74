#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace muster::cli {

/// How many columns a UTF-8 text takes on a terminal: 中文 takes 4.
int display_width(std::string_view text);

/// The text without anything that could move the cursor or change the terminal: what others typed is shown, never
/// obeyed. Control characters become spaces, bytes that are not UTF-8 become "?".
std::string printable(std::string_view text);

/// The text line by line, each printable.
void print_lines(std::ostream& out, std::string_view text);

/// The text cut to at most `width` columns; "…" shows that something is missing.
std::string cut(std::string_view text, int width);

/// The text in exactly `width` columns: cut, or filled up with spaces.
std::string fit(std::string_view text, int width);

/// Rows of cells under a header, with columns as wide as their widest cell.
class Table {
 public:
  struct Column {
    std::string title;
    /// Numbers and spans stand to the right.
    bool right = false;
  };

  explicit Table(std::vector<Column> columns);

  /// Adds a row. REQUIRES: as many cells as there are columns. The cells are made printable.
  void add(std::vector<std::string> cells);

  /// The lines, without spaces at their ends: the header first unless all titles are empty.
  std::vector<std::string> lines() const;

  void print(std::ostream& out) const;

 private:
  std::string line(const std::vector<std::string>& cells, const std::vector<int>& widths) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace muster::cli
