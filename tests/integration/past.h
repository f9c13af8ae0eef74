#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "muster/journal/appender.h"
#include "muster/journal/codec.h"
#include "muster/node/node.h"
#include "muster/store/migrations.h"
#include "postgres_fixture.h"

namespace muster::testing {

/// A workspace whose journal was written beforehand, on a database of its own: what happened is made up on simulated
/// time, who takes it up is a real node.
class Past {
 public:
  Past() {
    store::apply_migrations(database);
    PostgresCluster::instance().execute(database, "INSERT INTO workspace (id, epoch) VALUES ('main', 1)");
    appender_ = std::make_unique<journal::Appender>(
        journal::Appender::Options{database, "main", {1, 1}, std::chrono::seconds(30)});
  }

  void write(const std::vector<dispatch::Event>& events) {
    if (events.empty()) return;
    std::string payload;
    for (const auto& event : events) journal::encode_event(event, payload);
    const auto result = appender_->append(events.front().sequence, events.back().sequence, payload);
    ASSERT_EQ(result, journal::AppendResult::kCommitted) << appender_->error();
  }

  /// Who goes on from here. The past cannot be written to any more.
  [[nodiscard]] std::unique_ptr<node::Node> take_up(node::NodeOptions options = {}) const {
    options.database = database;
    options.owner = "heir";
    auto node = std::make_unique<node::Node>(options);
    node->start();
    for (int i = 0; i < 6000 && !node->readiness().ready; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_TRUE(node->readiness().ready) << node->readiness().reason;
    return node;
  }

  const std::string database = PostgresCluster::instance().create_database();

 private:
  std::unique_ptr<journal::Appender> appender_;
};

/// What a node answers, asked again while its tables catch up.
inline node::KpiHistory ask(node::Node& node, const node::KpiQuery& query) {
  for (int i = 0; i < 100; ++i) {
    auto result = std::make_shared<std::promise<std::optional<node::KpiHistory>>>();
    node.query_kpis(query, [result](node::StoreStatus, auto found, const auto&) { result->set_value(found); });
    if (auto found = result->get_future().get()) return *found;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  ADD_FAILURE() << "no answer";
  return {};
}

}  // namespace muster::testing
