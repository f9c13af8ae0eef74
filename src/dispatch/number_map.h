#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>

namespace muster::dispatch {

/// Values by number, where numbers are given one after the other and mostly go in that order too: pages of neighbours,
/// from the oldest that holds any. What nearly every look-up needs stays in the cache. Never walked.
///
/// REQUIRES of Value: a default one is none.
template <typename Value>
class NumberMap {
 public:
  /// The value, or a default one if there is none.
  [[nodiscard]] Value find(std::uint64_t number) const {
    const std::uint64_t at = number / kPageSize - first_;  // far beyond the end for numbers before the first page
    if (at >= pages_.size() || !pages_[at].values) return {};
    return (*pages_[at].values)[number % kPageSize];
  }
  [[nodiscard]] std::size_t size() const { return size_; }

  /// REQUIRES: the number is higher than all others, and the value not the default one.
  void add(std::uint64_t number, Value value) {
    if (pages_.empty()) first_ = number / kPageSize;
    const std::uint64_t at = number / kPageSize - first_;
    if (at >= pages_.size()) pages_.resize(at + 1);
    Page& page = pages_.back();
    if (!page.values) page.values = std::make_unique<Values>();
    (*page.values)[number % kPageSize] = value;
    ++page.used;
    ++size_;
  }

  /// REQUIRES: the number is there.
  void remove(std::uint64_t number) {
    Page& page = pages_[number / kPageSize - first_];
    (*page.values)[number % kPageSize] = {};
    --size_;
    if (--page.used > 0) return;
    page.values.reset();
    for (; !pages_.empty() && pages_.front().used == 0; ++first_) pages_.pop_front();
  }

 private:
  static constexpr std::size_t kPageSize = 64;
  using Values = std::array<Value, kPageSize>;
  struct Page {
    std::unique_ptr<Values> values;  // null if none is used
    std::size_t used = 0;
  };

  std::deque<Page> pages_;
  std::uint64_t first_ = 0;  // page number of the front
  std::size_t size_ = 0;
};

}  // namespace muster::dispatch
