#include "password_prompt.h"

#include <termios.h>
#include <unistd.h>

#include <iostream>
#include <ostream>

namespace muster::cli {
namespace {

/// The terminal shows nothing of what is typed meanwhile.
class NoEcho {
 public:
  NoEcho() : is_terminal_(tcgetattr(STDIN_FILENO, &before_) == 0) {
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    if (is_terminal_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
  }
  ~NoEcho() {
    if (is_terminal_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;
  [[nodiscard]] bool is_terminal() const { return is_terminal_; }

 private:
  termios before_{};
  const bool is_terminal_;
};

}  // namespace

std::string ask_password(Context& context, const std::string& prompt) {
  const NoEcho quiet;
  if (quiet.is_terminal()) context.err << prompt << std::flush;
  std::string password;
  std::getline(std::cin, password);
  if (quiet.is_terminal()) context.err << '\n';
  return password;
}

}  // namespace muster::cli
