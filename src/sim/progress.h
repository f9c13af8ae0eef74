#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace muster::sim {

/// What a progress line shows.
struct ProgressState {
  double simulated_s = 0;  ///< after midnight
  std::size_t arrived = 0;
  std::size_t expected = 0;  ///< 0: unknown
  std::int64_t waiting = 0;
  std::int64_t in_hand = 0;
  std::int64_t retries = 0;
};

/// The text of a progress line, in the language set.
std::string progress_line(const ProgressState& state);

/// Shows progress on stderr: one line that is overwritten on a terminal, else a line every five seconds.
class Progress {
 public:
  explicit Progress(bool quiet);
  void show(const ProgressState& state);
  /// Leaves the last line as it is; shows nothing any more.
  void finish();

 private:
  bool quiet_;
  bool terminal_;
  std::chrono::steady_clock::time_point next_plain_line_{};
};

}  // namespace muster::sim
