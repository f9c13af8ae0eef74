#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "muster/dispatch/types.h"
#include "muster/kpi/fold.h"

namespace muster::store {
class Connection;
}

namespace muster::node {

/// A fact of history that is not what the journal gives; 0 is none.
struct KpiDifference {
  kpi::Key key;
  TimePoint start;
  std::size_t fact = 0;
  std::int64_t stored = 0;
  std::int64_t recomputed = 0;
};

/// History as stored beside what the journal gives, in rows: one interval of one row of a dimension.
struct KpiComparison {
  std::int64_t equal = 0;
  std::int64_t missing = 0;     ///< not stored
  std::int64_t unexpected = 0;  ///< stored, but nothing counts there
  std::int64_t different = 0;
  std::vector<KpiDifference> differences;  ///< by dimension, interval and row, the first kDifferencesMax
  bool repaired = false;

  static constexpr std::size_t kDifferencesMax = 1000;
  [[nodiscard]] bool all_equal() const { return missing + unexpected + different == 0; }
};

/// Counts history anew from the journal's beginning, beside the tables, and compares the two as of one moment, once the
/// tables are there; on a thread of its own. Dispatch and the tables go on meanwhile: only a repair makes the tables
/// wait, while it compares and writes. Thread-safe.
class KpiRecomputation {
 public:
  struct Options {
    std::string database;
    std::string workspace;
    bool repair = false;  ///< rows that are not equal become what the journal gives
  };
  /// Begins.
  explicit KpiRecomputation(Options options);
  /// As cancel(), and waits.
  ~KpiRecomputation();
  KpiRecomputation(const KpiRecomputation&) = delete;
  KpiRecomputation& operator=(const KpiRecomputation&) = delete;

  enum class State : std::uint8_t {
    kRunning,
    kDone,
    kIncomplete,   ///< the journal does not reach back to its beginning, or cannot be read
    kUnavailable,  ///< the database failed, the tables stand still, or it was cancelled
  };
  struct Progress {
    State state = State::kRunning;
    dispatch::Sequence counted = 0;
    dispatch::Sequence target = 0;  ///< it may rise a little
    KpiComparison comparison;       ///< once kDone
    std::string trouble;            ///< why not kDone
  };
  [[nodiscard]] Progress progress() const;

  /// Nobody waits for it any more: it ends soon.
  void cancel();

 private:
  class Work;

  void run();
  /// Throws once it is cancelled.
  void tell(dispatch::Sequence counted, dispatch::Sequence target);

  const Options options_;
  mutable std::mutex mutex_;
  Progress progress_;  // guarded by mutex_, as all below
  bool cancelled_ = false;
  std::shared_ptr<store::Connection> connection_;  ///< in use; to be cut when it is cancelled
  std::thread thread_;
};

}  // namespace muster::node
