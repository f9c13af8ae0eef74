#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "muster/kpi/fold.h"
#include "muster/node/time_zones.h"

namespace muster::node {

/// The time that live metrics count over. The values are those of muster.v1.KpiWindow.
enum class KpiWindow : std::uint8_t { kMinute = 1, k5Minutes, k15Minutes, kHour, kQuarterHour, kHalfHour, kToday };
/// When it begins. REQUIRES: is_time_zone(time_zone), which matters for kToday alone.
TimePoint start_of(KpiWindow window, const std::string& time_zone, TimePoint as_of);

/// One dimension as it is now.
struct KpiTable {
  TimePoint as_of;
  TimePoint from;
  std::vector<kpi::RowSample> rows;  ///< sorted by key
};

/// The spans into which the time asked for is cut. The values are those of muster.v1.KpiStep.
enum class KpiStep : std::uint8_t { kTotal = 1, kQuarterHour, kHalfHour, kHour, kDay };

struct KpiQuery {
  kpi::Dimension dimension{};
  TimePoint from;                  ///< a whole interval, as is `until`
  std::optional<TimePoint> until;  ///< empty: now
  KpiStep step = KpiStep::kTotal;
  std::string time_zone;       ///< of kDay; REQUIRES: is_time_zone()
  std::vector<kpi::Key> keys;  ///< rows, without the tenants of queues; empty: all
  std::string tenant_id;       ///< in whose name; empty: the platform's
};

struct KpiHistory {
  struct Row {
    kpi::Key key;
    TimePoint start;
    kpi::Facts facts;
    bool restated = false;
  };
  std::vector<Row> rows;  ///< by key, then by start
  TimePoint as_of;
  bool too_many = false;  ///< the rest was left out
};
inline constexpr std::size_t kKpiRowsMax = 100'000;

}  // namespace muster::node
