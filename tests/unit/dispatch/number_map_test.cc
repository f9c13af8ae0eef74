#include "number_map.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <vector>

#include "muster/base/random.h"

namespace muster::dispatch {
namespace {

TEST(NumberMap, FindsWhatAMapFinds) {
  Random random(1);
  NumberMap<std::uint64_t> numbers;
  std::map<std::uint64_t, std::uint64_t> expected;
  std::uint64_t last = 1'000'000;  // as after a snapshot
  for (int i = 0; i < 20'000; ++i) {
    last += random.below(100) == 0 ? random.below(1'000) + 1 : 1;
    numbers.add(last, last * 7);
    expected.emplace(last, last * 7);
    // For a while nearly everything goes again, in any order; then all.
    const std::size_t live_max = i % 5'000 < 4'900 ? 200 : 0;
    while (expected.size() > live_max) {
      const auto gone = std::next(expected.begin(), static_cast<std::ptrdiff_t>(random.below(expected.size())));
      numbers.remove(gone->first);
      EXPECT_EQ(numbers.find(gone->first), 0U);
      expected.erase(gone);
    }
    ASSERT_EQ(numbers.size(), expected.size());
  }
  for (std::uint64_t number = 0; number <= last + 200; ++number) {
    const auto found = expected.find(number);
    ASSERT_EQ(numbers.find(number), found == expected.end() ? 0 : found->second) << number;
  }
}

}  // namespace
}  // namespace muster::dispatch
