#pragma once

#include <cstdint>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "muster/base/time.h"

/// What the stores of the back office share: how values travel, and pages of lists.
namespace muster::store {

// Times travel as microseconds since the epoch, in which both sides are exact.
inline std::int64_t micros(TimePoint time) { return time.time_since_epoch().count(); }
inline TimePoint time_in(const pqxx::field& field) { return TimePoint(Duration(field.as<std::int64_t>())); }
/// Parameter `n` as a time.
inline std::string time_param(int n) {
  return "(timestamptz 'epoch' + $" + std::to_string(n) + " * interval '1 microsecond')";
}
/// A column of times, as microseconds.
inline std::string read_time(const std::string& column) {
  return "(extract(epoch FROM " + column + ") * 1000000)::bigint";
}

/// Strings as an array in PostgreSQL's text form.
std::string to_array(const std::vector<std::string>& texts);
/// The other way.
std::vector<std::string> texts_in(const pqxx::field& field);
/// `text` as a pattern of LIKE that finds it anywhere, wild cards taken as they are.
std::string containing(const std::string& text);

/// A page of a list, in the order of creation.
struct PageRequest {
  std::int64_t after = 0;
  std::size_t limit = 100;
};
template <typename T>
struct Page {
  std::vector<T> items;
  std::int64_t last = 0;  ///< where the next page begins
  bool more = false;
};

/// The LIMIT for a page: one row more, to see whether there are more.
inline std::int64_t limit_of(const PageRequest& page) { return static_cast<std::int64_t>(page.limit) + 1; }
/// REQUIRES: the rows begin with their number, and were limited by limit_of().
template <typename T, typename Read>
Page<T> page_of(const pqxx::result& rows, const PageRequest& page, const Read& read) {
  Page<T> result;
  result.more = rows.size() > page.limit;
  for (const auto& row : rows) {
    if (result.items.size() == page.limit) break;
    result.last = row[0].as<std::int64_t>();
    result.items.push_back(read(row));
  }
  return result;
}

}  // namespace muster::store
