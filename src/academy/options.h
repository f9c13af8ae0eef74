#pragma once

#include <algorithm>
#include <set>
#include <string>

#include "muster/api/checker.h"

/// Options to choose from, of questions and announcements.
namespace muster::academy {

constexpr int kOptionsMin = 2;
constexpr int kOptionsMax = 12;

inline bool is_option_id(const std::string& id) {
  constexpr std::size_t kBytesMax = 8;
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !id.empty() && id.size() <= kBytesMax && std::all_of(id.begin(), id.end(), fits);
}

/// The identifiers of the options; what is not so becomes a violation.
template <typename Options>
std::set<std::string> check_options(const std::string& path, const Options& options, api::Checker& check) {
  constexpr std::size_t kTextBytesMax = 1'000;
  std::set<std::string> ids;
  if (!check.count(path, options.size(), kOptionsMin, kOptionsMax)) return ids;
  for (int i = 0; i < options.size(); ++i) {
    const std::string each = api::indexed(path, i);
    check.expect(is_option_id(options[i].option_id()), each + ".option_id", "must be 1 to 8 of a-z and 0-9");
    check.expect(ids.insert(options[i].option_id()).second, each + ".option_id", "is there twice");
    check.expect(!options[i].text().empty(), each + ".text", "must not be empty");
    check.text(each + ".text", options[i].text(), kTextBytesMax);
  }
  return ids;
}

}  // namespace muster::academy
