#include "muster/metrics/exposition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace muster::metrics {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

std::vector<std::string> lines(const Figures& figures) {
  std::istringstream text(exposition(figures));
  std::vector<std::string> all;
  for (std::string line; std::getline(text, line);) all.push_back(line);
  return all;
}

Figures serving() {
  Figures figures;
  figures.ready = true;
  figures.serving.emplace();
  figures.serving->info.workspace = "acme";
  figures.serving->info.committed = 100;
  figures.serving->info.projected = 70;
  figures.serving->info.snapshot = 40;
  figures.serving->node.commit_seconds = {{0.001, 0.01}, {3, 2, 1}, 0.25};
  figures.serving->streams = {{"board", 2, 5}};
  return figures;
}

TEST(Exposition, AServerThatIsNotThereYetTellsThatAndOfItsProcess) {
  const auto told = lines({});
  EXPECT_THAT(told, Contains("muster_ready 0"));
  EXPECT_THAT(told, Contains(StartsWith("process_cpu_seconds_total ")));
  EXPECT_THAT(told, Not(Contains(StartsWith("muster_commands_total"))));
}

TEST(Exposition, TheLagIsWhatIsCommittedAndNotYetThere) {
  const auto told = lines(serving());
  EXPECT_THAT(told, Contains("muster_ready 1"));
  EXPECT_THAT(told, Contains("muster_projection_lag_events 30"));
  EXPECT_THAT(told, Contains("muster_snapshot_lag_events 60"));
}

TEST(Exposition, ARebuildThatOvertookTheFigureOfCommitsIsNoLag) {
  Figures figures = serving();
  figures.serving->info.projected = 101;
  EXPECT_THAT(lines(figures), Contains("muster_projection_lag_events 0"));
}

TEST(Exposition, EachBucketOfAHistogramHoldsThoseBelowIt) {
  const auto told = lines(serving());
  EXPECT_THAT(told, Contains("muster_journal_commit_seconds_bucket{le=\"0.001\"} 3"));
  EXPECT_THAT(told, Contains("muster_journal_commit_seconds_bucket{le=\"0.01\"} 5"));
  EXPECT_THAT(told, Contains("muster_journal_commit_seconds_bucket{le=\"+Inf\"} 6"));
  EXPECT_THAT(told, Contains("muster_journal_commit_seconds_count 6"));
  EXPECT_THAT(told, Contains("muster_journal_commit_seconds_sum 0.25"));
}

TEST(Exposition, StreamsAreToldByTheirKind) {
  const auto told = lines(serving());
  EXPECT_THAT(told, Contains("muster_streams_open{kind=\"board\"} 2"));
  EXPECT_THAT(told, Contains("muster_streams_fell_behind_total{kind=\"board\"} 5"));
}

TEST(Exposition, TheWorkspaceIsNotNamed) { EXPECT_THAT(exposition(serving()), Not(HasSubstr("acme"))); }

TEST(Exposition, EveryMetricSaysWhatItMeans) {
  for (const auto& line : lines(serving())) {
    if (!line.starts_with("# HELP ")) continue;
    const auto text = line.substr(line.find(' ', 7) + 1);
    EXPECT_THAT(text, Not(IsEmpty())) << line;
    EXPECT_EQ(text.back(), '.') << line;
  }
}

TEST(Exposition, TheProcessIsThisOne) {
  for (const char* name :
       {"process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds", "process_max_fds"}) {
    EXPECT_THAT(lines({}), Not(Contains(std::string(name) + " 0"))) << name;
  }
}

}  // namespace
}  // namespace muster::metrics
