#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <numeric>
#include <pqxx/pqxx>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <variant>

#include "muster/base/random.h"
#include "muster/csv/csv_reader.h"
#include "muster/kpi/metrics.h"
#include "past.h"

/// A recorded day, call by call (docs/simulator.md tells the format), goes through the engine at the log's own times,
/// into the journal, and from there through a real node into history. PostgreSQL reads the log by itself and works the
/// same figures out of it. muster-sim cannot show this: it replays who calls, and how long they would wait and talk;
/// who answers when is then up to Muster, so that waits and abandonment are not the log's.
///   MUSTER_TRACE_FILE=calls.csv.gz MUSTER_TRACE_DATE=1999-03-01 node_test --gtest_filter='BankDay.*'
namespace muster {
namespace {

using namespace dispatch;
using namespace std::chrono_literals;
using kpi::Dimension;

constexpr int kSlots = 48;  // half hours of the day

/// A call that reached queue or agent. Times in seconds, moments after midnight.
struct Call {
  std::string type;
  std::string agent;
  bool answered = false;
  int due = 0;
  int wait = 0;
  int service = 0;
};

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::vector<Call> read_calls(const std::string& path, const std::string& date) {
  csv::CsvReader log(path);
  const auto column = [&](const char* name) { return log.column(name); };
  const auto on = column("date"), q_start = column("q_start_s"), q_time = column("q_time"), outcome = column("outcome"),
             start = column("ser_start_s"), service = column("ser_time"), type = column("type"),
             agent = column("agent");
  const auto seconds = [&](std::size_t field) { return static_cast<int>(log.number(field)); };
  std::vector<Call> calls;
  while (log.next()) {
    const bool answered = log.text(outcome) == "AGENT", queued = seconds(q_start) > 0;
    if (log.text(on) != date || (!answered && log.text(outcome) != "HANG")) continue;
    Call call{lower(log.text(type)), lower(log.text(agent)), answered, seconds(queued ? q_start : start), 0, 0};
    if (call.due <= 0 || (!answered && !queued)) continue;
    if (call.agent.empty()) call.agent = "unnamed";
    if (queued) call.wait = std::max(seconds(q_time), 0);
    if (answered) call.service = std::max(seconds(service), 0);
    calls.push_back(call);
  }
  return calls;
}

/// Lets the calls happen, each to the second. Each asks for a skill of its own, which its agent has from the moment of
/// the answer: so it waits for as long as it did, and goes to whom it went.
class Replay {
 public:
  explicit Replay(TimePoint midnight) : midnight_(midnight), now_(midnight - 1h) {
    run(OpenWorkspace{1, "log"});
    PolicyChange policy;
    policy.steps = {{0s, {}}};
    run(CreatePolicy{"by-call", policy});
  }

  void add(const std::vector<Call>& calls) {
    std::set<std::string> types, agents;
    for (const Call& call : calls) {
      types.insert(call.type);
      if (call.answered) agents.insert(call.agent);
    }
    for (const std::string& type : types) {
      QueueChange queue;
      queue.policy = "by-call";
      queue.service_level_method = ServiceLevelMethod(1 + methods.size() % 7);
      methods.emplace(type, static_cast<int>(*queue.service_level_method));
      run(CreateQueue{type, Channel::kVoice, queue});
    }
    AgentChange agent;
    agent.capacity_units = 10'000;  // the log has agents in two calls at once
    agent.channel_limits = AgentSpec{}.channel_limits;
    (*agent.channel_limits)[raw(Channel::kVoice)] = 100;
    for (const std::string& id : agents) run(CreateAgent{id, agent});
    at(0, [this, agents] {
      for (const std::string& id : agents) sign_in(id);
    });
    for (std::size_t i = 0; i < calls.size(); ++i) plan(calls[i], "call-" + std::to_string(i));
  }

  /// The events of the day, whose last half hours are over by its end.
  std::vector<Event> play() {
    for (const auto& [second, act] : planned_) {
      pass(midnight_ + std::chrono::seconds(second));
      act();
    }
    pass(std::max(now_, midnight_ + 26h));
    run(RecordStateHash{});
    return std::move(events_);
  }

  std::map<std::string, int> methods;  ///< of service level, by queue

 private:
  void at(int second, std::function<void()> act) { planned_.emplace(second, std::move(act)); }

  void plan(const Call& call, const std::string& skill) {
    run(CreateSkill{skill, skill});
    const auto contact = std::make_shared<ContactId>();
    at(call.due, [=, this] {
      CreateContact created;
      created.queue = call.type;
      created.requirements = {{skill, 1}};
      created.details = std::make_shared<ContactDetails>();
      *contact = ContactId{run(created).id};
    });
    if (!call.answered) {
      at(call.due + call.wait, [=, this] { run(EndContact{*contact, ContactState::kAbandoned, "hung up"}); });
      return;
    }
    at(call.due + call.wait, [=, this] {
      AgentChange learns;
      learns.skills = {{skill, 100}};
      run(UpdateAgent{call.agent, learns});
      const auto* offered = std::get_if<OfferMade>(&events_.back().body);
      ASSERT_TRUE(offered && offered->contact == *contact) << skill;
      run(AcceptOffer{sessions_[call.agent], offered->offer});
    });
    at(call.due + call.wait + call.service, [=, this] {
      run(CompleteContact{sessions_[call.agent], *contact, "solved"});
    });
  }

  void sign_in(const std::string& agent) {
    sessions_[agent] = SessionId{run(OpenSession{agent, {}}).id};
    run(SetPresence{sessions_[agent], Presence::kAvailable, ""});
  }

  void pass(TimePoint until) {
    now_ = until;
    engine_.advance(now_, events_);
  }

  Reply run(CommandBody body) {
    const Reply reply = engine_.handle({{}, std::move(body)}, now_, events_);
    EXPECT_TRUE(reply.ok()) << reply.subject;
    return reply;
  }

  const TimePoint midnight_;
  TimePoint now_;
  Engine engine_;
  std::vector<Event> events_;
  std::map<std::string, SessionId> sessions_;
  std::multimap<int, std::function<void()>> planned_;  // of one second, in the order of planning
};

/// A figure, by dimension, row, half hour and metric; what is 0 or not known is left out.
using Figures = std::map<std::tuple<int, std::string, int, std::string>, kpi::Figure>;

constexpr const char* kFigures = R"(
  WITH call AS (
    SELECT lower(type) AS queue, coalesce(lower(agent), 'unnamed') AS agent, outcome = 'AGENT' AS answered, method,
           CASE WHEN q_start_s > 0 THEN q_start_s ELSE ser_start_s END::bigint AS due,
           CASE WHEN q_start_s > 0 THEN greatest(q_time, 0) ELSE 0 END::bigint AS wait,
           greatest(ser_time, 0)::bigint AS service
    FROM log JOIN queue_method ON queue = lower(type)
    WHERE date = $1 AND (outcome = 'AGENT' AND greatest(q_start_s, ser_start_s) > 0
                         OR outcome = 'HANG' AND q_start_s > 0)
  ), counted AS (
    SELECT dimension, id, answered, due, wait, service, due + wait AS left_at, due + wait + service AS done_at,
           CASE WHEN answered THEN true ELSE
             CASE method WHEN 2 THEN false WHEN 4 THEN wait > 20 WHEN 6 THEN wait > 5 ELSE true END END AS counts,
           CASE WHEN answered THEN wait <= 20 ELSE
             CASE method WHEN 1 THEN wait <= 20 WHEN 5 THEN wait <= 5 WHEN 7 THEN wait <= 20 ELSE false END END AS met
    FROM call CROSS JOIN LATERAL
         (VALUES (1, ''), (4, queue), (7, CASE WHEN answered THEN agent END)) AS of(dimension, id)
    WHERE id IS NOT NULL
  ), arrived AS (
    SELECT dimension, id, due / 1800 AS slot, count(*) AS offered FROM counted WHERE dimension <> 7 GROUP BY 1, 2, 3
  ), gone AS (
    SELECT dimension, id, left_at / 1800 AS slot,
           count(*) FILTER (WHERE answered) AS a, count(*) FILTER (WHERE answered AND wait <= 20) AS a20,
           sum(wait) FILTER (WHERE answered) AS a_wait,
           count(*) FILTER (WHERE NOT answered) AS b, count(*) FILTER (WHERE NOT answered AND wait <= 20) AS b20,
           count(*) FILTER (WHERE NOT answered AND wait <= 5) AS b5, sum(wait) FILTER (WHERE NOT answered) AS b_wait,
           max(wait) AS longest, count(*) FILTER (WHERE counts) AS c, count(*) FILTER (WHERE counts AND met) AS m,
           percentile_disc(ARRAY[0.5, 0.9, 0.95, 0.99]) WITHIN GROUP (ORDER BY wait) FILTER (WHERE answered) AS p
    FROM counted GROUP BY 1, 2, 3
  ), done AS (
    SELECT dimension, id, done_at / 1800 AS slot, count(*) AS h, sum(service) AS talk
    FROM counted WHERE answered GROUP BY 1, 2, 3
  ), busy AS (  -- clock time, however many calls at once
    SELECT agent, slot, (SELECT sum(upper(part) - lower(part)) FROM unnest(
             range_agg(int8range(due + wait, due + wait + service))
             * int8multirange(int8range(slot * 1800, slot * 1800 + 1800))) AS part) AS seconds
    FROM call CROSS JOIN generate_series(0, 47) AS slot WHERE answered GROUP BY agent, slot
  )
  SELECT dimension, id, slot, metric, numerator::bigint, denominator::bigint FROM (
    SELECT dimension, id, slot, 'offered' AS metric, offered AS numerator, 1 AS denominator FROM arrived
    UNION ALL
    SELECT dimension, id, slot, v.* FROM gone CROSS JOIN LATERAL (VALUES
      ('answered', a, 1), ('abandoned', b, 1), ('abandon_rate', 100 * b, a + b),
      ('abandon_rate_without_short', 100 * (b - b5), a + b - b5), ('asa', 1000000 * a_wait, a),
      ('abandon_wait', 1000000 * b_wait, b), ('longest_wait', 1000000 * longest, 1), ('service_level', 100 * m, c),
      ('service_level_sl1', 100 * (a20 + b20), a + b), ('service_level_sl2', 100 * a20, a),
      ('service_level_sl3', 100 * a20, a + b), ('service_level_sl4', 100 * a20, a + b - b20),
      ('service_level_sl5', 100 * (a20 + b5), a + b), ('service_level_sl6', 100 * a20, a + b - b5),
      ('service_level_sl7', 100 * (a20 + b20), a + b), ('offers_accepted', a, 1)) AS v
    UNION ALL
    SELECT dimension, id, slot, metric, 1000000::bigint * (SELECT min(bound) FROM unnest(ARRAY[
             1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60, 90, 120, 150, 180, 240, 300, 450, 600, 900,
             1200, 1800, 2700, 3600, 7200, 14400, 28800, 86400]) AS bound WHERE bound >= wait), 1
    FROM gone CROSS JOIN unnest(ARRAY['wait_p50', 'wait_p90', 'wait_p95', 'wait_p99'], p) AS percentile(metric, wait)
    UNION ALL
    SELECT dimension, id, slot, v.* FROM done CROSS JOIN LATERAL (VALUES
      ('handled', h, 1), ('completed', h, 1), ('talk', 1000000 * talk, h), ('aht', 1000000 * talk, h)) AS v
    UNION ALL
    SELECT 7, agent, slot, 'occupancy', 100 * seconds, 1800 FROM busy
    UNION ALL
    SELECT 1, '', slot, 'occupancy', 100 * sum(seconds), 1800 * count(*) FROM busy GROUP BY slot
  ) AS figures WHERE slot < 48 AND numerator <> 0 AND denominator <> 0
)";

/// By PostgreSQL, out of the log alone.
Figures figures_of_log(const std::string& database, const std::string& path, const std::string& date,
                       const std::map<std::string, int>& methods) {
  pqxx::connection connection(database);
  pqxx::work work(connection);
  work.exec0(
      "CREATE TABLE log (date text, vru_entry_s int, vru_time int, q_start_s int, q_exit_s int, q_time int,"
      " outcome text, ser_start_s int, ser_exit_s int, ser_time int, type text, priority int, customer text,"
      " agent text)");
  work.exec0("COPY log FROM PROGRAM " + work.quote("gzip -cdf '" + path + "'") + " (FORMAT csv, HEADER)");
  work.exec0("CREATE TABLE queue_method (queue text, method int)");
  for (const auto& [queue, method] : methods) {
    work.exec_params0("INSERT INTO queue_method VALUES ($1, $2)", queue, method);
  }
  Figures figures;
  for (const auto& row : work.exec_params(kFigures, date)) {
    const bool added =
        figures
            .emplace(std::tuple(row[0].as<int>(), row[1].as<std::string>(), row[2].as<int>(), row[3].as<std::string>()),
                     kpi::Figure{row[4].as<std::int64_t>(), row[5].as<std::int64_t>()})
            .second;
    EXPECT_TRUE(added) << row[3].c_str();
  }
  return figures;
}

/// By Muster: the metrics that the log tells something of.
Figures figures_of_node(node::Node& node, TimePoint midnight, const std::set<std::string>& metrics) {
  Figures figures;
  for (const Dimension dimension : {Dimension::kWorkspace, Dimension::kQueue, Dimension::kAgent}) {
    node::KpiQuery query;
    query.dimension = dimension;
    query.from = midnight;
    query.until = midnight + 24h;
    query.step = node::KpiStep::kHalfHour;
    for (const auto& row : testing::ask(node, query).rows) {
      for (const std::string& metric : metrics) {
        const kpi::Figure figure = kpi::figure(*kpi::find_metric(metric), {row.facts, {}, {}});
        if (figure.numerator == 0 || !figure.known()) continue;
        const int slot = static_cast<int>((row.start - midnight) / 30min);
        figures.emplace(std::tuple(static_cast<int>(dimension), row.key.id, slot, metric), figure);
      }
    }
  }
  return figures;
}

/// A ratio is the same whatever it is written as.
std::pair<std::int64_t, std::int64_t> lowest_terms(const kpi::Figure& figure) {
  const std::int64_t divisor = std::gcd(figure.numerator, figure.denominator);
  return {figure.numerator / divisor, figure.denominator / divisor};
}

void expect_equal(const Figures& figures, const Figures& log) {
  const auto text = [](const auto& where) {
    const auto& [dimension, id, slot, metric] = where;
    return metric + " of " + std::to_string(dimension) + " \"" + id + "\" in half hour " + std::to_string(slot);
  };
  for (const auto& [where, figure] : log) {
    const auto found = figures.find(where);
    ASSERT_NE(found, figures.end()) << text(where);
    EXPECT_EQ(lowest_terms(found->second), lowest_terms(figure)) << text(where);
  }
  for (const auto& [where, figure] : figures) EXPECT_TRUE(log.contains(where)) << text(where);
}

/// Replays a day of the log and compares; returns the metrics that there was anything to tell of.
std::set<std::string> replay_and_compare(const std::string& path, const std::string& date) {
  // Not the log's own: what lies between then and now would be intervals upon intervals.
  const TimePoint midnight = std::chrono::floor<std::chrono::days>(wall_now()) - std::chrono::days(2);
  const std::vector<Call> calls = read_calls(path, date);
  Replay replay(midnight);
  replay.add(calls);
  testing::Past past;
  past.write(replay.play());
  const Figures log = figures_of_log(past.database, path, date, replay.methods);
  std::set<std::string> metrics;
  for (const auto& [where, figure] : log) metrics.insert(std::get<3>(where));
  const auto node = past.take_up();
  expect_equal(figures_of_node(*node, midnight, metrics), log);
  std::cout << calls.size() << " calls, " << log.size() << " figures of " << kSlots << " half hours\n";
  return metrics;
}

/// A log as a call centre may have written it: at borders of half hours, over midnight, without a name, at odds with
/// itself.
void write_log(const std::string& path, std::uint64_t seed) {
  Random random(seed);
  std::ofstream log(path);
  log << "date,vru_entry_s,vru_time,q_start_s,q_exit_s,q_time,outcome,ser_start_s,ser_exit_s,ser_time,type,priority,"
         "customer,agent\n";
  const auto below = [&](std::uint64_t bound) { return static_cast<int>(random.below(bound)); };
  for (int i = 0; i < 900; ++i) {
    const std::string date = below(10) == 0 ? "2001-05-06" : "2001-05-07";
    int arrival = 1 + below(86'399);
    if (below(10) == 0) arrival = 1800 * (1 + below(kSlots - 1));
    const bool queued = below(3) != 0, answered = below(4) != 0;
    int wait = below(3) == 0 ? below(3000) : below(30);
    if (below(8) == 0) wait = 20;
    if (below(8) == 0) wait = (1800 - arrival % 1800) % 1800;
    const int service = below(20) == 0 ? 0 : below(600), start = arrival + (queued ? wait : 0);
    log << date << ',' << arrival << ",0,";
    queued ? log << arrival << ',' << start << ',' << wait : log << "0,0,0";
    if (below(40) == 0) {
      log << ",PHANTOM,0,0,0";
    } else if (!answered) {
      log << ",HANG,0,0,0";
    } else {
      log << ",AGENT," << start << ',' << start + service << ',' << service;
    }
    log << ',' << "ABCDEFG"[below(7)] << 'S' << ",0," << below(1000) << ',';
    if (answered && below(50) != 0) log << 'A' << 10 + below(12);
    log << '\n';
  }
}

TEST(BankDay, FiguresOfHalfHoursAreThoseOfTheLog) {
  const std::string path = ::testing::TempDir() + "muster-calls-" + std::to_string(getpid()) + ".csv";
  for (const std::uint64_t seed : {1, 2, 3}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    write_log(path, seed);
    EXPECT_EQ(replay_and_compare(path, "2001-05-07").size(), 26U) << "something of everything";
  }
  std::filesystem::remove(path);
}

TEST(BankDay, FiguresOfHalfHoursAreThoseOfARecordedLog) {
  const char* path = std::getenv("MUSTER_TRACE_FILE");
  if (!path) GTEST_SKIP() << "MUSTER_TRACE_FILE names no call-by-call log";
  const char* date = std::getenv("MUSTER_TRACE_DATE");
  EXPECT_FALSE(replay_and_compare(path, date ? date : "1999-03-01").empty()) << "no call on that day";
}

}  // namespace
}  // namespace muster
