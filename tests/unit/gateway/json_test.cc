#include "muster/gateway/json.h"

#include <gtest/gtest.h>

namespace muster::gateway {
namespace {

TEST(JsonString, PlainAndChineseTextIsOnlyQuoted) {
  EXPECT_EQ(json_string(""), "\"\"");
  EXPECT_EQ(json_string("queue sales"), "\"queue sales\"");
  EXPECT_EQ(json_string("派单 \xF0\x9F\x98\x80"), "\"派单 \xF0\x9F\x98\x80\"");
}

TEST(JsonString, QuotesBackslashesAndControlsAreEscaped) {
  EXPECT_EQ(json_string("a\"b\\c\nd\te\rf"), R"("a\"b\\c\nd\te\rf")");
  EXPECT_EQ(json_string(std::string_view("\0\x1f\x7f", 3)), R"("\u0000\u001f\u007f")");
}

TEST(JsonString, BytesThatAreNotUtf8BecomeReplacementCharacters) {
  EXPECT_EQ(json_string("a\xFFz"), "\"a\xEF\xBF\xBDz\"");
  EXPECT_EQ(json_string("\xC0\xAF"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");                  // overlong
  EXPECT_EQ(json_string("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");  // surrogate
  EXPECT_EQ(json_string("\xE6\xB4"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");                  // cut short
  EXPECT_EQ(json_string("\xF4\x90\x80\x80").size(), 2 + 4 * 3u);                       // above U+10FFFF
}

}  // namespace
}  // namespace muster::gateway
