#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "muster/base/time.h"

namespace muster::cli {

/// How a line on a live screen looks.
enum class Style { kPlain, kTitle, kFaint, kAlert, kSelected };

/// One line of a live screen, printable and free of line breaks.
struct Line {
  std::string text;
  Style style = Style::kPlain;
};

/// A key: the code point of a character, or one of the negative values below.
using Key = std::int32_t;
inline constexpr Key kKeyUp = -1;
inline constexpr Key kKeyDown = -2;
inline constexpr Key kKeyPageUp = -3;
inline constexpr Key kKeyPageDown = -4;
inline constexpr Key kKeyEnter = -5;
inline constexpr Key kKeyEscape = -6;
inline constexpr Key kKeyBackspace = -7;

/// The terminal, taken over for a live screen and given back at the end. At most one at a time, used by one thread.
class Screen {
 public:
  /// Throws UsageError if the terminal cannot do it.
  Screen();
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  int width() const;
  int height() const;

  /// Shows `body` from its line `first`, and `footer` at the bottom.
  void draw(const std::vector<Line>& body, int first, const std::vector<Line>& footer);

  /// The next key, waiting for it at most `wait`.
  std::optional<Key> read_key(Duration wait);
};

/// Turns SIGINT, SIGTERM and SIGHUP into a wish to stop while it lives. At most one at a time.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  bool requested() const;
};

}  // namespace muster::cli
