#include "api_key.h"

#include <gtest/gtest.h>

#include <set>

namespace muster::identity {
namespace {

TEST(ApiKey, IsReadAsItWasWritten) {
  const ApiKeyText key = ApiKeyText::make();
  const auto read = ApiKeyText::parse(key.text());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->key_id, key.key_id);
  EXPECT_EQ(read->secret, key.secret);
  EXPECT_TRUE(looks_like_api_key(key.text()));
}

TEST(ApiKey, NoTwoAreAlike) {
  std::set<std::string> ids, secrets;
  for (int i = 0; i < 1000; ++i) {
    const ApiKeyText key = ApiKeyText::make();
    ids.insert(key.key_id);
    secrets.insert(key.secret);
  }
  EXPECT_EQ(ids.size(), 1000u);
  EXPECT_EQ(secrets.size(), 1000u);
}

TEST(ApiKey, OfAnotherShapeIsRefused) {
  const std::string good = ApiKeyText::make().text();
  for (std::string text : {std::string(), std::string("mk_live_"), good.substr(1), good.substr(0, good.size() - 1),
                           good + "a", "mk_test_" + good.substr(8), good + std::string(100'000, 'a')}) {
    EXPECT_FALSE(ApiKeyText::parse(text)) << text.substr(0, 100);
  }
  for (const std::size_t at : {std::size_t{8}, std::size_t{24}, good.size() - 1}) {
    std::string text = good;
    text[at] = '-';
    EXPECT_FALSE(ApiKeyText::parse(text)) << text;
  }
}

}  // namespace
}  // namespace muster::identity
