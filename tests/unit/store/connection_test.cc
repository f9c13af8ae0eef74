#include "muster/store/connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster::store {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(ConnectionLimits, StandInEveryString) {
  for (const char* given : {"", "host=db user=muster", "postgresql://muster@db/muster"}) {
    const std::string text = with_limits(given, milliseconds(1500));
    for (const char* limit : {"connect_timeout='3'", "target_session_attrs='read-write'", "keepalives_idle='2'",
                              "tcp_user_timeout='5000'", "-c statement_timeout=1500"}) {
      EXPECT_THAT(text, HasSubstr(limit)) << given;
    }
  }
}

TEST(ConnectionLimits, WhatWasGivenStays) {
  const std::string text =
      with_limits("host=db password='it\\'s' connect_timeout=9 options='-c jit=off'", milliseconds(1500));
  for (const char* part :
       {"host='db'", "password='it\\'s'", "connect_timeout='9'", "options='-c jit=off -c statement"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST(ConnectionLimits, ZeroIsNoTimeLimit) {
  EXPECT_THAT(with_limits("host=db", milliseconds(0)), Not(HasSubstr("statement_timeout")));
}

}  // namespace
}  // namespace muster::store
