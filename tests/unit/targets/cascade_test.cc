#include "cascade.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster::targets {
namespace {

using kpi::Dimension;
using kpi::Key;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int kMonday = 1, kSaturday = 6;

v1::Target target(v1::KpiDimension dimension, const std::string& row_id, const std::string& metric, double value,
                  v1::KpiDimension each = v1::KPI_DIMENSION_UNSPECIFIED) {
  v1::Target made;
  made.set_dimension(dimension);
  made.set_row_id(row_id);
  made.set_metric_id(metric);
  made.set_value(value);
  made.set_each_dimension(each);
  made.set_tenant_id("platform");
  return made;
}
v1::Target of_tenant(v1::Target target, const std::string& tenant) {
  target.set_tenant_id(tenant);
  return target;
}

const kpi::Place kPlace{.base = "wuhan", .team = "night"};
const Key kMei{Dimension::kAgent, "mei"}, kNight{Dimension::kTeam, "night"}, kWuhan{Dimension::kBase, "wuhan"},
    kCalls{Dimension::kQueue, "calls", "acme"}, kAcme{Dimension::kTenant, "acme"};

/// The values that hold for a row.
std::vector<double> values(std::vector<v1::Target> targets, const Key& row, int weekday = kMonday,
                           const kpi::Place& place = kPlace) {
  const Cascade cascade(std::move(targets), weekday);
  std::vector<double> found;
  for (const auto* each : cascade.in_force(row.dimension, scopes_of(row, place))) found.push_back(each->value());
  return found;
}

TEST(Cascade, AgentsOwnTargetBeatsTheTeams) {
  const v1::Target workspace = target(v1::KPI_DIMENSION_WORKSPACE, "", "csat", 80);
  const v1::Target base = target(v1::KPI_DIMENSION_BASE, "wuhan", "csat", 82);
  const v1::Target team = target(v1::KPI_DIMENSION_TEAM, "night", "csat", 84);
  const v1::Target agent = target(v1::KPI_DIMENSION_AGENT, "mei", "csat", 86);
  EXPECT_THAT(values({workspace, base, team, agent}, kMei), ElementsAre(86));
  EXPECT_THAT(values({workspace, base, team}, kMei), ElementsAre(84));
  EXPECT_THAT(values({workspace, base}, kMei), ElementsAre(82));
  EXPECT_THAT(values({workspace}, kMei), ElementsAre(80));
  EXPECT_THAT(values({workspace, base, team, agent}, kNight), ElementsAre(84));
  EXPECT_THAT(values({workspace, base, team, agent}, kWuhan), ElementsAre(82));
  EXPECT_THAT(values({workspace, base, team, agent}, {Dimension::kAgent, "bob"}, kMonday, {}), ElementsAre(80));
}

TEST(Cascade, QueuesOwnTargetBeatsItsTenants) {
  const v1::Target workspace = target(v1::KPI_DIMENSION_WORKSPACE, "", "asa", 30);
  const v1::Target tenant = of_tenant(target(v1::KPI_DIMENSION_TENANT, "acme", "asa", 20), "acme");
  const v1::Target queue = of_tenant(target(v1::KPI_DIMENSION_QUEUE, "calls", "asa", 10), "acme");
  EXPECT_THAT(values({workspace, tenant, queue}, kCalls), ElementsAre(10));
  EXPECT_THAT(values({workspace, tenant}, kCalls), ElementsAre(20));
  EXPECT_THAT(values({workspace}, kCalls), ElementsAre(30));
  EXPECT_THAT(values({workspace, tenant, queue}, kAcme), ElementsAre(20));
  const Key of_another{Dimension::kQueue, "calls", "globex"};
  EXPECT_THAT(values({tenant, queue}, of_another), IsEmpty()) << "a queue of the same name was another tenant's";
}

TEST(Cascade, AQuantityIsForItsOwnRowUnlessItIsForEach) {
  const v1::Target team = target(v1::KPI_DIMENSION_TEAM, "night", "handled", 400);
  const v1::Target each = target(v1::KPI_DIMENSION_TEAM, "night", "handled", 40, v1::KPI_DIMENSION_AGENT);
  EXPECT_THAT(values({team}, kNight), ElementsAre(400));
  EXPECT_THAT(values({team}, kMei), IsEmpty()) << "400 are the team's, not each agent's";
  EXPECT_THAT(values({team, each}, kMei), ElementsAre(40));
  EXPECT_THAT(values({team, each}, kNight), ElementsAre(400));
  EXPECT_THAT(values({target(v1::KPI_DIMENSION_TEAM, "night", "longest_wait", 90)}, kMei), ElementsAre(90))
      << "a peak adds up to nothing";
}

TEST(Cascade, WhatIsForEachGoesBeforeWhatIsForAllOfAScope) {
  const v1::Target all = target(v1::KPI_DIMENSION_TEAM, "night", "csat", 84);
  const v1::Target each = target(v1::KPI_DIMENSION_TEAM, "night", "csat", 83, v1::KPI_DIMENSION_AGENT);
  EXPECT_THAT(values({all, each}, kMei), ElementsAre(83));
  EXPECT_THAT(values({each, all}, kMei), ElementsAre(83));
  EXPECT_THAT(values({all, each}, kNight), ElementsAre(84));
}

TEST(Cascade, ATargetThatDoesNotHoldTodayIsAsIfItWereNotThere) {
  v1::Target team = target(v1::KPI_DIMENSION_TEAM, "night", "csat", 84);
  team.add_weekdays(v1::WEEKDAY_MONDAY);
  const v1::Target base = target(v1::KPI_DIMENSION_BASE, "wuhan", "csat", 82);
  EXPECT_THAT(values({team, base}, kMei, kMonday), ElementsAre(84));
  EXPECT_THAT(values({team, base}, kMei, kSaturday), ElementsAre(82));
}

TEST(Cascade, MetricsInheritEachByItselfInTheOrderOfTheDictionary) {
  const v1::Target csat = target(v1::KPI_DIMENSION_WORKSPACE, "", "csat", 80);
  const v1::Target asa = target(v1::KPI_DIMENSION_BASE, "wuhan", "asa", 20);
  const v1::Target handled = target(v1::KPI_DIMENSION_AGENT, "mei", "handled", 40);
  EXPECT_THAT(values({csat, handled, asa}, kMei), ElementsAre(20, 40, 80));
}

}  // namespace
}  // namespace muster::targets
