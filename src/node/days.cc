#include "muster/node/days.h"

#include <absl/time/time.h>

namespace muster::node {
namespace {

absl::TimeZone zone_of(const std::string& name) {
  absl::TimeZone zone;
  absl::LoadTimeZone(name, &zone);
  return zone;
}

absl::Time to_absl(TimePoint moment) { return absl::FromUnixMicros(moment.time_since_epoch().count()); }

}  // namespace

TimePoint days_before(int days, const std::string& time_zone, TimePoint moment) {
  const absl::TimeZone zone = zone_of(time_zone);
  const absl::TimeZone::CivilInfo shown = zone.At(to_absl(moment));
  const absl::CivilSecond& at = shown.cs;
  const absl::CivilSecond then(at.year(), at.month(), at.day() - days, at.hour(), at.minute(), at.second());
  return TimePoint(Duration(absl::ToUnixMicros(absl::FromCivil(then, zone) + shown.subsecond)));
}

int weekday_of(const std::string& time_zone, TimePoint moment) {
  const absl::Weekday day = absl::GetWeekday(absl::ToCivilDay(to_absl(moment), zone_of(time_zone)));
  return static_cast<int>(day) + 1;  // absl begins with Monday, too
}

}  // namespace muster::node
