#include <gmock/gmock.h>

#include <fstream>
#include <regex>
#include <set>

#include "app.h"
#include "speech.h"
#include "usage.h"

namespace muster::cli {
namespace {

using testing::HasSubstr;

class ChineseTest : public InChinese {};

std::set<std::string> places(const std::string& text) {
  static const std::regex pattern("\\{[0-9]\\}");
  return {std::sregex_token_iterator(text.begin(), text.end(), pattern), std::sregex_token_iterator()};
}

TEST(TranslationTest, EveryTranslationFillsTheSamePlaces) {
  std::ifstream file(MUSTER_PO_FILE);
  std::string line;
  std::string original;
  int compared = 0;
  while (std::getline(file, line)) {
    if (line.starts_with("msgid \"")) original = line;
    if (!line.starts_with("msgstr")) continue;
    EXPECT_EQ(places(line), places(original)) << line;
    ++compared;
  }
  EXPECT_GT(compared, 300);
}

TEST_F(ChineseTest, TextsAreTranslated) {
  EXPECT_EQ(tr("Queue"), "队列");
  EXPECT_EQ(say("{0} created.", "c1"), "c1 已创建。");
}

TEST_F(ChineseTest, UsageErrorsAreTranslated) {
  EXPECT_EQ(usage_error(CLI::RequiredError("--queue"), {}), "缺少 --queue");
  EXPECT_EQ(usage_error(CLI::ExtrasError({"--bad", "3"}), {"--bad", "3"}), "无法识别：--bad");
}

TEST(LanguageTest, TheFlagIsStrongerThanTheLocale) {
  const char* const argv[] = {"muster", "queues", "list", "--lang", "zh"};
  EXPECT_EQ(choose_language(5, argv), Language::kChinese);
  const char* const equals[] = {"muster", "--lang=en"};
  EXPECT_EQ(choose_language(2, equals), Language::kEnglish);
}

TEST(LanguageTest, TheLocaleDecidesWithoutAFlag) {
  const char* const argv[] = {"muster"};
  setenv("LC_ALL", "zh_CN.UTF-8", 1);
  EXPECT_EQ(choose_language(1, argv), Language::kChinese);
  setenv("LC_ALL", "C.UTF-8", 1);
  EXPECT_EQ(choose_language(1, argv), Language::kEnglish);
  unsetenv("LC_ALL");
}

}  // namespace
}  // namespace muster::cli
