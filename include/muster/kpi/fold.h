#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "muster/dispatch/event.h"
#include "muster/dispatch/state.h"
#include "muster/kpi/metrics.h"

namespace muster::kpi {

/// What history is stored by. Every time zone of today is whole intervals away from UTC.
inline constexpr Duration kInterval = std::chrono::minutes(15);
/// The start of the interval that holds the moment.
constexpr TimePoint interval_of(TimePoint time) {
  const Duration since = time.time_since_epoch();
  return TimePoint(since - (since % kInterval + kInterval) % kInterval);
}

/// What a row is about. The values are those of muster.v1.KpiDimension; stored: do not change them.
enum class Dimension : std::uint8_t {
  kWorkspace = 1,
  kTenant = 2,
  kChannel = 3,
  kQueue = 4,
  kBase = 5,
  kTeam = 6,
  kAgent = 7,
  kBaseQueue = 8,  ///< what a base's agents do for a queue
};

struct Key {
  Dimension dimension = Dimension::kWorkspace;
  std::string id{};      ///< of the tenant, queue, base, team or agent; the channel's number; "": the workspace
  std::string second{};  ///< kQueue: its tenant; kBaseQueue: the queue
  auto operator<=>(const Key&) const = default;
};

/// Where a row belongs, as far as it is known now.
struct Place {
  std::string display_name{};
  std::string tenant{};                                  ///< of queues
  std::string base{};                                    ///< of agents
  std::string team{};                                    ///< likewise
  std::optional<dispatch::ServiceLevelMethod> method{};  ///< of a queue
  bool operator==(const Place&) const = default;
};

/// Facts of the minute or interval that begins at `start`.
struct FactsSlice {
  TimePoint start;
  SparseFacts facts;
  bool operator==(const FactsSlice&) const = default;
};

struct SeriesImage {
  TimePoint settled;                  ///< until then what lasts has been counted
  std::vector<FactsSlice> minutes;    ///< that of `settled` last, if anything counted in it
  std::vector<FactsSlice> intervals;  ///< that are over
  bool operator==(const SeriesImage&) const = default;
};

/// What a snapshot of the engine's state does not hold of the fold. Goes with the StateImage of the same sequence.
struct FoldImage {
  struct Row {
    Key key;
    SeriesImage series;
    bool operator==(const Row&) const = default;
  };
  /// Of a contact in hand, or whose answer may still be taken back.
  struct Handling {
    dispatch::ContactId contact{};
    TimePoint since;  ///< of its present state
    Duration talk{}, hold{};
    std::uint16_t units = 0;
    dispatch::OfferId answer{};  ///< that may be taken back
    Duration waited{};
    bool in_target = false;
    bool operator==(const Handling&) const = default;
  };
  std::vector<Row> rows;           ///< sorted by key
  std::vector<Handling> handling;  ///< sorted by contact
  bool operator==(const FoldImage&) const = default;
};

/// A row of history: one interval that is over.
struct IntervalRow {
  Key key;
  TimePoint start;
  SparseFacts facts;
};
/// What is to be added to rows of history, because it became known after the interval was over.
struct Restatement {
  Key key;
  TimePoint start;
  Fact fact{};
  std::int64_t amount = 0;
};
struct History {
  std::vector<IntervalRow> closed;    ///< by interval, then by key
  std::vector<Restatement> restated;  ///< of intervals closed before or in `closed`, in order; not in `closed`
  TimePoint closed_until;             ///< everything before it is over
  [[nodiscard]] bool empty() const { return closed.empty() && restated.empty(); }
};

/// One row as read.
struct RowSample {
  Key key;
  Place place;
  Sample sample;
};

/// The facts of the floor by every dimension, from events alone: equal events give equal facts, live, after a restart,
/// and in a recomputation. An event costs about the same whatever the size of the floor. Not thread-safe.
class Fold {
 public:
  enum class Keep : std::uint8_t { kLive, kHistory };
  /// With kHistory, intervals that are over are collected for take_history().
  explicit Fold(Keep keep = Keep::kLive);
  ~Fold();
  Fold(Fold&&) noexcept;
  Fold& operator=(Fold&&) noexcept;

  /// Takes the next event of the journal.
  void apply(const dispatch::Event& event);
  [[nodiscard]] dispatch::Sequence version() const;
  /// Of the last event.
  [[nodiscard]] TimePoint now() const;

  /// All rows of a dimension with anything to tell, sorted by key: what counts from `from` until `until`, and the
  /// gauges. `from` is a whole minute within the last hour, or a whole interval within the last 25 hours. `until` is
  /// not before now(); what lasts is taken to last until then.
  [[nodiscard]] std::vector<RowSample> read(Dimension dimension, TimePoint from, TimePoint until) const;
  /// The rows of a dimension that count anything in an interval of the last 25 hours, sorted by key.
  [[nodiscard]] std::vector<IntervalRow> interval(Dimension dimension, TimePoint start, TimePoint until) const;

  /// What came to be history since the last call.
  [[nodiscard]] History take_history();

  [[nodiscard]] FoldImage image() const;
  /// Starts anew. Of what lasted it knows from the state.
  void restore(const dispatch::StateImage& state, const FoldImage& image);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace muster::kpi
