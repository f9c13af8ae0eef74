#include "root_key.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "secrets.h"

namespace muster::identity {
namespace {

namespace fs = std::filesystem;

class RootKeyFile : public ::testing::Test {
 protected:
  RootKeyFile() {
    char path[] = "/tmp/muster-root-key-XXXXXX";
    folder = mkdtemp(path);
  }
  ~RootKeyFile() override { fs::remove_all(folder); }

  fs::path folder;
};

TEST(RootKey, OpensWhatItSealed) {
  const RootKey key(random_bytes(32));
  const std::string sealed = key.seal("signing key", "secret");
  EXPECT_EQ(sealed.find("secret"), std::string::npos);
  EXPECT_EQ(key.open("signing key", sealed), "secret");
  EXPECT_NE(sealed, key.seal("signing key", "secret"));
}

TEST(RootKey, OpensNothingElse) {
  const RootKey key(random_bytes(32));
  std::string sealed = key.seal("signing key", "secret");
  EXPECT_FALSE(key.open("reply", sealed));
  EXPECT_FALSE(RootKey(random_bytes(32)).open("signing key", sealed));
  EXPECT_FALSE(key.open("signing key", sealed.substr(0, sealed.size() - 1)));
  EXPECT_FALSE(key.open("signing key", ""));
  for (char& c : sealed) {
    c ^= 1;
    EXPECT_FALSE(key.open("signing key", sealed));
    c ^= 1;
  }
}

TEST(RootKey, DigestsDifferByKeyAndByText) {
  const RootKey key(random_bytes(32));
  EXPECT_EQ(key.digest("a"), key.digest("a"));
  EXPECT_NE(key.digest("a"), key.digest("b"));
  EXPECT_NE(key.digest("a"), RootKey(random_bytes(32)).digest("a"));
}

TEST_F(RootKeyFile, IsMadeOnceForItsOwnerAlone) {
  const RootKey first = RootKey::from_file(folder / "root.key");
  EXPECT_EQ(fs::status(folder / "root.key").permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(RootKey::from_file(folder / "root.key").digest("a"), first.digest("a"));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), {}), 1);
}

TEST_F(RootKeyFile, ThatOthersMayReadIsRefused) {
  RootKey::from_file(folder / "root.key");
  for (const mode_t mode : {0640, 0604, 0660}) {
    chmod((folder / "root.key").c_str(), mode);
    EXPECT_THROW(RootKey::from_file(folder / "root.key"), std::runtime_error);
  }
}

TEST_F(RootKeyFile, OfAnotherLengthIsRefused) {
  for (const int length : {0, 31, 33}) {
    std::ofstream(folder / "root.key") << std::string(static_cast<std::size_t>(length), 'x');
    chmod((folder / "root.key").c_str(), 0600);
    EXPECT_THROW(RootKey::from_file(folder / "root.key"), std::runtime_error);
  }
}

TEST_F(RootKeyFile, ThatCannotBeMadeSaysSo) {
  EXPECT_THROW(RootKey::from_file(folder / "missing" / "root.key"), std::runtime_error);
}

}  // namespace
}  // namespace muster::identity
