#include "muster/musterd/logging.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

namespace muster::musterd {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

TEST(Logging, JsonIsOneObjectALineWhateverTheMessageHolds) {
  ::testing::internal::CaptureStderr();
  start_logging("info", LogFormat::kJson);
  spdlog::info("queue \"{}\"\nline two", "销售");
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              MatchesRegex("\\{\"time\":\"[0-9]+-[0-9]+-[0-9]+T[0-9]+:[0-9]+:[0-9]+\\.[0-9]+Z\",\"level\":\"info\","
                           "\"thread\":[0-9]+,\"message\":\"queue \\\\\"销售\\\\\"\\\\nline two\"\\}\n"));
}

TEST(Logging, TextNamesTheLevel) {
  ::testing::internal::CaptureStderr();
  start_logging("info", LogFormat::kText);
  spdlog::warn("disk is nearly full");
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), MatchesRegex("[0-9].* warning +disk is nearly full\n"));
}

TEST(Logging, TextKeepsAMessageOfSeveralLinesOnOneLine) {
  ::testing::internal::CaptureStderr();
  start_logging("info", LogFormat::kText);
  spdlog::warn("connection lost\n\tServer closed it.\n");
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), MatchesRegex(".* connection lost Server closed it.\n"));
}

TEST(Logging, MessagesBelowTheLevelAreLeftOut) {
  ::testing::internal::CaptureStderr();
  start_logging("error", LogFormat::kText);
  spdlog::warn("not this");
  spdlog::error("but this");
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), AllOf(Not(HasSubstr("not this")), HasSubstr("but this")));
}

TEST(Logging, EveryLevelOfTheConfigurationIsALevelOfTheLogger) {
  for (const char* level : {"trace", "debug", "info", "warn", "error"}) {
    start_logging(level, LogFormat::kText);
    const auto view = spdlog::level::to_string_view(spdlog::default_logger()->level());
    EXPECT_THAT(std::string(view.data(), view.size()), HasSubstr(level));
  }
}

}  // namespace
}  // namespace muster::musterd
