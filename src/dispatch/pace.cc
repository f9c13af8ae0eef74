#include "pace.h"

#include <algorithm>
#include <limits>

namespace muster::dispatch {
namespace {

__extension__ using Wide = unsigned __int128;

std::uint64_t micros(Duration time) { return static_cast<std::uint64_t>(std::max(Duration{}, time).count()); }

Duration capped(Wide micros) {
  const auto max = static_cast<std::uint64_t>(kEstimateMax.count());
  return Duration(static_cast<Duration::rep>(micros < max ? static_cast<std::uint64_t>(micros) : max));
}

/// The total for one of `count`, which is in kPaceUnit.
Duration mean_of(Duration total, std::uint64_t count) {
  return Duration(static_cast<Duration::rep>(Wide{micros(total)} * kPaceUnit / count));
}

}  // namespace

void note_busy(QueuePace& pace, ContactState state, Duration time) {
  (state == ContactState::kOffered ? pace.answering : pace.working) += time;
}

void note_handled(QueuePace& pace) {
  pace.handled += kPaceUnit;
  if (pace.handled < kPaceHandledMax * kPaceUnit) return;
  pace.handled /= 2;
  pace.answering /= 2;
  pace.working /= 2;
}

void note_waited(QueuePace& pace, Duration waited, bool abandoned) {
  pace.waits += kPaceUnit;
  pace.waiting += waited;
  if (abandoned) pace.abandoned += kPaceUnit;
  if (pace.waits < kPaceWaitsMax * kPaceUnit) return;
  pace.waits /= 2;
  pace.waiting /= 2;
  pace.abandoned /= 2;
}

std::optional<Duration> mean_busy_time(const QueuePace& pace) {
  if (pace.handled == 0) return std::nullopt;
  return mean_of(pace.answering + pace.working, pace.handled);
}

Duration mean_answer_time(const QueuePace& pace) {
  return pace.handled == 0 ? Duration{} : mean_of(pace.answering, pace.handled);
}

std::optional<Duration> mean_patience(const QueuePace& pace) {
  if (pace.abandoned == 0) return std::nullopt;
  return mean_of(pace.waiting, pace.abandoned);
}

// Of many contacts ahead the later ones are taken together, a 32nd of their number at a time: that is exact to a
// ten-thousandth, and a million of them cost 400 steps.
Duration mean_wait(Duration busy, std::optional<Duration> patience, std::uint64_t servers, Share ahead) {
  const std::uint64_t whole = ahead / kPaceUnit;
  // 1 / (s / B + i / P) = B / (s + i B / P). A B / P beyond this one empties any queue at once.
  constexpr std::uint64_t kFine = std::uint64_t{1} << 20;
  constexpr std::uint64_t kLossMax = kFine * kFine;
  const std::uint64_t loss =
      patience ? static_cast<std::uint64_t>(std::min<Wide>(
                     kLossMax, Wide{micros(busy)} * kFine / std::max<std::uint64_t>(1, micros(*patience))))
               : 0;
  const Wide numerator = Wide{micros(busy)} * kFine;
  const auto term = [&](std::uint64_t first, std::uint64_t count, Share weight) {
    const Wide twice_middle = Wide{first} * 2 + count - 1;
    return numerator * weight / (Wide{servers} * kFine + twice_middle * loss / 2);
  };
  Wide sum = 0;
  for (std::uint64_t i = 0; i <= whole;) {
    const std::uint64_t count = std::min(whole + 1 - i, 1 + i / 32);
    sum += term(i, count, count * kPaceUnit);
    i += count;
  }
  sum += term(whole + 1, 1, ahead % kPaceUnit);
  return capped(sum / kPaceUnit);
}

}  // namespace muster::dispatch
