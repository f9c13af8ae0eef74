#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "alert_store.h"

namespace muster::alerts {

/// The alerts that are not closed, or not over, as the tables had them a moment ago, and those that left lately: for
/// all who watch. Thread-safe.
class AlertBook {
 public:
  /// Takes what changed. `revision`: up to which all changes are known now.
  void take(const std::vector<AlertRecord>& changed, std::int64_t revision, TimePoint now);
  /// The tables were read, and nothing else had changed.
  void touch(TimePoint now);
  /// It is not in the tables any more.
  void drop(const std::string& alert_id);
  /// The tables are of before: nothing is known.
  void clear();
  /// Forgets those that left and that nobody can have missed.
  void forget_left(TimePoint now);

  struct Changes {
    bool snapshot = false;  ///< all that are there; else those that changed
    std::vector<v1::Alert> alerts;
    std::int64_t revision = 0;  ///< to ask with next; 0: nothing is known yet
    TimePoint as_of;            ///< when the tables were read
  };
  /// Those of the tenant (empty: of all) that changed after `revision`; 0: all.
  [[nodiscard]] Changes changes(std::int64_t revision, const std::string& tenant_id) const;
  /// Everything that the evaluation has to look at: living, or not yet told.
  [[nodiscard]] std::vector<AlertRecord> open() const;

 private:
  struct Entry {
    AlertRecord record;
    std::int64_t revision = 0;
    TimePoint changed;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Entry> entries_;  // guarded by mutex_, as all below; by alert_id
  std::int64_t revision_ = 0;
  TimePoint as_of_;
  std::int64_t forgotten_ = 0;  ///< what left up to this revision is not here any more
};

}  // namespace muster::alerts
