#include "slot_table.h"

#include <gtest/gtest.h>

#include <map>

#include "muster/base/random.h"

namespace muster::dispatch {
namespace {

TEST(SlotTableTest, NothingIsFoundInAnEmptyOne) {
  SlotTable table;
  EXPECT_EQ(table.find(7, [](std::uint32_t) { return true; }), SlotTable::kFree);
}

TEST(SlotTableTest, FindsWhatAMapWouldWhateverCollidesComesAndGoes) {
  Random random(3);
  SlotTable table;
  std::map<std::uint32_t, std::uint32_t> hashes;  // by entry
  for (std::uint32_t entry = 1; entry <= 20'000; ++entry) {
    // Few homes, so that runs are long and hashes are shared.
    const auto hash = static_cast<std::uint32_t>(random.below(400));
    table.insert(hash, entry);
    hashes.emplace(entry, hash);
    while (hashes.size() > 300) {
      const auto gone = std::next(hashes.begin(), static_cast<std::ptrdiff_t>(random.below(hashes.size())));
      table.erase(gone->second, gone->first);
      hashes.erase(gone);
    }
    const auto asked = static_cast<std::uint32_t>(1 + random.below(entry));
    const auto known = hashes.find(asked);
    const auto is = [&](std::uint32_t each) { return each == asked; };
    if (known != hashes.end()) {
      ASSERT_EQ(table.find(known->second, is), asked);
    } else {
      ASSERT_EQ(table.find(static_cast<std::uint32_t>(random.below(400)), is), SlotTable::kFree);
    }
  }
}

}  // namespace
}  // namespace muster::dispatch
