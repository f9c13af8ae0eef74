#pragma once

#include <bit>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>
#include <vector>

#include "muster/base/time.h"

namespace muster::dispatch {

/// Folds the 128-bit product of two words into one: the mixing step of all hashes here.
inline std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = Wide{a} * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// Spreads a number over all 64 bits.
inline std::uint64_t mix(std::uint64_t word) { return fold(word ^ 0x9e3779b97f4a7c15ULL, 0xd6e8feb86659fd93ULL); }

/// Canonical 64-bit hash of a sequence of values: the same on every machine and build. Not for secrets.
/// A structure is hashed by a function hash_into(Hasher&, const T&) found beside its type.
class Hasher {
 public:
  template <typename... Values>
  void add(const Values&... values) {
    (add_one(values), ...);
  }

  /// A field that a later release added: counts only where it differs from what it was before, so that hashes which
  /// an older one wrote still hold. `tag` is the field's own within its structure.
  template <typename Value>
  void add_later(std::uint64_t tag, const Value& value, const Value& before) {
    if (value == before) return;
    word(kLater ^ tag);
    add_one(value);
  }

  [[nodiscard]] std::uint64_t value() const { return mix(state_); }

 private:
  void word(std::uint64_t word) { state_ = fold(state_ ^ word ^ kFirst, kSecond); }

  void text(std::string_view text) {
    word(text.size());
    while (text.size() >= sizeof(std::uint64_t)) {
      word(little_endian(text.data(), sizeof(std::uint64_t)));
      text.remove_prefix(sizeof(std::uint64_t));
    }
    if (!text.empty()) word(little_endian(text.data(), text.size()));
  }

  static std::uint64_t little_endian(const char* bytes, std::size_t count) {
    std::uint64_t word = 0;
    if constexpr (std::endian::native == std::endian::little) {
      std::memcpy(&word, bytes, count);
    } else {
      for (std::size_t i = count; i-- > 0;) word = word << 8 | static_cast<unsigned char>(bytes[i]);
    }
    return word;
  }

  template <typename T>
  void add_one(const T& value) {
    if constexpr (std::is_enum_v<T>) {
      word(static_cast<std::uint64_t>(static_cast<std::underlying_type_t<T>>(value)));
    } else if constexpr (std::is_integral_v<T>) {
      word(static_cast<std::uint64_t>(value));
    } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
      text(value);
    } else {
      hash_into(*this, value);
    }
  }

  template <typename T>
  void add_one(const std::vector<T>& values) {
    word(values.size());
    for (const T& value : values) add_one(value);
  }
  void add_one(const Duration& value) { word(static_cast<std::uint64_t>(value.count())); }
  void add_one(const TimePoint& value) { add_one(value.time_since_epoch()); }

  static constexpr std::uint64_t kFirst = 0x2d358dccaa6c78a5ULL;
  static constexpr std::uint64_t kLater = 0x9b1ad7c5f3e02468ULL;
  static constexpr std::uint64_t kSecond = 0x8bb84b93962eacc9ULL;
  std::uint64_t state_ = 0x4b33a62ed433d4a3ULL;
};

}  // namespace muster::dispatch
