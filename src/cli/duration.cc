#include "duration.h"

#include <google/protobuf/util/time_util.h>
#include <time.h>

#include <array>
#include <charconv>
#include <ctime>

#include "i18n.h"

namespace muster::cli {
namespace {

using google::protobuf::util::TimeUtil;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr hours kDay{24};
constexpr Duration kLongest = 10'000 * kDay;

struct Unit {
  std::string_view suffix;
  Duration length;
};
// "ms" before "m": the first suffix that fits is taken.
constexpr std::array<Unit, 5> kUnits{
    {{"ms", milliseconds{1}}, {"s", seconds{1}}, {"m", minutes{1}}, {"h", hours{1}}, {"d", kDay}}};

std::tm local(std::time_t moment) {
  std::tm parts{};
  localtime_r(&moment, &parts);
  return parts;
}

std::optional<TimePoint> parse_local(const std::string& text, const char* pattern, std::tm parts) {
  const char* end = strptime(text.c_str(), pattern, &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  parts.tm_isdst = -1;
  const std::tm asked = parts;
  const TimePoint moment{seconds{std::mktime(&parts)}};
  // mktime() takes the 31st of a month that has 30 days for the next one's first.
  if (parts.tm_mday != asked.tm_mday || parts.tm_mon != asked.tm_mon) return std::nullopt;
  return moment;
}

/// A smaller unit of 0 is left out.
std::string two_units(const char* whole, const char* both, std::int64_t large, std::int64_t small) {
  return small == 0 ? say(whole, large) : say(both, large, fmt::format("{:02}", small));
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  if (text == "0") return Duration::zero();
  if (text.empty()) return std::nullopt;
  Duration total{};
  while (!text.empty()) {
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc{} || count < 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const Unit* unit = nullptr;
    for (const Unit& candidate : kUnits) {
      if (unit == nullptr && text.starts_with(candidate.suffix)) unit = &candidate;
    }
    if (unit == nullptr || count > (kLongest - total) / unit->length) return std::nullopt;
    total += count * unit->length;
    text.remove_prefix(unit->suffix.size());
  }
  return total;
}

std::string format_duration(Duration span) {
  if (span < Duration::zero()) span = Duration::zero();
  if (span < seconds{1} && span != Duration::zero()) return say("{0}ms", span / milliseconds{1});
  if (span < minutes{1}) return say("{0}s", span / seconds{1});
  if (span < hours{1}) return two_units("{0}m", "{0}m {1}s", span / minutes{1}, span % minutes{1} / seconds{1});
  if (span < kDay) return two_units("{0}h", "{0}h {1}m", span / hours{1}, span % hours{1} / minutes{1});
  return two_units("{0}d", "{0}d {1}h", span / kDay, span % kDay / hours{1});
}

std::optional<TimePoint> parse_time(std::string_view text, TimePoint now) {
  const std::string copy{text};
  google::protobuf::Timestamp moment;
  if (TimeUtil::FromString(copy, &moment)) return from_proto(moment);
  std::tm midnight = local(std::chrono::system_clock::to_time_t(now));
  midnight.tm_hour = midnight.tm_min = midnight.tm_sec = 0;
  for (const char* pattern : {"%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%H:%M:%S", "%H:%M"}) {
    if (const auto parsed = parse_local(copy, pattern, midnight)) return parsed;
  }
  return std::nullopt;
}

std::string format_time(TimePoint moment, TimePoint now) {
  const std::tm then = local(std::chrono::system_clock::to_time_t(moment));
  const std::tm today = local(std::chrono::system_clock::to_time_t(now));
  const bool same_day = then.tm_year == today.tm_year && then.tm_yday == today.tm_yday;
  std::array<char, 32> text{};
  const auto length = std::strftime(text.data(), text.size(), same_day ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &then);
  return {text.data(), length};
}

std::string when(const google::protobuf::Timestamp& moment) { return format_time(from_proto(moment), wall_now()); }

Duration from_proto(const google::protobuf::Duration& span) { return Duration{TimeUtil::DurationToMicroseconds(span)}; }

TimePoint from_proto(const google::protobuf::Timestamp& moment) {
  return TimePoint{Duration{TimeUtil::TimestampToMicroseconds(moment)}};
}

google::protobuf::Duration to_proto(Duration span) { return TimeUtil::MicrosecondsToDuration(span.count()); }

google::protobuf::Timestamp to_proto(TimePoint moment) {
  return TimeUtil::MicrosecondsToTimestamp(moment.time_since_epoch().count());
}

}  // namespace muster::cli
