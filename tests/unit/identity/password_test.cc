#include "password.h"

#include <gtest/gtest.h>

namespace muster::identity {
namespace {

TEST(Password, MatchesItsOwnHashOnly) {
  const std::string hash = hash_password("correct horse battery");
  EXPECT_TRUE(hash.starts_with("$argon2id$")) << hash;
  EXPECT_TRUE(verify_password(hash, "correct horse battery"));
  EXPECT_FALSE(verify_password(hash, "correct horse batterz"));
  EXPECT_FALSE(verify_password(hash, ""));
  EXPECT_FALSE(is_outdated_hash(hash));
}

TEST(Password, SaltsDiffer) {
  EXPECT_NE(hash_password("correct horse battery"), hash_password("correct horse battery"));
}

TEST(Password, NobodyHasOne) {
  EXPECT_FALSE(verify_password("", ""));
  EXPECT_FALSE(verify_password("", "correct horse battery"));
  EXPECT_FALSE(verify_password("not a hash", "correct horse battery"));
}

TEST(Password, AHashWithOtherParametersIsOutdated) {
  EXPECT_TRUE(
      is_outdated_hash("$argon2id$v=19$m=8192,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$"
                       "GpZ3sK/oH9p7VIiV56G/64Zo/8GaUw434IimaPqxwCo"));
}

TEST(Password, ThatIsEasyToGuessIsRefused) {
  EXPECT_TRUE(password_trouble("", "li.na"));
  EXPECT_TRUE(password_trouble("123456789", "li.na"));
  EXPECT_TRUE(password_trouble("aaaaaaaaaaaa", "li.na"));
  EXPECT_TRUE(password_trouble("li.na-12345", "li.na"));
  EXPECT_TRUE(password_trouble(std::string("long enough\0x", 13), "li.na"));
  EXPECT_TRUE(password_trouble(std::string(kPasswordBytesMax + 1, 'a') + "b", "li.na"));
  EXPECT_FALSE(password_trouble("密码要够长才行", "li.na"));
  EXPECT_FALSE(password_trouble(random_password(), "li.na"));
}

}  // namespace
}  // namespace muster::identity
