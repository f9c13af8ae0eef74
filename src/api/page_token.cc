#include "muster/api/page_token.h"

#include <charconv>
#include <cstdio>
#include <limits>

namespace muster::api {

PageToken::PageToken(std::initializer_list<std::string_view> filters) : filters_(0xcbf29ce484222325ULL) {
  // FNV-1a; each filter ends with a byte that no text contains.
  for (const std::string_view filter : filters) {
    for (const char c : filter) filters_ = (filters_ ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    filters_ = (filters_ ^ 0xffU) * 0x100000001b3ULL;
  }
}

std::string PageToken::after(std::uint64_t item) const {
  char text[33];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(filters_),
                static_cast<unsigned long long>(item));
  return text;
}

std::optional<std::uint64_t> PageToken::parse(std::string_view token) const {
  if (token.empty()) return 0;
  std::uint64_t item = 0;
  if (token.size() != 32) return std::nullopt;
  const char* end = token.data() + token.size();
  const auto parsed = std::from_chars(token.data() + 16, end, item, 16);
  constexpr std::uint64_t kItemMax = std::numeric_limits<std::int64_t>::max();  // as in PostgreSQL
  if (item > kItemMax || parsed.ec != std::errc{} || parsed.ptr != end || after(item) != token) return std::nullopt;
  return item;
}

}  // namespace muster::api
