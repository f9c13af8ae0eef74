#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <future>
#include <memory>
#include <mutex>
#include <pqxx/pqxx>
#include <string>
#include <thread>
#include <vector>

#include "command.h"
#include "muster/api/caller.h"
#include "muster/members/roster.h"
#include "muster/node/node.h"
#include "muster/skill_tags/recompute.h"
#include "muster/store/migrations.h"
#include "muster/store/tenant_pool.h"
#include "muster/v1/member.pb.h"
#include "muster/v1/skill_tag.pb.h"
#include "postgres_fixture.h"
#include "samples.h"
#include "system_measure.h"

// What it takes to give all members other levels, and what dispatch feels of it.
namespace muster::bench {
namespace {

constexpr std::chrono::milliseconds kProbeEvery{1};
constexpr std::chrono::seconds kQuiet{10};
constexpr std::chrono::minutes kLimit{8};
constexpr int kEvidenceEach = 8;
constexpr double kMilliseconds = 1'000;

/// Latencies in milliseconds, taken until it ends: of a small command, submitted and answered, which includes its
/// commit; and of how long the engine's thread lets a read wait, which does not.
class Probe {
 public:
  explicit Probe(node::Node& node) : node_(node), thread_([this](const std::stop_token& stop) { run(stop); }) {}

  boost::json::object end() {
    thread_.request_stop();
    thread_.join();
    while (open_ > 0) std::this_thread::sleep_for(kProbeEvery);
    const std::lock_guard lock(mutex_);
    return {{"command_ms", summary(commands_)}, {"engine_ms", summary(engine_)}, {"refused", refused_.load()}};
  }

 private:
  static double ms_since(Clock::time_point start) { return seconds_since(start) * kMilliseconds; }
  static boost::json::object summary(const std::vector<double>& values) {
    return {{"count", values.size()},
            {"p50", percentile(values, 0.5)},
            {"p99", percentile(values, 0.99)},
            {"p999", percentile(values, 0.999)},
            {"max", percentile(values, 1)}};
  }
  void add(std::vector<double>& values, double ms) {
    const std::lock_guard lock(mutex_);
    values.push_back(ms);
    --open_;
  }

  void run(const std::stop_token& stop) {
    auto next = Clock::now();
    for (int i = 0; !stop.stop_requested(); ++i) {
      next += kProbeEvery;
      std::this_thread::sleep_until(next);
      const auto start = Clock::now();
      open_ += 2;
      node_.submit({{}, dispatch::UpdateSkill{"probe", std::to_string(i)}}, [this, start](const node::Answer& answer) {
        if (answer.delivery != node::Delivery::kAnswered) ++refused_;
        add(commands_, ms_since(start));
      });
      node_.read(
          [this, start](const dispatch::Engine&, TimePoint) -> std::function<void()> {
            const double waited = ms_since(start);
            return [this, waited] { add(engine_, waited); };
          },
          [this](node::Delivery) { --open_; });
    }
  }

  node::Node& node_;
  std::atomic<int> open_ = 0;
  std::atomic<int> refused_ = 0;
  std::mutex mutex_;
  std::vector<double> commands_;  // guarded by mutex_
  std::vector<double> engine_;    // likewise
  std::jthread thread_;
};

/// A node with members who serve, each with evidence of one skill that no kind of tags is there for yet.
class Floor {
 public:
  explicit Floor(int members) : members_(members), database_(testing::PostgresCluster::instance().create_database()) {
    store::apply_migrations(database_);
    insert_members();
    node_ = std::make_unique<node::Node>(node::NodeOptions{.database = database_, .owner = "bench"});
    node_->start();
    wait_until([&] { return node_->readiness().ready; });
    std::promise<void> answered;
    node_->submit({{}, dispatch::CreateSkill{"probe", ""}}, [&](const node::Answer&) { answered.set_value(); });
    answered.get_future().wait();
    pool_ = std::make_unique<store::TenantPool>(store::Pool::Options{.connection = database_});
    roster_ = std::make_unique<members::Roster>(*pool_, *node_);
    wait_until([&] { return count("roster_change") == 0; });
  }
  ~Floor() {
    roster_.reset();
    node_->stop();
  }

  [[nodiscard]] node::Node& node() { return *node_; }

  /// Publishes rules by which every level is another one.
  void publish_rules(int floor_level) {
    v1::SkillTagRules rules;
    v1::InputRules& input = *rules.add_inputs();
    input.set_input(v1::SKILL_INPUT_QUALITY);
    input.set_weight(100);
    input.set_last_samples(kEvidenceEach);
    v1::LevelRule& rule = *rules.add_rules();
    rule.set_name("all");
    rule.set_action(v1::LEVEL_ACTION_SET_LEVEL);
    rule.set_level(floor_level);
    v1::LevelCondition& condition = *rule.add_conditions();
    condition.set_collector(v1::LEVEL_COLLECTOR_SAMPLE_COUNT);
    condition.set_input(v1::SKILL_INPUT_QUALITY);
    condition.set_comparator(v1::LEVEL_COMPARATOR_AT_LEAST);
    condition.set_value(1);
    pqxx::connection connection(database_);
    pqxx::work work(connection);
    ++version_;
    work.exec_params("INSERT INTO managed_skill VALUES ('tag', 'tag:tag') ON CONFLICT DO NOTHING");
    work.exec_params(
        "INSERT INTO skill_tag_kind (skill_id, display_name, version, create_time) VALUES ('tag', 'tag', $1, now())"
        " ON CONFLICT (skill_id) DO UPDATE SET version = excluded.version",
        version_);
    work.exec_params("INSERT INTO skill_tag_version VALUES ('tag', $1, $2, 'bench', now())", version_,
                     pqxx::binarystring(rules.SerializeAsString()));
    work.commit();
  }

  /// Computes all tags as the job does, while the roster tells the engine; ends once the engine has all. Gives when the
  /// last level was computed, and when the engine had all.
  std::pair<double, double> retag() {
    const auto start = Clock::now();
    const store::Job job = skill_tags::recompute_job();
    while (pool_->submit(kPlatformTenant, [&](store::TenantTransaction& t) { return job.work(t, wall_now()); }).get()) {
    }
    const double computed = seconds_since(start);
    wait_until([&] { return count("roster_change") == 0; });
    return {computed, seconds_since(start)};
  }

  /// Agents who have the skill at that level.
  int agents_at(int level) {
    auto promise = std::make_shared<std::promise<int>>();
    node_->read(
        [promise, level, members = members_](const dispatch::Engine& engine, TimePoint) -> std::function<void()> {
          int found = 0;
          for (int i = 1; i <= members; ++i) {
            const dispatch::Agent* agent = engine.agent("m" + std::to_string(i));
            for (const dispatch::SkillLevel& has : agent->spec.skills) found += has.level == level ? 1 : 0;
          }
          return [promise, found] { promise->set_value(found); };
        },
        [promise](node::Delivery) { promise->set_value(-1); });
    return promise->get_future().get();
  }

 private:
  template <typename Holds>
  static void wait_until(const Holds& holds) {
    const auto limit = Clock::now() + kLimit;
    while (!holds()) {
      if (Clock::now() > limit) throw std::runtime_error("it takes too long");
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }
  std::int64_t count(const std::string& table) {
    pqxx::connection connection(database_);
    pqxx::work work(connection);
    return work.exec1("SELECT count(*) FROM " + table)[0].as<std::int64_t>();
  }

  void insert_members() {
    const std::string all = " FROM generate_series(1, " + std::to_string(members_) + ") i";
    pqxx::connection connection(database_);
    pqxx::work work(connection);
    work.exec(
        "INSERT INTO member (member_id, display_name, engagement_type, languages, time_zone, state, state_time,"
        " state_reason, returns_to, create_time, update_time) SELECT 'm' || i, 'm' || i, 5, '{}', 'Asia/Shanghai', " +
        std::to_string(v1::MEMBER_STATE_ACTIVE) + ", now(), '', 0, now(), now()" + all);
    work.exec(
        "INSERT INTO evidence (member_id, skill_id, input, reference, score, sample_count, evidence_time, record_time,"
        " actor) SELECT 'm' || i, 'tag', 4, 'review/' || n, 70 + n, 1, now(), now(), 'bench'" +
        all + ", generate_series(1, " + std::to_string(kEvidenceEach) + ") n");
    work.exec("INSERT INTO skill_tag (member_id, skill_id) SELECT 'm' || i, 'tag'" + all);
    work.exec("INSERT INTO roster_change (member_id) SELECT 'm' || i" + all);
    work.commit();
    pqxx::nontransaction(connection).exec("ANALYZE");
  }

  const int members_;
  const std::string database_;
  int version_ = 0;
  std::unique_ptr<node::Node> node_;
  std::unique_ptr<store::TenantPool> pool_;
  std::unique_ptr<members::Roster> roster_;
};

boost::json::object run(int members) {
  Floor floor(members);
  std::fprintf(stderr, "%d agents are there\n", members);
  floor.publish_rules(40);
  floor.retag();
  std::fprintf(stderr, "%d have their first level\n", floor.agents_at(40));
  Probe quiet(floor.node());
  std::this_thread::sleep_for(kQuiet);
  const auto without = quiet.end();
  floor.publish_rules(60);
  Probe busy(floor.node());
  const auto [computed, told] = floor.retag();
  const auto with = busy.end();
  const int agents = floor.agents_at(60);
  if (agents != members) throw std::runtime_error("only " + std::to_string(agents) + " agents have the new level");
  return {
      {"bench", "retag"},
      {"environment", describe_environment("")},
      {"members", members},
      {"computed_seconds", computed},
      {"engine_has_all_seconds", told},
      {"without_retagging", without},
      {"with_retagging", with},
  };
}

}  // namespace

Command retag_command(CLI::App& app) {
  auto members = std::make_shared<int>(60'000);
  CLI::App* command =
      app.add_subcommand("retag", "How long it takes to give all members other levels, and what dispatch feels of it");
  command->add_option("--members", *members, "Members, who all serve and all get another level")
      ->check(CLI::Range(100, 200'000))
      ->capture_default_str();
  return {command, [members] { return run(*members); }};
}

}  // namespace muster::bench
