#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "muster/dispatch/engine.h"
#include "muster/journal/codec.h"

namespace muster::journal {
namespace {

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// The journals recorded by past releases. Never change or remove one: databases hold journals like them.
std::vector<std::filesystem::path> recorded(const std::string& extension) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(GOLDEN_DIR)) {
    if (entry.path().extension() == extension) paths.push_back(entry.path());
  }
  return paths;
}

struct Expected {
  dispatch::Sequence last_sequence = 0;
  std::uint64_t state_hash = 0;
};

Expected expected(std::filesystem::path path) {
  Expected expected;
  std::ifstream(path.replace_extension(".hash")) >> expected.last_sequence >> expected.state_hash;
  return expected;
}

TEST(GoldenTest, JournalsOfPastReleasesReplayToTheirRecordedState) {
  ASSERT_FALSE(recorded(".journal").empty());
  for (const auto& path : recorded(".journal")) {
    dispatch::Engine engine;
    decode_events(contents(path), [&](const dispatch::Event& event) {
      ASSERT_TRUE(engine.apply(event)) << path << " event " << event.sequence;
    });
    EXPECT_EQ(engine.last_sequence(), expected(path).last_sequence) << path;
    EXPECT_EQ(engine.state_hash(), expected(path).state_hash) << path;
    EXPECT_EQ(engine.self_check(), "") << path;
  }
}

TEST(GoldenTest, SnapshotsOfPastReleasesGiveTheirRecordedState) {
  ASSERT_FALSE(recorded(".snapshot").empty());
  for (const auto& path : recorded(".snapshot")) {
    const dispatch::Engine engine(decode_snapshot(contents(path)).state);
    EXPECT_EQ(engine.last_sequence(), expected(path).last_sequence) << path;
    EXPECT_EQ(engine.state_hash(), expected(path).state_hash) << path;
  }
}

TEST(GoldenTest, GoldenJournalsHoldEveryKindOfEvent) {
  std::set<std::size_t> kinds;
  for (const auto& path : recorded(".journal")) {
    decode_events(contents(path), [&](const dispatch::Event& event) { kinds.insert(event.body.index()); });
  }
  EXPECT_EQ(kinds.size(), std::variant_size_v<dispatch::EventBody>)
      << "a new kind needs a new golden log: record_golden tests/unit/journal/golden VERSION";
}

}  // namespace
}  // namespace muster::journal
