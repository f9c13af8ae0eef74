#include "muster/node/kpi_recomputation.h"

#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <chrono>
#include <utility>

#include "kpi_comparison_store.h"
#include "muster/base/thread_name.h"
#include "muster/journal/codec.h"
#include "muster/journal/error.h"
#include "muster/journal/reader.h"
#include "muster/store/connection.h"

namespace muster::node {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kBatchesPerRead = 1024;
constexpr auto kPause = std::chrono::milliseconds(100);
/// How long it waits for tables that do not move.
constexpr auto kStillMax = std::chrono::seconds(30);
/// It gives way to dispatch and to the tables.
constexpr int kNice = 10;

/// Thrown out of what is no longer wanted.
struct Cancelled : std::runtime_error {
  Cancelled() : std::runtime_error("it was cancelled") {}
};

}  // namespace

/// One run, on its thread.
class KpiRecomputation::Work {
 public:
  Work(KpiRecomputation& job, store::Connection& connection)
      : job_(job),
        store_(connection, job.options_.workspace),
        reader_(job.options_.database, job.options_.workspace),
        target_(store_.committed()) {}

  KpiComparison run() {
    while (counted_ < target_) {
      count_on();
      store_.keep(fold_.take_history());
    }
    wait_for_tables();
    return store_.compare(job_.options_.repair, [this](dispatch::Sequence position) {
      if (position < counted_) throw std::runtime_error("the reporting tables are being rebuilt");
      target_ = position;
      while (counted_ < target_) count_on();
      return fold_.take_history();
    });
  }

 private:
  void count_on() {
    const auto before = counted_;
    reader_.read(counted_, kBatchesPerRead, [&](const journal::Batch& batch) {
      job_.tell(counted_, target_);
      journal::decode_events(batch.payload, [&](const dispatch::Event& event) {
        if (event.sequence <= counted_ || event.sequence > target_) return;
        fold_.apply(event);
        counted_ = event.sequence;
      });
    });
    job_.tell(counted_, target_);
    if (counted_ == before) throw journal::Corrupt("the journal ends before the tables do");
  }

  /// They follow the journal; filled anew, from its beginning.
  void wait_for_tables() {
    auto last_move = Clock::now();
    for (dispatch::Sequence last = 0;; std::this_thread::sleep_for(kPause)) {
      job_.tell(counted_, target_);
      const dispatch::Sequence now = store_.projected();
      if (now >= counted_) return;
      if (now != last) last_move = Clock::now();
      if (Clock::now() - last_move > kStillMax) throw std::runtime_error("the reporting tables stand still");
      last = now;
    }
  }

  KpiRecomputation& job_;
  KpiComparisonStore store_;
  journal::Reader reader_;
  kpi::Fold fold_{kpi::Fold::Keep::kHistory};
  dispatch::Sequence counted_ = 0;
  dispatch::Sequence target_;
};

KpiRecomputation::KpiRecomputation(Options options) : options_(std::move(options)), thread_([this] { run(); }) {
  name_thread(thread_, "recompute");
}

KpiRecomputation::~KpiRecomputation() {
  cancel();
  thread_.join();
}

KpiRecomputation::Progress KpiRecomputation::progress() const {
  const std::lock_guard lock(mutex_);
  return progress_;
}

void KpiRecomputation::cancel() {
  const std::lock_guard lock(mutex_);
  cancelled_ = true;
  if (connection_) connection_->cut();
}

void KpiRecomputation::tell(dispatch::Sequence counted, dispatch::Sequence target) {
  const std::lock_guard lock(mutex_);
  if (cancelled_) throw Cancelled();
  progress_.counted = counted;
  progress_.target = target;
}

void KpiRecomputation::run() {
  setpriority(PRIO_PROCESS, 0, kNice);  // Linux: of this thread only
  Progress end;
  try {
    const auto connection = std::make_shared<store::Connection>(options_.database, std::chrono::milliseconds(0));
    {
      const std::lock_guard lock(mutex_);
      if (cancelled_) throw Cancelled();
      connection_ = connection;
    }
    end.comparison = Work(*this, *connection).run();
    end.state = State::kDone;
  } catch (const journal::Corrupt& error) {
    end = {State::kIncomplete, 0, 0, {}, error.what()};
  } catch (const std::exception& error) {
    end = {State::kUnavailable, 0, 0, {}, error.what()};
  }
  const std::lock_guard lock(mutex_);
  connection_.reset();
  std::swap(end.counted, progress_.counted);
  std::swap(end.target, progress_.target);
  progress_ = std::move(end);
  if (!progress_.trouble.empty()) spdlog::warn("recomputing metrics: {}", progress_.trouble);
}

}  // namespace muster::node
