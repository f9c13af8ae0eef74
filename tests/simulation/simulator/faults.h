#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "muster/base/random.h"

namespace muster::simulator {

/// What can go wrong.
enum class Fault : std::uint8_t {
  kRequestLost,
  kRequestDuplicated,
  kRequestDelayed,
  kReplyLost,
  kStreamBroken,
  kReaderSlow,
  kAppendFailed,   ///< not applied, and no answer
  kAppendUnheard,  ///< applied, but no answer
  kAppendSlow,     ///< applied late, perhaps after the deadline or after a takeover
  kStoreUnreachable,
  kTakeoverUnheard,  ///< the epoch rose, but no answer
  kRenewalLost,
  kLeaseConnectionCut,
  kCrash,
  kFreeze,
  kWallClockSet,
  kSnapshotFailed,
  kSnapshotDamaged,
};
inline constexpr std::size_t kFaultCount = 18;
const char* name_of(Fault fault);

/// How often each kind has struck.
using FaultCounts = std::array<std::uint64_t, kFaultCount>;

/// Which faults a run has, and how often: drawn from its seed, so that runs differ in kind (swarm testing). One run in
/// eight has none.
class Faults {
 public:
  explicit Faults(Random& random);

  /// Whether it happens now.
  bool strikes(Fault fault);
  /// Nothing goes wrong while it is off: before the run begins and after everything has healed.
  void turn(bool on) { on_ = on; }
  [[nodiscard]] const FaultCounts& counts() const { return counts_; }

 private:
  Random& random_;
  std::array<std::uint64_t, kFaultCount> per_million_{};
  FaultCounts counts_{};
  bool on_ = false;
};

}  // namespace muster::simulator
