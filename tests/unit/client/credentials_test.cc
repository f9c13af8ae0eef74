#include "muster/client/credentials.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace muster::client {
namespace {

namespace fs = std::filesystem;

class CredentialsTest : public ::testing::Test {
 protected:
  CredentialsTest() {
    char path[] = "/tmp/muster-credentials-XXXXXX";
    folder = mkdtemp(path);
    setenv("XDG_CONFIG_HOME", folder.c_str(), 1);
    unsetenv("MUSTER_TOKEN_FILE");
  }
  ~CredentialsTest() override { fs::remove_all(folder); }

  fs::path folder;
};

TEST_F(CredentialsTest, AreThoseOfALocalServer) {
  fs::create_directories(folder / "muster" / "local");
  std::ofstream(folder / "key") << "mk_live_x\n";
  fs::create_symlink(folder / "key", folder / "muster" / "local" / "127.0.0.1:7070");
  EXPECT_EQ(credentials_for("127.0.0.1:7070")(), "mk_live_x");
  EXPECT_EQ(credentials_for("localhost:7070")(), "mk_live_x");
  EXPECT_EQ(credentials_for("127.0.0.1:7071")(), "");
}

TEST_F(CredentialsTest, AreThoseOfTheFileThatIsNamed) {
  std::ofstream(folder / "token") << "token\nmore\n";
  setenv("MUSTER_TOKEN_FILE", (folder / "token").c_str(), 1);
  EXPECT_EQ(credentials_for("127.0.0.1:7070")(), "token");
}

TEST_F(CredentialsTest, ThatCannotBeReadAreNone) {
  EXPECT_EQ(credentials_in(folder / "missing")(), "");
  fs::create_directories(folder / "muster" / "local");
  fs::create_symlink(folder / "gone", folder / "muster" / "local" / "127.0.0.1:7070");
  EXPECT_EQ(credentials_for("127.0.0.1:7070")(), "");
}

TEST_F(CredentialsTest, AServersNameStaysInItsFolder) {
  EXPECT_EQ(local_key("unix:/tmp/../x")->parent_path(), folder / "muster" / "local");
}

}  // namespace
}  // namespace muster::client
