#pragma once

namespace muster {

/// A visitor made of lambdas, one for each alternative of a std::variant.
template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

}  // namespace muster
