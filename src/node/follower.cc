#include "follower.h"

#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "muster/base/thread_name.h"
#include "muster/journal/codec.h"
#include "muster/journal/error.h"
#include "muster/journal/recovery.h"
#include "projector.h"

namespace muster::node {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kBatchesPerRead = 1024;
constexpr auto kRetryPause = std::chrono::milliseconds(500);
constexpr auto kStatementTimeout = std::chrono::seconds(60);
/// What a stop gives to the last write of the tables.
constexpr auto kStopGrace = std::chrono::seconds(5);
/// A clean stop leaves a snapshot if this many events would have to be replayed otherwise.
constexpr std::uint64_t kSnapshotAtStopEvents = 1000;
/// Reporting gives way to dispatch when both want the processor.
constexpr int kNice = 5;

/// Thrown out of a read of the journal that is no longer wanted.
struct Unwanted {};

}  // namespace

struct Follower::Position {
  Position(const Options& options, ProjectionStore& tables)
      : store(tables),
        reader(options.database, options.workspace),
        snapshots(options.database, options.workspace),
        projector(engine, store) {}

  ProjectionStore& store;
  journal::Reader reader;
  journal::SnapshotWriter snapshots;
  dispatch::Engine engine;
  kpi::Board board;
  kpi::Fold facts{kpi::Fold::Keep::kHistory};
  Projector projector;
  dispatch::Sequence written = 0;  ///< the tables' position
  bool behind = true;              ///< the last read stopped before the journal's end
  Clock::time_point last_write{};
};

Follower::Follower(Options options) : options_(std::move(options)), thread_([this] { run(); }) {
  name_thread(thread_, "follower");
}

Follower::~Follower() { stop(); }

void Follower::stop() {
  if (!thread_.joinable()) return;
  {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
    const bool ended = changed_.wait_for(lock, kStopGrace, [&] { return ended_; });
    if (!ended && connection_) connection_->cut();
  }
  thread_.join();
  refuse_waiting(StoreStatus::kNotServing, "the server is stopping");
}

void Follower::begin_term(dispatch::Sequence committed) {
  {
    std::lock_guard lock(mutex_);
    leading_ = true;
    committed_ = std::max(committed_, committed);
    failed_at_.reset();
    trouble_.clear();
  }
  changed_.notify_all();
}

void Follower::end_term() {
  {
    std::lock_guard lock(mutex_);
    leading_ = false;
    rebuild_asked_ = false;
  }
  changed_.notify_all();
  refuse_waiting(StoreStatus::kNotServing, "the term is over");
}

void Follower::committed(dispatch::Sequence sequence) {
  {
    std::lock_guard lock(mutex_);
    committed_ = std::max(committed_, sequence);
    if (waiting_.empty()) return;
  }
  changed_.notify_one();
}

void Follower::expire_waiting() {
  std::vector<Then> overdue;
  {
    std::lock_guard lock(mutex_);
    const auto now = Clock::now();
    for (auto it = waiting_.begin(); it != waiting_.end();) {
      if (it->second.until > now) {
        ++it;
        continue;
      }
      overdue.push_back(std::move(it->second.then));
      it = waiting_.erase(it);
    }
  }
  for (const auto& then : overdue) then(StoreStatus::kUnavailable, "the reporting tables did not catch up in time");
}

void Follower::when_projected(dispatch::Sequence sequence, Then then) {
  StoreStatus status = StoreStatus::kRead;
  std::string trouble;
  {
    std::lock_guard lock(mutex_);
    if (!leading_ || stopping_) {
      status = StoreStatus::kNotServing;
    } else if (rebuild_asked_ || projected_ < sequence) {
      if (!trouble_.empty()) {
        status = StoreStatus::kUnavailable;
        trouble = trouble_;
      } else if (rebuild_asked_ || rebuilding_to_ != 0) {
        status = StoreStatus::kUnavailable;
        trouble = "the reporting tables are being rebuilt";
      } else if (waiting_.size() >= options_.waiting_max) {
        status = StoreStatus::kBusy;
      } else {
        waiting_.emplace(sequence, Waiting{std::move(then), Clock::now() + options_.waiting_for});
        changed_.notify_all();
        return;
      }
    }
  }
  then(status, trouble);
}

RebuildStart Follower::rebuild() {
  {
    std::lock_guard lock(mutex_);
    if (!leading_ || stopping_) return RebuildStart::kNotServing;
    if (rebuild_asked_ || rebuilding_to_ != 0) return RebuildStart::kRunning;
    if (!trouble_.empty()) return RebuildStart::kUnavailable;
    rebuild_asked_ = true;
  }
  changed_.notify_all();
  return RebuildStart::kStarted;
}

dispatch::Sequence Follower::projected() const {
  std::lock_guard lock(mutex_);
  return rebuild_asked_ ? 0 : projected_;
}

std::string Follower::trouble() const {
  std::lock_guard lock(mutex_);
  return trouble_;
}

void Follower::run() {
  setpriority(PRIO_PROCESS, 0, kNice);  // Linux: of this thread only
  while (!corrupt_ && wait_for_term()) {
    try {
      write_for_one_term();
    } catch (const Unwanted&) {
      // The term is over, or the server stops.
    } catch (const journal::Corrupt& error) {
      spdlog::critical("the journal cannot be followed: {}", error.what());
      {
        std::lock_guard lock(mutex_);
        trouble_ = error.what();
      }
      corrupt_ = true;
      refuse_waiting(StoreStatus::kUnavailable, error.what());
    } catch (const std::exception& error) {
      spdlog::warn("following the journal: {}; starting over", error.what());
      failed(error.what());
    }
    std::lock_guard lock(mutex_);
    connection_.reset();
  }
  {
    std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
}

// False when the thread is to end.
bool Follower::wait_for_term() {
  std::unique_lock lock(mutex_);
  if (failed_at_) changed_.wait_for(lock, kRetryPause, [&] { return stopping_; });
  changed_.wait(lock, [&] { return stopping_ || leading_; });
  return !stopping_;
}

void Follower::write_for_one_term() {
  const auto connection = std::make_shared<store::Connection>(options_.database, kStatementTimeout);
  {
    std::lock_guard lock(mutex_);
    connection_ = connection;
  }
  ProjectionStore store(*connection, options_.workspace);
  for (;;) {
    clear_if_asked(store);
    const auto at = start_over(store);
    follow(*at);
    check_wanted(false);
  }
}

// Dispatch goes on meanwhile: what it needs of us is never held for as long as the database takes.
void Follower::clear_if_asked(ProjectionStore& store) {
  {
    std::lock_guard lock(mutex_);
    if (!rebuild_asked_) return;
  }
  store.clear();
  std::lock_guard lock(mutex_);
  rebuild_asked_ = false;
  rebuilding_to_ = std::max<dispatch::Sequence>(committed_, 1);
  projected_ = 0;
}

std::unique_ptr<Follower::Position> Follower::start_over(ProjectionStore& store) {
  auto at = std::make_unique<Position>(options_, store);
  at->written = store.position();
  auto recovered = journal::recover(at->reader, at->written,
                                    {.started =
                                         [&](const dispatch::Engine& engine, const journal::Folded& folded) {
                                           const auto state = engine.image();
                                           at->board.restore(state, folded.board);
                                           at->facts.restore(state, folded.facts);
                                         },
                                     .replayed =
                                         [&](std::vector<dispatch::Event>&& events) {
                                           check_wanted(false);
                                           for (const auto& event : events) {
                                             at->board.apply(event);
                                             at->facts.apply(event);
                                           }
                                           static_cast<void>(at->facts.take_history());  // the tables have it
                                         }});
  at->engine = std::move(recovered.engine);
  snapshot_ = recovered.snapshot_seq;
  std::lock_guard lock(mutex_);
  projected_ = at->written;
  return at;
}

void Follower::follow(Position& at) {
  do {
    const auto before = at.engine.last_sequence();
    std::uint64_t batches = 0;
    at.reader.read(before, kBatchesPerRead, [&](const journal::Batch& batch) {
      check_wanted(true);
      ++batches;
      journal::decode_events(batch.payload, [&](dispatch::Event& event) {
        if (event.sequence <= at.engine.last_sequence()) return;
        if (!at.projector.take(event)) {
          throw journal::Corrupt("replaying event " + std::to_string(event.sequence) + " differs from the live state");
        }
        at.board.apply(event);
        at.facts.apply(event);
      });
    });
    at.behind = batches == kBatchesPerRead;
    write_tables(at);
    write_snapshot(at);
  } while (wait_for_more(at));
}

// A stop waits for the little that is new (`also_at_stop`), and for nothing else.
void Follower::check_wanted(bool also_at_stop) const {
  std::lock_guard lock(mutex_);
  if (!leading_ || (stopping_ && (!also_at_stop || rebuilding_to_ != 0))) throw Unwanted();
}

void Follower::write_tables(Position& at) {
  const auto to = at.engine.last_sequence();
  if (to != at.written) {
    if (!at.store.write(at.projector.rows(), at.facts.take_history(), at.written, to)) {
      throw std::runtime_error("another node wrote the reporting tables");
    }
    at.projector.clear();
    at.written = to;
  }
  at.last_write = Clock::now();
  {
    std::lock_guard lock(mutex_);
    failed_at_.reset();
    trouble_.clear();
    projected_ = to;
    if (to >= rebuilding_to_) rebuilding_to_ = 0;
  }
  tell_waiting();
}

void Follower::write_snapshot(Position& at) {
  const auto sequence = at.engine.last_sequence();
  const auto events = sequence - std::min<dispatch::Sequence>(snapshot_, sequence);
  bool due = events >= options_.snapshot_events && Clock::now() - last_snapshot_ >= options_.snapshot_interval;
  if (std::lock_guard lock(mutex_); stopping_) due = events >= kSnapshotAtStopEvents;
  if (!due) return;
  last_snapshot_ = Clock::now();
  const auto payload = journal::encode_snapshot({at.engine.image(), {at.board.image(), at.facts.image()}});
  if (at.snapshots.write(at.engine.epoch(), sequence, at.engine.state_hash(), payload)) {
    snapshot_ = sequence;
    spdlog::info("snapshot at event {}: {} bytes", sequence, payload.size());
  }
}

// False when the thread is to end, to stand still, or to start over.
bool Follower::wait_for_more(const Position& at) {
  std::unique_lock lock(mutex_);
  if (stopping_) return at.written < committed_ && !at.behind;
  const auto wanted = [&] {
    return stopping_ || !leading_ || rebuild_asked_ || (!waiting_.empty() && waiting_.begin()->first <= committed_);
  };
  if (!at.behind) changed_.wait_until(lock, at.last_write + options_.write_interval, wanted);
  return leading_ && !rebuild_asked_;
}

// Once may be an accident, such as a restart of PostgreSQL. Twice at one place is trouble that others should know of.
void Follower::failed(const std::string& why) {
  {
    std::lock_guard lock(mutex_);
    const bool again = std::exchange(failed_at_, projected_) == projected_;
    if (!again) return;
    if (trouble_.empty()) spdlog::error("the reporting tables stand still at event {}", projected_);
    trouble_ = why;
  }
  refuse_waiting(StoreStatus::kUnavailable, why);
}

void Follower::tell_waiting() {
  std::vector<Then> ready;
  {
    std::lock_guard lock(mutex_);
    const auto end = waiting_.upper_bound(projected_);
    for (auto it = waiting_.begin(); it != end; ++it) ready.push_back(std::move(it->second.then));
    waiting_.erase(waiting_.begin(), end);
  }
  for (const auto& then : ready) then(StoreStatus::kRead, "");
}

void Follower::refuse_waiting(StoreStatus status, const std::string& trouble) {
  std::multimap<dispatch::Sequence, Waiting> waiting;
  {
    std::lock_guard lock(mutex_);
    waiting.swap(waiting_);
  }
  for (const auto& [sequence, each] : waiting) each.then(status, trouble);
}

}  // namespace muster::node
