#include "skip_locked.h"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <utility>

namespace muster::bench {
namespace {

constexpr const char* kSchema = R"sql(
  CREATE TABLE agent_skill (agent int PRIMARY KEY, skills int[] NOT NULL);
  CREATE TABLE agent_state (agent int PRIMARY KEY, free_units int NOT NULL, idle_since timestamptz NOT NULL)
    WITH (fillfactor = 50);
  CREATE TABLE contact (id bigserial PRIMARY KEY, needs int[] NOT NULL, state smallint NOT NULL DEFAULT 0, agent int)
    WITH (fillfactor = 50);
  CREATE INDEX contact_waiting ON contact (id) WHERE state = 0;
)sql";

constexpr const char* kIndex = R"sql(
  CREATE INDEX agent_skill_skills ON agent_skill USING gin (skills);
  ANALYZE agent_skill;
  ANALYZE agent_state;
)sql";

constexpr const char* kEnqueue = "INSERT INTO contact (needs) VALUES ($1::int[])";

constexpr const char* kAssign = R"sql(
  WITH waiting AS (
    SELECT id, needs FROM contact WHERE state = 0 ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
  ), chosen AS (
    SELECT agent_state.agent
      FROM agent_skill JOIN agent_state USING (agent)
     WHERE skills @> (SELECT needs FROM waiting) AND free_units >= 25
     ORDER BY idle_since LIMIT 1 FOR UPDATE OF agent_state SKIP LOCKED
  ), taken AS (
    UPDATE agent_state SET free_units = free_units - 25 FROM chosen
     WHERE agent_state.agent = chosen.agent RETURNING agent_state.agent
  )
  UPDATE contact SET state = 1, agent = taken.agent FROM waiting, taken
   WHERE contact.id = waiting.id RETURNING contact.id, contact.agent
)sql";

constexpr const char* kComplete = R"sql(
  WITH done AS (UPDATE contact SET state = 2 WHERE id = $1::bigint)
  UPDATE agent_state SET free_units = free_units + 25, idle_since = now() WHERE agent = $2::int
)sql";

/// Who is idle, the longest first. Few are busy at a time, so that hardly any row is met in vain.
constexpr const char* kIdleIndex =
    "CREATE INDEX agent_state_idle ON agent_state (idle_since) WHERE free_units = 100; ANALYZE agent_state";

constexpr const char* kArrive = R"sql(
  WITH chosen AS (
    SELECT agent_state.agent
      FROM agent_state JOIN agent_skill USING (agent)
     WHERE skills @> $1::int[] AND free_units = 100
     ORDER BY idle_since LIMIT 1 FOR UPDATE OF agent_state SKIP LOCKED
  ), taken AS (
    UPDATE agent_state SET free_units = 0 FROM chosen
     WHERE agent_state.agent = chosen.agent RETURNING agent_state.agent
  )
  INSERT INTO contact (needs, state, agent)
  SELECT $1::int[], CASE WHEN agent IS NULL THEN 0 ELSE 1 END, agent
    FROM (VALUES (1)) AS arrival LEFT JOIN taken ON true
  RETURNING agent
)sql";

constexpr const char* kPlanByNeeds = "SET plan_cache_mode = force_custom_plan; SET jit = off";

/// The plan that reads few rows; the planner, who does not know the needs beforehand, would read whole tables.
constexpr const char* kPlan =
    "SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_seqscan = off; SET jit = off";

using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

struct Statement {
  const char* name;
  const char* sql;
};

/// A connection with its statements prepared. Throws std::runtime_error.
class Session {
 public:
  Session(const std::string& connection, const char* plan, std::initializer_list<Statement> statements)
      : connection_(PQconnectdb(connection.c_str()), &PQfinish) {
    check(Result(PQexec(connection_.get(), plan), &PQclear));
    for (const Statement& statement : statements) {
      check(Result(PQprepare(connection_.get(), statement.name, statement.sql, 0, nullptr), &PQclear));
    }
  }

  template <std::size_t n>
  Result execute(const char* statement, const std::array<const char*, n>& parameters) {
    Result result(PQexecPrepared(connection_.get(), statement, n, parameters.data(), nullptr, nullptr, 0), &PQclear);
    check(result);
    return result;
  }

 private:
  void check(const Result& result) {
    const ExecStatusType status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
      throw std::runtime_error(PQerrorMessage(connection_.get()));
    }
  }

  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

template <typename Skills>
std::string array_text(const Skills& skills) {
  std::string text;
  for (const auto skill : skills) text += (text.empty() ? "{" : ",") + std::to_string(skill);
  return text + "}";
}

/// `skills_of` gives those of an agent, by number.
template <typename SkillsOf>
void fill(const testing::PostgresCluster& cluster, const std::string& database, int agents, SkillsOf skills_of) {
  cluster.execute(database, kSchema);
  std::string rows;
  for (int agent = 0; agent < agents; ++agent) {
    rows += (rows.empty() ? "" : ",") + ("(" + std::to_string(agent)) + ",'" + array_text(skills_of(agent)) + "')";
  }
  cluster.execute(database, "INSERT INTO agent_skill VALUES " + rows);
  cluster.execute(database, "INSERT INTO agent_state SELECT agent, " + std::to_string(kAgentUnits) +
                                ", now() - agent * interval '1 ms' FROM agent_skill");
  cluster.execute(database, kIndex);
}

/// The same as those of musterd's own PostgreSQL, with more memory.
std::vector<std::string> settings() {
  return {"synchronous_commit=on", "shared_buffers=1GB",       "min_wal_size=512MB",
          "max_wal_size=2GB",      "checkpoint_timeout=15min", "checkpoint_completion_target=0.9"};
}

}  // namespace

SkipLocked::SkipLocked(const Population& population)
    : population_(population),
      cluster_(settings()),
      all_(cluster_.create_database()),
      connected_(cluster_.create_database()),
      version_(cluster_.execute(all_, "SHOW server_version")),
      server_(std::stoi(cluster_.execute(all_, "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)"))) {
  const auto skills_of = [&](int agent) { return population.skills(agent); };
  fill(cluster_, all_, population.agents(), skills_of);
  fill(cluster_, connected_, population.connected(), skills_of);
}

SkipLocked::~SkipLocked() {
  running_ = false;
  for (std::thread& thread : threads_) thread.join();
}

void SkipLocked::start(SignedIn signed_in) {
  const std::string& database = signed_in == SignedIn::kAll ? all_ : connected_;
  // A queue that grew through earlier rounds is not held against it.
  cluster_.execute(database, "TRUNCATE contact");
  cluster_.execute(database, "VACUUM ANALYZE agent_state");
  records_.assign(kConnections, {});
  failures_.assign(kConnections, {});
  running_ = true;
  for (int i = 0; i < kConnections; ++i) {
    threads_.emplace_back([this, database, i] {
      const auto at = static_cast<std::size_t>(i);
      try {
        run(database, i, records_[at]);
      } catch (const std::exception& error) {
        failures_[at] = error.what();
      }
    });
  }
}

std::vector<LifeRecord> SkipLocked::stop() {
  running_ = false;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  std::vector<LifeRecord> lives;
  for (const std::string& failure : failures_) {
    if (!failure.empty()) throw std::runtime_error("SKIP LOCKED: " + failure);
  }
  for (const auto& records : records_) lives.insert(lives.end(), records.begin(), records.end());
  return lives;
}

void SkipLocked::run(const std::string& connection, int number, std::vector<LifeRecord>& records) {
  Session session(connection, kPlan, {{"enqueue", kEnqueue}, {"assign", kAssign}, {"complete", kComplete}});
  Random random(static_cast<std::uint64_t>(now_ns()) + static_cast<std::uint64_t>(number));
  while (running_) {
    LifeRecord life{now_ns(), 0, 0};
    const std::string needs = array_text(population_.draw_need(random));
    session.execute<1>("enqueue", {needs.c_str()});
    Result assigned = session.execute<0>("assign", {});
    // Another connection took this contact, or holds the last agent for it: there is another one, or soon will be.
    while (PQntuples(assigned.get()) == 0 && running_) assigned = session.execute<0>("assign", {});
    if (PQntuples(assigned.get()) == 0) return;
    life.offered = now_ns();
    session.execute<2>("complete", {PQgetvalue(assigned.get(), 0, 0), PQgetvalue(assigned.get(), 0, 1)});
    life.end = now_ns();
    records.push_back(life);
  }
}

SkipLockedArrivals::SkipLockedArrivals(const std::vector<std::vector<int>>& skills, Needs draw_need)
    : agents_(skills.size()),
      draw_need_(std::move(draw_need)),
      cluster_(settings()),
      database_(cluster_.create_database()) {
  fill(cluster_, database_, static_cast<int>(skills.size()),
       [&](int agent) -> const std::vector<int>& { return skills[static_cast<std::size_t>(agent)]; });
  cluster_.execute(database_, kIdleIndex);
}

std::vector<double> SkipLockedArrivals::measure(int decisions) {
  const int at_once = std::max(SkipLocked::kConnections, static_cast<int>(agents_ / 20));
  round(std::min(decisions, at_once));
  std::vector<double> times;
  while (static_cast<int>(times.size()) < decisions) {
    free_all();
    const std::vector<double> more = round(std::min(decisions - static_cast<int>(times.size()), at_once));
    times.insert(times.end(), more.begin(), more.end());
  }
  return times;
}

/// Who was busy becomes the newest of the idle.
void SkipLockedArrivals::free_all() {
  cluster_.execute(database_, "UPDATE agent_state SET free_units = 100, idle_since = now() WHERE free_units = 0");
  cluster_.execute(database_, "TRUNCATE contact");
  cluster_.execute(database_, "VACUUM ANALYZE agent_state");
}

std::vector<double> SkipLockedArrivals::round(int decisions) {
  struct Caller {
    std::vector<double> times;
    std::string failure;
  };
  std::vector<Caller> callers(SkipLocked::kConnections);
  std::atomic<int> left{decisions};
  ++rounds_;
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < callers.size(); ++i) {
      threads.emplace_back([&, i, &caller = callers[i]] {
        try {
          Session session(database_, kPlanByNeeds, {{"arrive", kArrive}});
          Random random(rounds_ * callers.size() + i);
          while (left.fetch_sub(1) > 0) {
            const std::string needs = array_text(draw_need_(random));
            const auto begin = now_ns();
            session.execute<1>("arrive", {needs.c_str()});
            caller.times.push_back(static_cast<double>(now_ns() - begin));
          }
        } catch (const std::exception& error) {
          caller.failure = error.what();
        }
      });
    }
  }
  std::vector<double> times;
  for (const Caller& caller : callers) {
    if (!caller.failure.empty()) throw std::runtime_error("SKIP LOCKED: " + caller.failure);
    times.insert(times.end(), caller.times.begin(), caller.times.end());
  }
  return times;
}

}  // namespace muster::bench
