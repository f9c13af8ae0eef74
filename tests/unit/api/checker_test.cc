#include "muster/api/checker.h"

#include <gtest/gtest.h>

namespace muster::api {
namespace {

using namespace std::chrono_literals;

/// What the check complains about; empty if about nothing.
template <typename Check>
std::string complaint(const Check& run) {
  Checker check;
  run(check);
  if (check.ok()) return {};
  const Error error = check.error();
  return error.fields.front().field + ": " + error.fields.front().description;
}

TEST(Checker, IdentifiersAreLowerCaseWordsOf63BytesAtMost) {
  const auto check_id = [](const std::string& id) {
    return complaint([&](Checker& check) { check.id("queue_id", id); });
  };
  for (const std::string& good :
       {std::string("a"), std::string("0"), std::string("billing-zh_1.x"), std::string(63, 'a')}) {
    EXPECT_EQ(check_id(good), "") << good;
  }
  for (const std::string& bad : {std::string("Billing"), std::string("-a"), std::string(".a"), std::string("a b"),
                                 std::string("账单"), std::string(64, 'a')}) {
    EXPECT_EQ(check_id(bad), "queue_id: must match [a-z0-9][a-z0-9._-]{0,62}") << bad;
  }
  EXPECT_EQ(check_id(""), "queue_id: is required");
}

TEST(Checker, RequestIdsAreUuidsAndNotNil) {
  const auto check_id = [](const std::string& id) { return complaint([&](Checker& check) { check.request_id(id); }); };
  EXPECT_EQ(check_id("6f1f2c3e-8a52-4a4b-9d0e-5b3c1f6a7e21"), "");
  EXPECT_EQ(check_id("6F1F2C3E-8A52-4A4B-9D0E-5B3C1F6A7E21"), "");
  EXPECT_EQ(check_id(""), "request_id: is required");
  for (const char* bad : {"00000000-0000-0000-0000-000000000000", "6f1f2c3e8a524a4b9d0e5b3c1f6a7e21",
                          "6f1f2c3e-8a52-4a4b-9d0e-5b3c1f6a7e2", "6f1f2c3e-8a52-4a4b-9d0e-5b3c1f6a7e2g"}) {
    EXPECT_NE(check_id(bad), "") << bad;
  }
}

TEST(Checker, ARequestIdIsItsNumber) {
  Checker check;
  const auto id = check.request_id("00000000-0000-0001-8000-0000000000ff");
  EXPECT_EQ(id.high, 1u);
  EXPECT_EQ(id.low, 0x80000000000000ffu);
}

TEST(Checker, ServersIdentifiersAreNotTakenApartButMustBeItsOwn) {
  const auto check_id = [](const std::string& id) { return complaint([&](Checker& check) { check.contact_id(id); }); };
  EXPECT_EQ(check_id("c-12"), "");
  EXPECT_EQ(check_id(""), "contact_id: is required");
  EXPECT_EQ(check_id("o-12"), "contact_id: is not an identifier given by this server");
}

TEST(Checker, TextHoldsNoNulWhichPostgresqlCannotStore) {
  const std::string text("a\0b", 3);
  EXPECT_EQ(complaint([&](Checker& check) { check.text("reason", text); }), "reason: must not hold U+0000");
}

TEST(Checker, LimitsAreBytesAndInclusive) {
  const auto check_text = [](std::size_t bytes) {
    return complaint([&](Checker& check) { check.text("reason", std::string(bytes, 'x')); });
  };
  EXPECT_EQ(check_text(200), "");
  EXPECT_EQ(check_text(201), "reason: must be at most 200 bytes, has 201");
}

TEST(Checker, SpansHaveLimits) {
  const auto check_span = [](std::int64_t seconds, std::int32_t nanos) {
    google::protobuf::Duration span;
    span.set_seconds(seconds);
    span.set_nanos(nanos);
    return complaint([&](Checker& check) { check.duration("offer_timeout", span, 50ms, 24h); });
  };
  EXPECT_EQ(check_span(0, 50'000'000), "");
  EXPECT_EQ(check_span(86'400, 0), "");
  EXPECT_EQ(check_span(0, 49'999'999), "offer_timeout: must be 50 ms..24 h");
  EXPECT_EQ(check_span(86'400, 1'000), "offer_timeout: must be 50 ms..24 h");
  EXPECT_NE(check_span(-1, 0), "");
  EXPECT_NE(check_span(INT64_MAX, 0), "");
  EXPECT_NE(check_span(INT64_MIN, 0), "");
  EXPECT_NE(check_span(1, 1'000'000'000), "");
}

TEST(Checker, TimesMustExist) {
  google::protobuf::Timestamp time;
  time.set_seconds(INT64_MAX);
  EXPECT_EQ(complaint([&](Checker& check) { check.time("schedule_time", time); }),
            "schedule_time: is not a valid time");
}

TEST(Checker, AllViolationsAreToldUpToABound) {
  Checker check;
  for (int i = 0; i < 100; ++i) check.violate("field", "is wrong");
  EXPECT_EQ(check.error().fields.size(), Checker::kViolationsMax);
}

}  // namespace
}  // namespace muster::api
