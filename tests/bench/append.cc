#include <libpq-fe.h>

#include <cstdio>
#include <memory>
#include <pqxx/pqxx>
#include <stdexcept>
#include <tuple>

#include "command.h"
#include "muster/journal/appender.h"
#include "muster/journal/codec.h"
#include "muster/store/migrations.h"
#include "postgres_fixture.h"
#include "samples.h"

namespace muster::bench {
namespace {

struct Options {
  int rounds = 25;
  double seconds = 0.2;  ///< of each cell in each round
};

/// Events as a contact's life makes them, about 120 bytes each when encoded.
dispatch::Event sample_event(dispatch::Sequence sequence) {
  dispatch::ContactCreated created;
  created.contact = dispatch::ContactId{sequence};
  created.queue = dispatch::QueueHandle{3};
  created.priority = 10;
  created.details = std::make_shared<dispatch::ContactDetails>(
      dispatch::ContactDetails{"customer-" + std::to_string(100000 + sequence % 800000), "Question on an order", {}});
  created.due = created.expires = TimePoint(std::chrono::microseconds(1'767'600'000'000'000));
  return {sequence, created.due, {sequence * 0x9e3779b97f4a7c15, sequence}, ~sequence, created};
}

/// One way to make a batch of events durable.
class Way {
 public:
  virtual ~Way() = default;
  /// Returns when the events are durable. Throws if they may not be.
  virtual void append(const std::vector<dispatch::Event>& events) = 0;
};

/// Muster's journal, encoding included.
class Journal : public Way {
 public:
  explicit Journal(const std::string& database) : appender_({database, "bench", {1, 1}, std::chrono::seconds(30)}) {}

  void append(const std::vector<dispatch::Event>& events) override {
    payload_.clear();
    for (const dispatch::Event& event : events) journal::encode_event(event, payload_);
    const dispatch::Sequence first = appender_.next_seq();
    if (appender_.append(first, first + events.size() - 1, payload_) != journal::AppendResult::kCommitted) {
      throw std::runtime_error(appender_.error());
    }
  }

 private:
  journal::Appender appender_;
  std::string payload_;
};

/// One row per event with COPY, one transaction per batch. The rows' text is made beforehand: its cost is not counted.
class Copy : public Way {
 public:
  Copy(const std::string& database, const std::vector<dispatch::Event>& events) : connection_(database) {
    for (const dispatch::Event& event : events) {
      std::string payload;
      journal::encode_event(event, payload);
      rows_.push_back(connection_.esc_raw(reinterpret_cast<const unsigned char*>(payload.data()), payload.size()));
    }
  }

  void append(const std::vector<dispatch::Event>& events) override {
    pqxx::work work(connection_);
    pqxx::stream_to stream(work, "events", std::vector<std::string>{"id", "workspace", "kind", "payload"});
    for (std::size_t i = 0; i < events.size(); ++i) stream << std::make_tuple(++id_, 1, 12, rows_[i]);
    stream.complete();
    work.commit();
  }

 private:
  pqxx::connection connection_;
  std::vector<std::string> rows_;
  std::int64_t id_ = 0;
};

/// A prepared single-row INSERT in autocommit, per event: what one bare commit costs.
class Insert : public Way {
 public:
  Insert(const std::string& database, const std::vector<dispatch::Event>& events)
      : connection_(PQconnectdb(database.c_str()), &PQfinish) {
    for (const dispatch::Event& event : events) journal::encode_event(event, payloads_.emplace_back());
    PQclear(PQprepare(connection_.get(), "insert", "INSERT INTO single VALUES ($1::bigint, 1, 12, $2)", 0, nullptr));
  }

  void append(const std::vector<dispatch::Event>& events) override {
    for (std::size_t i = 0; i < events.size(); ++i) {
      const std::uint64_t id = __builtin_bswap64(++id_);
      const char* const values[] = {reinterpret_cast<const char*>(&id), payloads_[i].data()};
      const int lengths[] = {8, static_cast<int>(payloads_[i].size())};
      const int formats[] = {1, 1};
      PGresult* result = PQexecPrepared(connection_.get(), "insert", 2, values, lengths, formats, 1);
      const bool done = PQresultStatus(result) == PGRES_COMMAND_OK;
      PQclear(result);
      if (!done) throw std::runtime_error(PQerrorMessage(connection_.get()));
    }
  }

 private:
  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
  std::vector<std::string> payloads_;
  std::uint64_t id_ = 0;
};

/// One way at one size of batch.
struct Cell {
  std::string how;
  int batch;
  Way* way;
  std::vector<dispatch::Event> events;
  std::vector<double> latencies_us;       // of all rounds
  std::vector<double> events_per_second;  // by round
  std::vector<double> p50_us;             // by round
};

void run_round(Cell& cell, double seconds) {
  std::vector<double> latencies_us;
  const auto start = Clock::now();
  do {
    const auto before = Clock::now();
    cell.way->append(cell.events);
    latencies_us.push_back(seconds_since(before) * 1e6);
  } while (seconds_since(start) < seconds);
  cell.events_per_second.push_back(static_cast<double>(latencies_us.size()) * cell.batch / seconds_since(start));
  cell.p50_us.push_back(percentile(latencies_us, 0.5));
  cell.latencies_us.insert(cell.latencies_us.end(), latencies_us.begin(), latencies_us.end());
}

/// The median over the rounds of one figure against another of the same round.
double median_ratio(const std::vector<double>& figure, const std::vector<double>& baseline) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < figure.size(); ++i) ratios.push_back(figure[i] / baseline[i]);
  return percentile(ratios, 0.5);
}

boost::json::object summary(const Cell& cell) {
  const double rate = percentile(cell.events_per_second, 0.5);
  const double p50 = percentile(cell.latencies_us, 0.5);
  const double p99 = percentile(cell.latencies_us, 0.99);
  std::fprintf(stderr, "%-8s batch %5d  %9.0f events/s  p50 %7.0f us  p99 %7.0f us\n", cell.how.c_str(), cell.batch,
               rate, p50, p99);
  return {{"how", cell.how}, {"batch", cell.batch}, {"events_per_second", rate}, {"p50_us", p50}, {"p99_us", p99}};
}

boost::json::object run(const Options& options) {
  // Checkpoints are a cost of all ways alike; one in the middle of a cell would be a cost of that one alone.
  testing::PostgresCluster cluster({"max_wal_size=16GB", "checkpoint_timeout=1h", "shared_buffers=512MB"});
  const std::string database = cluster.create_database();
  store::apply_migrations(database);
  cluster.execute(database, "INSERT INTO workspace (id, epoch) VALUES ('bench', 1)");
  for (const char* table : {"events", "single"}) {
    cluster.execute(database, std::string("CREATE TABLE ") + table +
                                  " (id bigint PRIMARY KEY, workspace int, kind smallint, payload bytea)");
  }
  std::vector<dispatch::Event> events;
  for (dispatch::Sequence i = 1; i <= 1000; ++i) events.push_back(sample_event(i));
  std::string payload;
  for (const dispatch::Event& event : events) journal::encode_event(event, payload);
  Journal journal(database);
  Copy copy(database, events);
  Insert insert(database, events);
  const auto batch = [&](int size) { return std::vector<dispatch::Event>(events.begin(), events.begin() + size); };
  std::vector<Cell> cells;
  for (const int size : {1, 10, 100, 1000}) {
    cells.push_back({"journal", size, &journal, batch(size), {}, {}, {}});
    cells.push_back({"copy", size, &copy, batch(size), {}, {}, {}});
    if (size == 1) cells.push_back({"insert", 1, &insert, batch(1), {}, {}, {}});
  }
  for (int round = 0; round < options.rounds; ++round) {
    for (Cell& cell : cells) run_round(cell, options.seconds);
  }

  boost::json::object ratio_vs_copy;
  boost::json::array figures;
  const Cell* ours = nullptr;
  double ratio_vs_commit = 0;
  for (const Cell& cell : cells) {
    figures.push_back(summary(cell));
    if (cell.how == "journal") ours = &cell;
    if (cell.how == "copy") {
      ratio_vs_copy[std::to_string(cell.batch)] = median_ratio(ours->events_per_second, cell.events_per_second);
    }
    if (cell.how == "insert") ratio_vs_commit = median_ratio(ours->p50_us, cell.p50_us);
  }
  std::fprintf(stderr, "ratio_vs_copy %s\nratio_vs_commit %.2f\n", boost::json::serialize(ratio_vs_copy).c_str(),
               ratio_vs_commit);
  return {{"bench", "append"},
          {"rounds", options.rounds},
          {"bytes_per_event", static_cast<double>(payload.size()) / static_cast<double>(events.size())},
          {"cells", figures},
          {"ratio_vs_copy", ratio_vs_copy},
          {"ratio_vs_commit", ratio_vs_commit}};
}

}  // namespace

Command append_command(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "append", "The journal's durable append against COPY of one row per event and against bare commits");
  command->add_option("--rounds", options->rounds, "Rounds; each runs every cell once")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("--seconds", options->seconds, "Length of each cell in each round")
      ->check(CLI::Range(0.01, 60.0))
      ->capture_default_str();
  return {command, [options] { return run(*options); }};
}

}  // namespace muster::bench
