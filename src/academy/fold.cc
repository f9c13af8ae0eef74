#include "fold.h"

#include <cstddef>

namespace muster::academy {
namespace {

constexpr char32_t kNone = 0xFFFFFFFF;

struct Letter {
  char32_t code = kNone;  ///< kNone: a byte that begins no letter
  std::size_t bytes = 1;
};

/// The letter at the beginning of a text that is not empty.
Letter first_letter(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 0;
  if (bytes == 0 || lead > 0xF4 || text.size() < bytes) return {};
  char32_t code = lead & (0xFF >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    code = (code << 6) | (byte(i) & 0x3F);
  }
  return {code, bytes};
}

/// REQUIRES: below U+0800, which all letters are that change.
void append(std::string& text, char32_t code) {
  if (code < 0x80) {
    text += static_cast<char>(code);
    return;
  }
  text += static_cast<char>(0xC0 | (code >> 6));
  text += static_cast<char>(0x80 | (code & 0x3F));
}

bool between(char32_t code, char32_t first, char32_t last) { return first <= code && code <= last; }

char32_t narrow(char32_t code) {
  constexpr char32_t kIdeographicSpace = 0x3000, kFullWidthOffset = 0xFEE0;
  if (code == kIdeographicSpace) return ' ';
  return between(code, 0xFF01, 0xFF5E) ? code - kFullWidthOffset : code;
}

char32_t lower(char32_t code) {
  const bool latin = between(code, 'A', 'Z') || (between(code, 0xC0, 0xDE) && code != 0xD7);
  const bool greek = between(code, 0x391, 0x3A9) && code != 0x3A2;
  const bool cyrillic = between(code, 0x410, 0x42F);
  if (latin || greek || cyrillic) return code + 0x20;
  return between(code, 0x400, 0x40F) ? code + 0x50 : code;
}

bool is_space(char32_t code) { return code == ' ' || between(code, '\t', '\r') || code == 0xA0; }

}  // namespace

std::string folded(std::string_view text) {
  std::string result;
  bool space = false;
  while (!text.empty()) {
    const Letter letter = first_letter(text);
    const char32_t code = letter.code == kNone ? kNone : lower(narrow(letter.code));
    if (is_space(code)) {
      space = !result.empty();
    } else {
      if (space) result += ' ';
      space = false;
      if (code == letter.code) {
        result += text.substr(0, letter.bytes);
      } else {
        append(result, code);
      }
    }
    text.remove_prefix(letter.bytes);
  }
  return result;
}

}  // namespace muster::academy
