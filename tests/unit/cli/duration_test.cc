#include "duration.h"

#include <gmock/gmock.h>

#include "speech.h"

namespace muster::cli {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class DurationTest : public InEnglish {};
class ChineseDurationTest : public InChinese {};

TimePoint moment(const char* text) { return parse_time(text, TimePoint{}).value(); }

TEST_F(DurationTest, SpansAreReadWithTheirUnits) {
  EXPECT_EQ(parse_duration("20s"), seconds{20});
  EXPECT_EQ(parse_duration("5m"), minutes{5});
  EXPECT_EQ(parse_duration("1h30m"), minutes{90});
  EXPECT_EQ(parse_duration("250ms"), milliseconds{250});
  EXPECT_EQ(parse_duration("2d1h"), hours{49});
  EXPECT_EQ(parse_duration("0"), Duration::zero());
}

TEST_F(DurationTest, WhatIsNoSpanIsRefused) {
  for (const char* text : {"", "s", "20", "20x", "-5s", "1.5s", "20 s", "5s junk", "99999999999999999999s", "20000d"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST_F(DurationTest, SpansShowTheirTwoLargestUnits) {
  EXPECT_EQ(format_duration(milliseconds{250}), "250ms");
  EXPECT_EQ(format_duration(seconds{59}), "59s");
  EXPECT_EQ(format_duration(seconds{80}), "1m 20s");
  EXPECT_EQ(format_duration(minutes{125}), "2h 05m");
  EXPECT_EQ(format_duration(hours{50}), "2d 02h");
  EXPECT_EQ(format_duration(hours{24}), "1d");
  EXPECT_EQ(format_duration(minutes{5}), "5m");
}

TEST_F(DurationTest, ASpanThatHasPassedShowsAsZero) { EXPECT_EQ(format_duration(-seconds{5}), "0s"); }

TEST_F(ChineseDurationTest, SpansSpeakChinese) { EXPECT_EQ(format_duration(seconds{80}), "1分20秒"); }

TEST_F(DurationTest, MomentsAreReadAsRfc3339OrLocalTime) {
  EXPECT_EQ(moment("2026-03-01T09:30:00Z"), moment("2026-03-01 09:30"));
  EXPECT_EQ(moment("2026-03-01T09:30:00+08:00"), moment("2026-03-01 01:30:00"));
  EXPECT_EQ(parse_time("09:30", moment("2026-03-01 17:00")), moment("2026-03-01 09:30"));
  EXPECT_EQ(parse_time("2026-03-01", TimePoint{}), moment("2026-03-01 00:00")) << "its first moment";
  EXPECT_EQ(parse_time("tomorrow", TimePoint{}), std::nullopt);
  EXPECT_EQ(parse_time("2026-11-31 10:00", TimePoint{}), std::nullopt) << "November has 30 days";
}

TEST_F(DurationTest, TodaysMomentsShowWithoutTheDate) {
  const TimePoint now = moment("2026-03-01 17:00");
  EXPECT_EQ(format_time(moment("2026-03-01 09:30"), now), "09:30:00");
  EXPECT_EQ(format_time(moment("2026-02-28 09:30"), now), "2026-02-28 09:30:00");
}

}  // namespace
}  // namespace muster::cli
