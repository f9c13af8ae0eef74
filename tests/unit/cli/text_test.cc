#include "text.h"

#include <gmock/gmock.h>

#include "speech.h"

namespace muster::cli {
namespace {

using testing::ElementsAre;

class TextTest : public InEnglish {};

TEST_F(TextTest, ChineseTakesTwoColumnsACharacter) {
  EXPECT_EQ(display_width("abc"), 3);
  EXPECT_EQ(display_width("客户会话"), 8);
  EXPECT_EQ(display_width("李娜 ok"), 7);
}

TEST_F(TextTest, CutTextNeverExceedsItsColumns) {
  EXPECT_EQ(cut("abcdef", 6), "abcdef");
  EXPECT_EQ(cut("abcdef", 4), "abc…");
  EXPECT_EQ(cut("客户会话", 6), "客户…");
  EXPECT_LE(display_width(cut("客户会话", 5)), 5);
  EXPECT_EQ(display_width(fit("客户会话", 5)), 5);
}

TEST_F(TextTest, TextOfOthersCannotCommandTheTerminal) {
  EXPECT_EQ(printable("a\x1b[2Jb\nc\td"), "a [2Jb c d");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            " 31m");
  EXPECT_EQ(printable("bad\xff"
                      "byte"),
            "bad?byte");
  EXPECT_EQ(printable("中文"), "中文");
}

TEST_F(TextTest, ColumnsAlignAlsoUnderChinese) {
  Table table({{"Queue"}, {"Name"}, {"Waiting", true}});
  table.add({"billing", "账单", "3"});
  table.add({"vip", "Very important", "12"});
  EXPECT_THAT(table.lines(), ElementsAre("Queue    Name            Waiting",  //
                                         "billing  账单                  3",  //
                                         "vip      Very important       12"));
}

TEST_F(TextTest, DetailsHaveNoHeader) {
  Table table({{""}, {""}});
  table.add({"Name", "x"});
  EXPECT_THAT(table.lines(), ElementsAre("Name  x"));
}

}  // namespace
}  // namespace muster::cli
