#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace muster::api {

/// A page token says after which item a list goes on. It is bound to the list's filters: with others it is refused.
class PageToken {
 public:
  /// `filters`: everything that decides what is listed, the list's name first.
  explicit PageToken(std::initializer_list<std::string_view> filters);

  [[nodiscard]] std::string after(std::uint64_t item) const;
  /// The item in a token, 0 if the token is empty; nothing if the token is not one of this list.
  [[nodiscard]] std::optional<std::uint64_t> parse(std::string_view token) const;

 private:
  std::uint64_t filters_;  // hash
};

}  // namespace muster::api
