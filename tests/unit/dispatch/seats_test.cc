#include "seats.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "muster/base/random.h"

namespace muster::dispatch {
namespace {

std::vector<std::uint32_t> common(const std::vector<const SeatSet*>& sets, std::size_t at_most = 1'000'000) {
  std::vector<std::uint32_t> found;
  SeatSet::visit_common(sets, [&](std::uint32_t seat) {
    found.push_back(seat);
    return found.size() == at_most;
  });
  return found;
}

TEST(SeatSet, WhatSetsShareComesInAscendingOrder) {
  Random random(7);
  for (int run = 0; run < 20; ++run) {
    std::vector<std::set<std::uint32_t>> plain(3);
    std::vector<SeatSet> sets(3);
    for (int i = 0; i < 20'000; ++i) {
      const std::size_t which = random.below(3);
      const auto seat = static_cast<std::uint32_t>(random.below(run % 2 == 0 ? 1'000 : 100'000));
      if (plain[which].erase(seat) == 1) {
        sets[which].remove(seat);
      } else {
        plain[which].insert(seat);
        sets[which].add(seat);
      }
    }
    std::vector<std::uint32_t> expected;
    for (const std::uint32_t seat : plain[0]) {
      if (plain[1].contains(seat) && plain[2].contains(seat)) expected.push_back(seat);
      EXPECT_TRUE(sets[0].contains(seat));
    }
    EXPECT_EQ(common({&sets[0], &sets[1], &sets[2]}), expected);
    EXPECT_EQ(common({&sets[0]}), std::vector<std::uint32_t>(plain[0].begin(), plain[0].end()));
  }
}

TEST(SeatSet, AVisitEndsWhenItHasFoundEnough) {
  SeatSet set;
  for (const std::uint32_t seat : {3u, 64u, 5'000u}) set.add(seat);
  EXPECT_EQ(common({&set}, 2), (std::vector<std::uint32_t>{3, 64}));
}

TEST(SeatSet, NobodySharesAnythingWithNobody) {
  SeatSet some;
  some.add(9);
  const SeatSet none;
  EXPECT_TRUE(common({&some, &none}).empty());
  EXPECT_FALSE(none.contains(9));
}

struct Person {
  std::uint64_t key = 0;
  std::uint32_t seat = 0;
};

/// A row beside the plain order of its holders.
class Row {
 public:
  void sit(Person& person, std::uint64_t key) {
    person.key = key;
    const auto moved = [&](Person& neighbour, std::uint32_t from, std::uint32_t to) {
      EXPECT_EQ(neighbour.seat, from);
      neighbour.seat = to;
    };
    auto seat = row_.take(&person, key, moved);
    if (!seat) {
      ++compacted;
      row_.compact(key, [](Person& each, std::uint32_t to) { each.seat = to; });
      seat = row_.take(&person, key, moved);
    }
    ASSERT_TRUE(seat);
    person.seat = *seat;
    holders_[key] = &person;
  }
  void stand(Person& person) {
    row_.vacate(person.seat);
    holders_.erase(person.key);
  }
  void expect_order() const {
    EXPECT_TRUE(row_.in_order());
    std::int64_t last = -1;
    for (const auto& [key, person] : holders_) {
      EXPECT_EQ(row_.holder(person->seat), person);
      EXPECT_LT(last, std::int64_t{person->seat}) << "of " << key;
      last = person->seat;
    }
  }
  [[nodiscard]] const std::map<std::uint64_t, Person*>& holders() const { return holders_; }

  int compacted = 0;

 private:
  SeatRow<Person, std::uint64_t> row_;
  std::map<std::uint64_t, Person*> holders_;
};

TEST(SeatRow, WhoComesLastSitsAtTheEnd) {
  Row row;
  std::vector<Person> people(100);
  for (std::size_t i = 0; i < people.size(); ++i) row.sit(people[i], 10 * i);
  for (std::size_t i = 0; i < people.size(); ++i) EXPECT_EQ(people[i].seat, i);
}

TEST(SeatRow, WhoComesBackTakesTheOldSeat) {
  Row row;
  std::vector<Person> people(100);
  for (std::size_t i = 0; i < people.size(); ++i) row.sit(people[i], 10 * i);
  row.stand(people[50]);
  row.sit(people[50], 500);
  EXPECT_EQ(people[50].seat, 50u);
}

TEST(SeatRow, SeatsStayInTheOrderOfKeysWhateverHappens) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Random random(seed);
    Row row;
    std::vector<Person> people(3'000);
    std::uint64_t newest = 0;
    for (int i = 0; i < 60'000; ++i) {
      Person& person = people[random.below(people.size())];
      if (row.holders().contains(person.key) && row.holders().at(person.key) == &person) row.stand(person);
      // Mostly the newest, now and then somewhere between the others, or back where it was.
      const std::uint64_t way = random.below(10);
      std::uint64_t key = way == 0 ? random.below(newest + 1) : way == 1 ? person.key : (newest += 1'000);
      while (row.holders().contains(key)) ++key;
      row.sit(person, key);
      if (i % 10'000 == 0) row.expect_order();
    }
    row.expect_order();
    EXPECT_GT(row.compacted, 0) << "the test reached no compaction, seed " << seed;
  }
}

TEST(SeatRow, WhoComesBackToAnEmptyRowTakesTheOldSeat) {
  Row row;
  std::vector<Person> people(10'000);
  for (std::size_t i = 0; i < people.size(); ++i) row.sit(people[i], 10 * i);
  for (auto& person : people) row.stand(person);
  for (std::size_t i = people.size(); i-- > 0;) row.sit(people[i], people[i].key);
  EXPECT_EQ(row.compacted, 0);
  EXPECT_EQ(people[77].seat, 77u);
}

TEST(SeatRow, ManyWhoComeBetweenTheSameTwoMoveTheRowSeldom) {
  for (const bool ascending : {true, false}) {
    Row row;
    std::vector<Person> people(8'000);
    row.sit(people[0], 0);
    row.sit(people[1], 1'000'000);
    for (std::size_t i = 2; i < people.size(); ++i) row.sit(people[i], ascending ? i : 500'000 - i);
    row.expect_order();
    EXPECT_LT(row.compacted, 130) << (ascending ? "ascending" : "descending");
  }
}

TEST(SeatRow, AnyOrderOfComingIsServed) {
  Random random(3);
  Row row;
  std::vector<Person> people(5'000);
  for (auto& person : people) {
    std::uint64_t key = random.below(1'000'000'000);
    while (row.holders().contains(key)) ++key;
    row.sit(person, key);
  }
  row.expect_order();
}

}  // namespace
}  // namespace muster::dispatch
