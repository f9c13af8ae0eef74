#include "text.h"

#include <wchar.h>

#include <algorithm>
#include <cassert>
#include <ostream>

namespace muster::cli {
namespace {

struct Glyph {
  std::string_view bytes;
  /// Columns; negative for what must not be shown.
  int width;
};

/// Takes the first character off `text`, which must not be empty.
Glyph take_glyph(std::string_view& text) {
  wchar_t character = 0;
  mbstate_t state{};
  const std::size_t length = mbrtowc(&character, text.data(), text.size(), &state);
  const bool valid = length != 0 && length <= text.size();
  const Glyph glyph{text.substr(0, valid ? length : 1), valid ? wcwidth(character) : -1};
  text.remove_prefix(glyph.bytes.size());
  return glyph;
}

bool is_control(std::string_view bytes) {
  const auto first = static_cast<unsigned char>(bytes.front());
  // U+0080..U+009F are controls as well.
  return first < 0x20 || first == 0x7f || (bytes.size() == 2 && first == 0xc2);
}

std::string spaces(int count) { return std::string(static_cast<std::size_t>(std::max(count, 0)), ' '); }

}  // namespace

int display_width(std::string_view text) {
  int width = 0;
  while (!text.empty()) width += std::max(0, take_glyph(text).width);
  return width;
}

std::string printable(std::string_view text) {
  std::string clean;
  while (!text.empty()) {
    const Glyph glyph = take_glyph(text);
    if (glyph.width >= 0) {
      clean += glyph.bytes;
    } else {
      clean += is_control(glyph.bytes) ? ' ' : '?';
    }
  }
  return clean;
}

void print_lines(std::ostream& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out << printable(text.substr(0, end)) << '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::string cut(std::string_view text, int width) {
  if (display_width(text) <= width) return std::string{text};
  std::string shortened;
  int used = 0;
  while (!text.empty()) {
    const Glyph glyph = take_glyph(text);
    const int columns = std::max(0, glyph.width);
    if (used + columns > width - 1) break;
    shortened += glyph.bytes;
    used += columns;
  }
  if (width > 0) shortened += "…";
  return shortened;
}

std::string fit(std::string_view text, int width) {
  const std::string shortened = cut(text, width);
  return shortened + spaces(width - display_width(shortened));
}

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

void Table::add(std::vector<std::string> cells) {
  assert(cells.size() == columns_.size());
  for (std::string& cell : cells) cell = printable(cell);
  rows_.push_back(std::move(cells));
}

std::vector<std::string> Table::lines() const {
  std::vector<std::string> titles;
  std::vector<int> widths;
  for (const Column& column : columns_) {
    titles.push_back(column.title);
    widths.push_back(display_width(column.title));
  }
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  }
  std::vector<std::string> result;
  if (std::any_of(titles.begin(), titles.end(), [](const auto& title) { return !title.empty(); })) {
    result.push_back(line(titles, widths));
  }
  for (const auto& row : rows_) result.push_back(line(row, widths));
  return result;
}

void Table::print(std::ostream& out) const {
  for (const std::string& text : lines()) out << text << '\n';
}

std::string Table::line(const std::vector<std::string>& cells, const std::vector<int>& widths) const {
  std::string text;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string fill = spaces(widths[i] - display_width(cells[i]));
    text += columns_[i].right ? fill + cells[i] : cells[i] + fill;
    text += "  ";
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

}  // namespace muster::cli
