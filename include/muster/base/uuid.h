#pragma once

#include <cstdint>
#include <string>

namespace muster {

/// The canonical text of a UUID given as two halves: 8-4-4-4-12 lower-case hexadecimal digits.
inline std::string format_uuid(std::uint64_t high, std::uint64_t low) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text(36, '-');
  std::size_t at = 0;
  for (int nibble = 0; nibble < 32; ++nibble) {
    if (at == 8 || at == 13 || at == 18 || at == 23) ++at;
    const std::uint64_t half = nibble < 16 ? high : low;
    text[at++] = kDigits[(half >> (60 - 4 * (nibble % 16))) & 0xf];
  }
  return text;
}

}  // namespace muster
