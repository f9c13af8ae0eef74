#include "completion.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <memory>

#include "app.h"
#include "speech.h"

namespace muster::cli {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsSupersetOf;
using testing::Not;

class CompletionTest : public InEnglish {
 protected:
  /// What bash offers after these words, the last of which is being typed.
  static std::vector<std::string> complete(const std::string& words) {
    Context context(std::cout, std::cerr);
    const std::string file = testing::TempDir() + "muster_completion_" + std::to_string(getpid());
    std::ofstream(file) << completion_script(*make_program(context), "bash") << "COMP_WORDS=(" << words << ")\n"
                        << "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_muster\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n";
    const std::unique_ptr<FILE, int (*)(FILE*)> bash(popen(("bash " + file).c_str(), "r"), pclose);
    std::vector<std::string> offered;
    for (char line[256]; fgets(line, sizeof line, bash.get()) != nullptr;) {
      offered.emplace_back(line);
      offered.back().pop_back();
    }
    std::remove(file.c_str());
    return offered;
  }
};

TEST_F(CompletionTest, CommandsAreCompletedAtEachLevel) {
  EXPECT_THAT(complete("muster con"), ElementsAre("contacts"));
  EXPECT_THAT(complete("muster queues ''"), ElementsAre("list", "get", "create", "update", "delete", "wait", "pool"));
  EXPECT_THAT(complete("muster --json agent ''"), ElementsAre("work"));
}

TEST_F(CompletionTest, FlagsOfTheCommandAndThoseOfAllAreOffered) {
  EXPECT_THAT(complete("muster queues create billing --"), IsSupersetOf({"--channel", "--policy", "--json", "--help"}));
  EXPECT_THAT(complete("muster skills create english --"), Not(Contains("--channel")));
}

TEST_F(CompletionTest, ValuesFromAListAreOffered) {
  EXPECT_THAT(complete("muster queues create q --channel v"), ElementsAre("voice"));
  EXPECT_THAT(complete("muster --lang ''"), ElementsAre("en", "zh"));
  EXPECT_THAT(complete("muster completion ''"), ElementsAre("bash", "zsh"));
}

TEST_F(CompletionTest, NothingIsOfferedForAFreeValue) {
  EXPECT_THAT(complete("muster queues create q --policy ''"), ElementsAre(""));
}

}  // namespace
}  // namespace muster::cli
