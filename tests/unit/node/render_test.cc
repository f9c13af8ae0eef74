#include "muster/node/render.h"

#include <gtest/gtest.h>

namespace muster::node {
namespace {

TEST(Identifiers, ComeBackFromTheirText) {
  EXPECT_EQ(contact_id(dispatch::ContactId{42}), "c-42");
  EXPECT_EQ(parse_contact_id("c-42"), dispatch::ContactId{42});
  EXPECT_EQ(parse_offer_id(offer_id(dispatch::OfferId{7})), dispatch::OfferId{7});
  EXPECT_EQ(parse_session_id(session_id(dispatch::SessionId{~0ULL >> 1})), dispatch::SessionId{~0ULL >> 1});
}

TEST(Identifiers, AnythingElseIsNoIdentifier) {
  for (const char* text : {"", "c-", "c-0", "c-042", "c-1x", "o-1", "c-99999999999999999999999",
                           "c-9223372036854775808", "C-1", "c--1", "c- 1"}) {
    EXPECT_EQ(parse_contact_id(text), dispatch::ContactId::kNone) << text;
  }
}

TEST(Identifiers, AbsentOnesAreEmpty) {
  EXPECT_EQ(offer_id(dispatch::OfferId::kNone), "");
  EXPECT_EQ(request_id({}), "");
}

TEST(Identifiers, ARequestIdIsTheCallersUuid) {
  EXPECT_EQ(request_id({0x0123456789abcdefULL, 0xfedcba9876543210ULL}), "01234567-89ab-cdef-fedc-ba9876543210");
}

TEST(Times, KeepTheirMicroseconds) {
  google::protobuf::Timestamp stamp;
  to_proto(TimePoint{Duration{1'500'000'001}}, &stamp);
  EXPECT_EQ(stamp.seconds(), 1500);
  EXPECT_EQ(stamp.nanos(), 1000);
  google::protobuf::Duration span;
  to_proto(Duration{-1'500'000}, &span);
  EXPECT_EQ(span.seconds(), -1);
  EXPECT_EQ(span.nanos(), -500'000'000);
}

TEST(Times, BeforeTheEpochHaveNanosGoingForward) {
  google::protobuf::Timestamp stamp;
  to_proto(TimePoint{Duration{-1}}, &stamp);
  EXPECT_EQ(stamp.seconds(), -1);
  EXPECT_EQ(stamp.nanos(), 999'999'000);
}

}  // namespace
}  // namespace muster::node
