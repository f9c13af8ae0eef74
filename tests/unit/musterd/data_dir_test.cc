#include "muster/musterd/data_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <optional>

#include "temp_dir.h"

namespace muster::musterd {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(DataDir, IsMadeWhenMissing) {
  const TempDir temp;
  const DataDir data(temp.path() / "a" / "b");
  EXPECT_TRUE(std::filesystem::is_directory(temp.path() / "a" / "b"));
  EXPECT_TRUE(data.path().is_absolute());
}

TEST(DataDir, IsHeldByOneAtATime) {
  const TempDir temp;
  std::optional<DataDir> first(temp.path());
  EXPECT_THAT([&] { DataDir second(temp.path()); },
              ThrowsMessage<std::runtime_error>(HasSubstr("another musterd (process " + std::to_string(getpid()))));
  first.reset();
  const DataDir second(temp.path());
}

TEST(DataDir, IsFreeAgainWhenItsHolderWasKilled) {
  const TempDir temp;
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t holder = fork();
  if (holder == 0) {
    const DataDir data(temp.path());
    if (write(ready[1], "x", 1) != 1) _exit(1);
    pause();
  }
  char byte;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  EXPECT_THROW(DataDir{temp.path()}, std::runtime_error);
  kill(holder, SIGKILL);
  waitpid(holder, nullptr, 0);
  EXPECT_NO_THROW(DataDir{temp.path()});
  close(ready[0]);
  close(ready[1]);
}

TEST(DataDir, PathThatIsAFileIsAClearError) {
  const TempDir temp;
  std::ofstream(temp.path() / "file") << "x";
  EXPECT_THAT([&] { DataDir data(temp.path() / "file"); },
              ThrowsMessage<std::runtime_error>(HasSubstr("cannot make the data folder")));
}

}  // namespace
}  // namespace muster::musterd
