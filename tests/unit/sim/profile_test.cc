#include "profile.h"

#include <gmock/gmock.h>

#include "temp_file.h"

namespace muster::sim {
namespace {

using testing::HasSubstr;

constexpr const char* kArrivals = "arrivals_per_hour = [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]\n";

std::string minimal(const std::string& extra) {
  return std::string("name = \"x\"\n") + kArrivals + extra + "[[type]]\nid = \"t\"\n[[team]]\nid = \"a\"\n";
}

std::string error_of(const std::string& toml) {
  try {
    parse_profile(toml, "my.toml");
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Profile, EveryBuiltInProfileCanBeRead) {
  for (const std::string_view name : builtin_profile_names()) {
    const Profile profile = load_profile(std::string(name));
    EXPECT_EQ(profile.name, name);
    EXPECT_FALSE(profile.types.empty());
  }
}

TEST(Profile, WhatIsPrintedCanBeUsedAsAFile) {
  const TempFile file{std::string(*builtin_profile("demo"))};
  EXPECT_EQ(load_profile(file.path()).agents, load_profile("demo").agents);
}

TEST(Profile, AMisspeltKeyIsRefusedWithItsPlace) {
  EXPECT_EQ(error_of(minimal("agent = 5\n")), "my.toml:3:9: unknown key \"agent\"");
}

TEST(Profile, ANumberOutOfRangeIsRefused) {
  EXPECT_THAT(error_of(minimal("miss_probability = 1.5\n")),
              HasSubstr("miss_probability must be a number from 0 to 1"));
  EXPECT_THAT(error_of(minimal("agents = 2.5\n")), HasSubstr("agents must be whole"));
}

TEST(Profile, AnHourTooFewIsRefused) {
  EXPECT_THAT(error_of("name = \"x\"\narrivals_per_hour = [1]\n"), HasSubstr("has 1 numbers, not 24"));
}

TEST(Profile, BrokenTomlIsPointedAt) { EXPECT_THAT(error_of("name = \n"), HasSubstr("my.toml:1:")); }

TEST(Profile, AnUnknownNameListsTheKnownOnes) {
  EXPECT_THAT([] { load_profile("nope"); }, testing::ThrowsMessage<InputError>(HasSubstr("demo, peak, crash")));
}

}  // namespace
}  // namespace muster::sim
