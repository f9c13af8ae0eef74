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
/// A clean stop leaves a snapshot if this many events would have to be replayed otherwise.
constexpr std::uint64_t kSnapshotAtStopEvents = 1000;
/// Reporting gives way to dispatch when both want the processor.
constexpr int kNice = 5;

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
  Projector projector;
  dispatch::Sequence written = 0;  ///< the tables' position
  bool behind = true;              ///< the last read stopped before the journal's end
  Clock::time_point last_write{};
  Clock::time_point last_snapshot = Clock::now();
};

Follower::Follower(Options options) : options_(std::move(options)), thread_([this] { run(); }) {
  name_thread(thread_, "follower");
}

Follower::~Follower() { stop(); }

void Follower::stop() {
  if (!thread_.joinable()) return;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
  give_up("the server is stopping");
}

void Follower::committed(dispatch::Sequence sequence) {
  {
    std::lock_guard lock(mutex_);
    committed_ = std::max(committed_, sequence);
    if (waiting_.empty()) return;
  }
  changed_.notify_one();
}

void Follower::when_projected(dispatch::Sequence sequence, std::function<void(const std::string&)> then) {
  {
    std::lock_guard lock(mutex_);
    if (projected_ < sequence && trouble_.empty() && !stopping_) {
      waiting_.emplace(sequence, std::move(then));
      then = nullptr;
    }
  }
  changed_.notify_one();
  if (then) then(trouble());
}

bool Follower::rebuild() {
  {
    std::lock_guard lock(mutex_);
    if (rebuild_asked_ || rebuilding_to_ != 0 || !trouble_.empty()) return false;
    rebuild_asked_ = true;
  }
  changed_.notify_one();
  return true;
}

std::string Follower::trouble() const {
  std::lock_guard lock(mutex_);
  return trouble_;
}

void Follower::run() {
  setpriority(PRIO_PROCESS, 0, kNice);  // Linux: of this thread only
  for (;;) {
    try {
      ProjectionStore store(options_.database, options_.workspace);
      if (std::lock_guard lock(mutex_); rebuild_asked_) {
        rebuild_asked_ = false;
        rebuilding_to_ = std::max<dispatch::Sequence>(committed_, 1);
        store.clear();
        projected_ = 0;
      }
      auto at = start_over(store);
      follow(*at);
    } catch (const journal::Corrupt& error) {
      spdlog::critical("the journal cannot be followed: {}", error.what());
      give_up(error.what());
      return;
    } catch (const std::exception& error) {
      spdlog::warn("following the journal: {}; starting over", error.what());
    }
    std::unique_lock lock(mutex_);
    if (!rebuild_asked_) changed_.wait_for(lock, kRetryPause, [&] { return stopping_; });
    if (stopping_) return;
  }
}

std::unique_ptr<Follower::Position> Follower::start_over(ProjectionStore& store) {
  auto at = std::make_unique<Position>(options_, store);
  at->written = store.position();
  auto recovered = journal::recover(
      at->reader, at->written,
      {.started = [&](const dispatch::Engine& engine,
                      const kpi::BoardCounters& counters) { at->board.restore(engine.image(), counters); },
       .replayed =
           [&](std::vector<dispatch::Event>&& events) {
             for (const auto& event : events) at->board.apply(event);
           }});
  at->engine = std::move(recovered.engine);
  snapshot_ = recovered.snapshot_seq;
  projected_ = at->written;
  return at;
}

void Follower::follow(Position& at) {
  for (;;) {
    const auto before = at.engine.last_sequence();
    std::uint64_t batches = 0;
    at.reader.read(before, kBatchesPerRead, [&](const journal::Batch& batch) {
      ++batches;
      journal::decode_events(batch.payload, [&](dispatch::Event& event) {
        if (event.sequence <= at.engine.last_sequence()) return;
        if (!at.projector.take(event)) {
          throw journal::Corrupt("replaying event " + std::to_string(event.sequence) + " differs from the live state");
        }
        at.board.apply(event);
      });
    });
    at.behind = batches == kBatchesPerRead;
    write_tables(at);
    write_snapshot(at);
    if (!wait_for_more(at)) return;
  }
}

void Follower::write_tables(Position& at) {
  const auto to = at.engine.last_sequence();
  if (to != at.written) {
    if (!at.store.write(at.projector.rows(), at.written, to)) {
      throw std::runtime_error("another node wrote the reporting tables");
    }
    at.projector.clear();
    at.written = to;
  }
  at.last_write = Clock::now();
  projected_ = to;
  tell_waiting();
}

void Follower::write_snapshot(Position& at) {
  const auto sequence = at.engine.last_sequence();
  const auto events = sequence - std::min<dispatch::Sequence>(snapshot_, sequence);
  bool due = events >= options_.snapshot_events && Clock::now() - at.last_snapshot >= options_.snapshot_interval;
  if (std::lock_guard lock(mutex_); stopping_) due = events >= kSnapshotAtStopEvents;
  if (!due) return;
  at.last_snapshot = Clock::now();
  const auto payload = journal::encode_snapshot({at.engine.image(), at.board.image()});
  if (at.snapshots.write(at.engine.epoch(), sequence, at.engine.state_hash(), payload)) {
    snapshot_ = sequence;
    spdlog::info("snapshot at event {}: {} bytes", sequence, payload.size());
  }
}

// False when the thread is to end or to start over.
bool Follower::wait_for_more(const Position& at) {
  std::unique_lock lock(mutex_);
  if (rebuilding_to_ != 0 && at.written >= rebuilding_to_) rebuilding_to_ = 0;
  const auto caught_up = [&] { return at.written >= committed_ && !at.behind; };
  if (stopping_) return !caught_up();
  const auto wanted = [&] {
    return stopping_ || rebuild_asked_ || (!waiting_.empty() && waiting_.begin()->first <= committed_);
  };
  if (!at.behind) changed_.wait_until(lock, at.last_write + options_.write_interval, wanted);
  return !rebuild_asked_;
}

void Follower::tell_waiting() {
  std::vector<std::function<void(const std::string&)>> ready;
  {
    std::lock_guard lock(mutex_);
    const auto end = waiting_.upper_bound(projected_);
    for (auto it = waiting_.begin(); it != end; ++it) ready.push_back(std::move(it->second));
    waiting_.erase(waiting_.begin(), end);
  }
  for (const auto& then : ready) then("");
}

void Follower::give_up(const std::string& trouble) {
  std::multimap<dispatch::Sequence, std::function<void(const std::string&)>> waiting;
  {
    std::lock_guard lock(mutex_);
    if (trouble_.empty()) trouble_ = trouble;
    waiting.swap(waiting_);
  }
  for (const auto& [sequence, then] : waiting) then(trouble);
}

}  // namespace muster::node
