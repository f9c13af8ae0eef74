#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace muster {

/// The server's root key, as far as others than identity need it: what is sealed can be opened again for the same
/// purpose only.
struct Sealer {
  std::function<std::string(std::string_view purpose, std::string_view secret)> seal;
  std::function<std::optional<std::string>(std::string_view purpose, std::string_view sealed)> open;
};

}  // namespace muster
