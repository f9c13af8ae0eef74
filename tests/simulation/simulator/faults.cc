#include "faults.h"

namespace muster::simulator {
namespace {

struct Kind {
  const char* name;
  /// Chances at each opportunity: a message, a statement, a read; for the last group, a second.
  std::uint64_t per_million;
};

constexpr Kind kKinds[kFaultCount] = {
    {"request-lost", 20'000},
    {"request-duplicated", 30'000},
    {"request-delayed", 40'000},
    {"reply-lost", 30'000},
    {"stream-broken", 20'000},
    {"reader-slow", 20'000},
    {"append-failed", 4'000},
    {"append-unheard", 4'000},
    {"append-slow", 8'000},
    {"store-unreachable", 100'000},
    {"takeover-unheard", 100'000},
    {"renewal-lost", 100'000},
    {"lease-connection-cut", 5'000},
    {"crash", 5'000},
    {"freeze", 8'000},
    {"wall-clock-set", 5'000},
    {"snapshot-failed", 200'000},
    {"snapshot-damaged", 200'000},
};

}  // namespace

const char* name_of(Fault fault) { return kKinds[static_cast<std::size_t>(fault)].name; }

Faults::Faults(Random& random) : random_(random) {
  if (random_.below(8) == 0) return;
  for (std::size_t i = 0; i < kFaultCount; ++i) {
    const bool has = random_.below(2) == 0;
    const std::uint64_t strength = 1ULL << random_.below(4);  // a half, as stated, twice, four times
    if (has) per_million_[i] = kKinds[i].per_million * strength / 2;
  }
}

bool Faults::strikes(Fault fault) {
  const auto i = static_cast<std::size_t>(fault);
  if (!on_ || per_million_[i] == 0 || random_.below(1'000'000) >= per_million_[i]) return false;
  ++counts_[i];
  return true;
}

}  // namespace muster::simulator
