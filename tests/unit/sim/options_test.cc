#include "options.h"

#include <gmock/gmock.h>

#include <vector>

#include "language.h"

namespace muster::sim {
namespace {

class OptionsTest : public testing::Test {
 protected:
  ~OptionsTest() override { set_language(Language::kEnglish); }

  static Parsed parse(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "muster-sim");
    return parse_options(static_cast<int>(arguments.size()), arguments.data());
  }
};

TEST_F(OptionsTest, DurationsTakeUnits) {
  EXPECT_EQ(parse({"--synthetic", "demo", "--duration", "2m"}).options.run.duration_s, 120);
  EXPECT_EQ(parse({"--synthetic", "demo", "--duration", "1500ms"}).options.run.duration_s, 1.5);
  EXPECT_EQ(parse({"--synthetic", "demo", "--duration", "30"}).options.run.duration_s, 30);
}

TEST_F(OptionsTest, WithoutAWorkloadNothingRuns) { EXPECT_EQ(parse({}).exit_code, 2); }

TEST_F(OptionsTest, ARunHasOneWorkload) {
  EXPECT_EQ(parse({"--synthetic", "demo", "--trace", "x.csv"}).exit_code, 2);
  EXPECT_EQ(parse({"--synthetic", "demo", "--date", "1999-03-01"}).exit_code, 2);
}

TEST_F(OptionsTest, ACallLogBringsItsOwnAgents) {
  EXPECT_EQ(parse({"--trace", "x.csv", "--date", "1999-03-01", "--agents", "4"}).exit_code, 2);
}

TEST_F(OptionsTest, TheLanguageIsThatAskedForElseThatOfTheLocale) {
  setenv("LC_ALL", "zh_CN.UTF-8", 1);
  parse({"--list-profiles"});
  EXPECT_EQ(language(), Language::kChinese);
  parse({"--list-profiles", "--lang", "en"});
  EXPECT_EQ(language(), Language::kEnglish);
  unsetenv("LC_ALL");
}

}  // namespace
}  // namespace muster::sim
