#include "muster/node/time_zones.h"

#include <gtest/gtest.h>

namespace muster::node {
namespace {

TEST(TimeZones, ZonesAndTheirOtherNamesAreKnown) {
  EXPECT_TRUE(is_time_zone("Asia/Shanghai"));
  EXPECT_TRUE(is_time_zone("PRC"));
  EXPECT_TRUE(is_time_zone("America/Argentina/Buenos_Aires"));
}

TEST(TimeZones, NothingElseIs) {
  for (const char* name : {"", "Asia", "asia/shanghai", "Asia/Shanghai ", "../etc/passwd", "+08:00", "R",
                           "file:/dev/stdin", "Fixed/UTC+00:07:00", "localtime"}) {
    EXPECT_FALSE(is_time_zone(name)) << name;
  }
}

}  // namespace
}  // namespace muster::node
