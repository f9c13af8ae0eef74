#include "quiet_hours.h"

#include <absl/time/time.h>

#include <algorithm>

namespace muster::alerts {
namespace {

bool begins_on(const v1::QuietHours& hours, absl::CivilDay day) {
  const int weekday = static_cast<int>(absl::GetWeekday(day)) + 1;  // Monday is the first in both
  return hours.weekdays().empty() ||
         std::find(hours.weekdays().begin(), hours.weekdays().end(), weekday) != hours.weekdays().end();
}

bool is_on(const v1::QuietHours& hours, TimePoint now) {
  absl::TimeZone zone;
  absl::LoadTimeZone(hours.time_zone(), &zone);
  const absl::CivilMinute time = absl::ToCivilMinute(absl::FromUnixMicros(now.time_since_epoch().count()), zone);
  const absl::CivilDay today(time);
  const int minute = time.hour() * 60 + time.minute();
  if (hours.start_minute() < hours.end_minute()) {
    return minute >= hours.start_minute() && minute < hours.end_minute() && begins_on(hours, today);
  }
  return minute >= hours.start_minute() ? begins_on(hours, today)
                                        : minute < hours.end_minute() && begins_on(hours, today - 1);
}

}  // namespace

bool is_quiet(const google::protobuf::RepeatedPtrField<v1::QuietHours>& hours, TimePoint now) {
  return std::any_of(hours.begin(), hours.end(), [now](const v1::QuietHours& each) { return is_on(each, now); });
}

}  // namespace muster::alerts
