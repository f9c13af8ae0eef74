#pragma once

#include <cxxabi.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <typeinfo>

namespace muster::dispatch {

/// The name of a kind of command or event, for people.
template <typename Body>
std::string name_of(const Body& body) {
  const std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(typeid(body).name(), nullptr, nullptr, nullptr), &std::free);
  const std::string full = name.get();
  return full.substr(full.rfind(':') + 1);
}

}  // namespace muster::dispatch
