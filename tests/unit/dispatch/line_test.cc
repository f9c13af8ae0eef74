#include "line.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <vector>

#include "muster/base/random.h"

namespace muster::dispatch {
namespace {

struct Key {
  std::uint64_t number = 0;
  auto operator<=>(const Key&) const = default;
  [[nodiscard]] std::uint64_t salt() const { return number; }
};
using Numbers = Line<int, Key>;

std::vector<std::uint64_t> order(const Numbers& line) {
  std::vector<std::uint64_t> keys;
  for (const auto* place = line.first(); place; place = place->next()) keys.push_back(place->key().number);
  return keys;
}

TEST(LineOrder, IsThatOfTheKeysWhateverTheOrderOfJoining) {
  Random random(1);
  Numbers line;
  std::vector<Numbers::Place> places(2'000);
  std::map<std::uint64_t, std::size_t> present;
  for (int i = 0; i < 20'000; ++i) {
    const std::size_t which = random.below(places.size());
    if (places[which].in_line()) {
      present.erase(places[which].key().number);
      line.leave(places[which]);
    } else {
      const std::uint64_t key = random.below(1'000'000) * places.size() + which;
      present.emplace(key, which);
      line.join(places[which], {key});
    }
    ASSERT_EQ(line.size(), present.size());
    if (i % 100 != 0) continue;
    const std::uint64_t key = random.below(1'000'000) * places.size();
    const auto before = std::distance(present.begin(), present.lower_bound(key));
    ASSERT_EQ(line.count_before({key}), static_cast<std::size_t>(before));
  }
  std::vector<std::uint64_t> expected;
  for (const auto& [key, which] : present) expected.push_back(key);
  EXPECT_EQ(order(line), expected);
}

TEST(LineOrder, CountsWhatComesBeforeEachPlaceAndBeforeTheEnd) {
  Numbers line;
  std::vector<Numbers::Place> places(500);
  for (std::size_t i = 0; i < places.size(); ++i) line.join(places[i], {i});
  for (std::size_t i = 0; i <= places.size(); ++i) EXPECT_EQ(line.count_before({i}), i);
  for (std::size_t i = 0; i < places.size(); i += 2) line.leave(places[i]);
  for (std::size_t i = 0; i <= places.size(); ++i) EXPECT_EQ(line.count_before({i}), i / 2);
}

TEST(LineOrder, AnEmptiedLineCanBeFilledAgain) {
  Numbers line;
  std::vector<Numbers::Place> places(100);
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < places.size(); ++i) line.join(places[i], {i * 7919});
    EXPECT_EQ(line.size(), places.size());
    for (auto& place : places) line.leave(place);
    EXPECT_TRUE(line.empty());
    EXPECT_EQ(line.first(), nullptr);
  }
}

}  // namespace
}  // namespace muster::dispatch
