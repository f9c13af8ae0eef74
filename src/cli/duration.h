#pragma once

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <optional>
#include <string>
#include <string_view>

#include "muster/base/time.h"

namespace muster::cli {

/// Reads a span of time as people write it: numbers with the units ms, s, m, h, d, one after the other, as in
/// "20s", "1h30m", "250ms". "0" needs no unit. Nothing for anything else, or for more than 10,000 days.
std::optional<Duration> parse_duration(std::string_view text);

/// Shows a span with its two largest units: "1m 20s". Below a second: "250ms". Negative spans show as 0.
std::string format_duration(Duration span);

/// Reads a moment: RFC 3339 ("2026-03-01T09:00:00Z"), or local time as "2026-03-01[ 09:00[:30]]" or "09:00[:30]" today.
/// A date alone is its first moment.
std::optional<TimePoint> parse_time(std::string_view text, TimePoint now);

/// Shows a moment in local time; without the date if that is the same as now's.
std::string format_time(TimePoint moment, TimePoint now);
/// The same, as seen now.
std::string when(const google::protobuf::Timestamp& moment);

Duration from_proto(const google::protobuf::Duration& span);
TimePoint from_proto(const google::protobuf::Timestamp& moment);
google::protobuf::Duration to_proto(Duration span);
google::protobuf::Timestamp to_proto(TimePoint moment);

}  // namespace muster::cli
