#include "progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "language.h"

namespace muster::sim {
namespace {

constexpr std::size_t kBarWidth = 24;
constexpr std::chrono::seconds kPlainLineEvery{5};

std::string bar(std::size_t arrived, std::size_t expected) {
  const std::size_t filled = expected == 0 ? 0 : std::min(kBarWidth, kBarWidth * arrived / expected);
  return "[" + std::string(filled, '#') + std::string(kBarWidth - filled, '.') + "]";
}

}  // namespace

std::string progress_line(const ProgressState& state) {
  const auto seconds = static_cast<std::int64_t>(state.simulated_s);
  return say("{} {:02}:{:02}:{:02}  {}/{} arrived  {} waiting  {} in hand  {} retries",
             "{} {:02}:{:02}:{:02}  到达 {}/{}  等待 {}  处理中 {}  重试 {}", bar(state.arrived, state.expected),
             seconds / 3600 % 24, seconds / 60 % 60, seconds % 60, state.arrived, state.expected, state.waiting,
             state.in_hand, state.retries);
}

Progress::Progress(bool quiet) : quiet_(quiet), terminal_(isatty(STDERR_FILENO) == 1) {}

void Progress::show(const ProgressState& state) {
  if (quiet_) return;
  if (terminal_) {
    std::fprintf(stderr, "\r\033[K%s", progress_line(state).c_str());
    std::fflush(stderr);
    return;
  }
  const auto now = std::chrono::steady_clock::now();
  if (now < next_plain_line_) return;
  next_plain_line_ = now + kPlainLineEvery;
  std::fprintf(stderr, "%s\n", progress_line(state).c_str());
}

void Progress::finish() {
  if (!quiet_ && terminal_) std::fputc('\n', stderr);
  quiet_ = true;
}

}  // namespace muster::sim
