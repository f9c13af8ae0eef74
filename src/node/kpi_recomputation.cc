#include "muster/node/kpi_recomputation.h"

#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>
#include <pqxx/pqxx>
#include <utility>

#include "kpi_history_store.h"
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
      : job_(job), connection_(connection), reader_(job.options_.database, job.options_.workspace) {}

  KpiComparison run() {
    {
      pqxx::work work(connection_.get());
      work.exec0("SET client_min_messages = warning");
      prepare_kpi_comparison(work);
      target_ = committed(work);
      work.commit();
    }
    while (counted_ < target_) {
      count_on();
      pqxx::work work(connection_.get());
      keep(work);
      work.commit();
    }
    wait_for_tables();
    return job_.options_.repair ? compare<pqxx::read_committed>() : compare<pqxx::repeatable_read>();
  }

 private:
  /// Up to where the tables are, as of the transaction; `hold`: and stay, until it ends.
  dispatch::Sequence position(pqxx::transaction_base& work, bool hold) const {
    const auto found = work.exec_params(
        std::string("SELECT position FROM projection WHERE workspace = $1") + (hold ? " FOR UPDATE" : ""),
        job_.options_.workspace);
    return found.empty() ? 0 : found[0][0].as<dispatch::Sequence>();
  }

  dispatch::Sequence committed(pqxx::transaction_base& work) const {
    const auto found = work.exec_params("SELECT next_seq - 1 FROM workspace WHERE id = $1", job_.options_.workspace);
    return found.empty() ? 0 : found[0][0].as<dispatch::Sequence>();
  }

  /// They follow the journal; filled anew, from its beginning.
  void wait_for_tables() {
    auto last_move = Clock::now();
    for (dispatch::Sequence last = 0;; std::this_thread::sleep_for(kPause)) {
      job_.tell(counted_, target_);
      pqxx::work work(connection_.get());
      const dispatch::Sequence now = position(work, false);
      if (now >= counted_) return;
      if (now != last) last_move = Clock::now();
      if (Clock::now() - last_move > kStillMax) throw std::runtime_error("the reporting tables stand still");
      last = now;
    }
  }

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

  void keep(pqxx::transaction_base& work) {
    write_recomputed_kpis(connection_, work, job_.options_.workspace, fold_.take_history());
  }

  /// The tables as one transaction sees them. A repair needs those of the moment, and nobody else may write them.
  template <pqxx::isolation_level Isolation>
  KpiComparison compare() {
    pqxx::transaction<Isolation> work(connection_.get());
    target_ = position(work, job_.options_.repair);
    if (target_ < counted_) throw std::runtime_error("the reporting tables are being rebuilt");
    while (counted_ < target_) count_on();
    keep(work);
    KpiComparison comparison =
        compare_kpi_history(work, job_.options_.workspace, kpi::interval_of(fold_.now()), job_.options_.repair);
    work.commit();
    return comparison;
  }

  KpiRecomputation& job_;
  store::Connection& connection_;
  journal::Reader reader_;
  kpi::Fold fold_{kpi::Fold::Keep::kHistory};
  dispatch::Sequence counted_ = 0;
  dispatch::Sequence target_ = 0;
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
