#include "muster/client/private_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

namespace muster::client {
namespace {

namespace fs = std::filesystem;

class PrivateFile : public ::testing::Test {
 protected:
  PrivateFile() {
    char path[] = "/tmp/muster-private-XXXXXX";
    folder = mkdtemp(path);
    file = folder / "file";
  }
  ~PrivateFile() override { fs::remove_all(folder); }

  fs::path folder;
  fs::path file;
};

TEST_F(PrivateFile, IsForItsOwnerAlone) {
  write_private_file(file, "secret");
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(read_private_file(file, 100), "secret");
  EXPECT_EQ(read_private_file(file, 3), "sec");
}

TEST_F(PrivateFile, IsReplacedWhole) {
  write_private_file(file, "old");
  write_private_file(file, "new");
  EXPECT_EQ(read_private_file(file, 100), "new");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), {}), 1);
}

TEST_F(PrivateFile, ThatIsThereIsNotMadeAgain) {
  make_private_file(file, "first");
  make_private_file(file, "second");
  EXPECT_EQ(read_private_file(file, 100), "first");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), {}), 1);
}

TEST_F(PrivateFile, ThatOthersMayReadIsRefused) {
  write_private_file(file, "secret");
  for (const mode_t mode : {0640, 0604, 0666}) {
    chmod(file.c_str(), mode);
    EXPECT_THROW(read_private_file(file, 100), std::runtime_error);
  }
}

TEST_F(PrivateFile, ThatIsNotThereIsNothing) { EXPECT_EQ(read_private_file(file, 100), std::nullopt); }

TEST_F(PrivateFile, ThatCannotBeMadeSaysSo) {
  EXPECT_THROW(write_private_file(folder / "missing" / "file", ""), std::runtime_error);
}

TEST_F(PrivateFile, FoldersAreForTheirOwnerAlone) {
  make_private_folder(folder / "a" / "b");
  make_private_folder(folder / "a" / "b");
  EXPECT_EQ(fs::status(folder / "a").permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::status(folder / "a" / "b").permissions(), fs::perms::owner_all);
}

}  // namespace
}  // namespace muster::client
