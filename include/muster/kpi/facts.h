#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "muster/base/time.h"

/// What is counted. Every figure that Muster shows is worked out from these facts (metrics.h): they are whole numbers,
/// add up over time and over the floor, and so give the same figure live, from history, and recomputed.
namespace muster::kpi {

/// Counts, sums of time (microseconds) and of money (hundredths). A contact counts when the thing happens, not when it
/// arrived. Stored in snapshots and in PostgreSQL by number: none is ever given another meaning.
enum class Fact : std::uint8_t {
  // Queue.
  kOffered = 0,         ///< became due in the queue
  kTransferredIn = 1,   ///< came from another queue, or anew from an agent
  kTransferredOut = 2,  ///< likewise went
  kAnswered = 3,        ///< accepted by an agent for the first time, and the setup did not fail
  kAnsweredInTarget = 4,
  kAnswerWait = 5,  ///< time that those answered had waited
  kAbandoned = 6,   ///< the customer left unanswered
  kAbandonedInTarget = 7,
  kAbandonedShort = 8,  ///< within QueueSpec::short_abandon
  kAbandonWait = 9,
  kDeflected = 10,  ///< solved without an agent
  kDeflectedInTarget = 11,
  kCancelled = 12,
  kExpired = 13,
  kDropped = 14,
  kServiceCounted = 15,  ///< by the queue's method of service level: counts at all...
  kServiceMet = 16,      ///< ...and was served in time
  kEstimated = 17,       ///< answered, and a wait had been estimated when queued
  kEstimateError = 18,   ///< difference between that and the wait, without sign
  kEstimateExcess = 19,  ///< with sign: by how much the estimates were too long
  kStarved = 20,         ///< waited for as long as the policy bounds
  kEscalated = 21,       ///< raised after many refusals
  kRequeued = 22,        ///< taken from an agent without the agent's will
  // Handling: an agent's hold on a contact, from acceptance until it is completed, handed on, taken away or left by the
  // customer. All of it counts when it ends. One whose setup failed does not count.
  kHandled = 23,
  kTalk = 24,    ///< time active
  kHold = 25,    ///< time held
  kWrapUp = 26,  ///< time in wrap-up
  kCompleted = 27,
  kCompletedWithDisposition = 28,
  kLeftAnswered = 29,  ///< ended otherwise, having been answered
  // Offers.
  kOffersMade = 30,
  kOffersAccepted = 31,
  kOffersDeclined = 32,
  kOffersMissed = 33,
  kOffersWithdrawn = 34,  ///< the contact was gone, or another agent faster
  kOffersRevoked = 35,    ///< rescinded or revoked by the server
  kSetupsFailed = 36,
  // Agents' time, by the first that fits. Together: signed in.
  kHandlingTime = 37,  ///< holds a contact that is active or held
  kWrapUpTime = 38,    ///< holds one in wrap-up
  kRingingTime = 39,
  kReadyTime = 40,  ///< available, and nothing of the above
  kBreakTime = 41,
  kNotRespondingTime = 42,
  kUnitTime = 43,      ///< capacity units in use, times time
  kCapacityTime = 44,  ///< capacity units there to be used, times time: available or at work
  // Outcomes, told afterwards; they count when the contact ended.
  kSurveysSent = 45,
  kCsatAnswers = 46,
  kCsatSatisfied = 47,     ///< 4 or 5
  kCsatDissatisfied = 48,  ///< 1 or 2
  kCsatTopBox = 49,        ///< 5
  kCsatPoints = 50,
  kNpsAnswers = 51,
  kNpsPromoters = 52,   ///< 9 or 10
  kNpsDetractors = 53,  ///< 0 to 6
  kCesAnswers = 54,
  kCesPoints = 55,
  kResolvedAnswers = 56,
  kResolved = 57,
  kOrders = 58,
  kRevenue = 59,
  kReactivated = 60,
  kCost = 61,
  // Peaks: of two the greater counts.
  kLongestWait = 62,  ///< of those answered or abandoned
};
inline constexpr std::size_t kNamedFacts = 63;

/// Waits of those answered, by length: bucket i counts those above kWaitBounds[i - 1] and up to kWaitBounds[i]; the
/// last all longer ones.
inline constexpr std::array<std::int32_t, 34> kWaitBounds = {  // seconds
    1,  2,   3,   4,   5,   6,   7,   8,   9,   10,   15,   20,   25,   30,   40,     50,     60,
    90, 120, 150, 180, 240, 300, 450, 600, 900, 1200, 1800, 2700, 3600, 7200, 14'400, 28'800, 86'400};
inline constexpr std::size_t kWaitBuckets = kWaitBounds.size() + 1;
inline constexpr std::size_t kFactCount = kNamedFacts + kWaitBuckets;
static_assert(kFactCount <= 128);

constexpr std::size_t index_of(Fact fact) { return static_cast<std::size_t>(fact); }
/// The fact that counts waits of that length.
Fact wait_bucket(Duration wait);
constexpr bool is_peak(std::size_t fact) { return fact == index_of(Fact::kLongestWait); }
/// "answered_in_target"; "wait_up_to_20" and "wait_beyond" for the buckets.
std::string_view name_of(std::size_t fact);

/// One number per fact.
class Facts {
 public:
  [[nodiscard]] std::int64_t operator[](Fact fact) const { return values_[index_of(fact)]; }
  [[nodiscard]] std::int64_t at(std::size_t fact) const { return values_[fact]; }
  void add(std::size_t fact, std::int64_t amount) {
    std::int64_t& value = values_[fact];
    value = is_peak(fact) ? (value > amount ? value : amount) : value + amount;
  }
  void add(Fact fact, std::int64_t amount) { add(index_of(fact), amount); }
  Facts& operator+=(const Facts& other);
  [[nodiscard]] bool empty() const;
  bool operator==(const Facts&) const = default;

 private:
  std::array<std::int64_t, kFactCount> values_{};
};

/// The same without the zeros, sorted by fact.
using SparseFacts = std::vector<std::pair<std::uint8_t, std::int64_t>>;
SparseFacts sparse(const Facts& facts);
void add_to(Facts& facts, const SparseFacts& more);

}  // namespace muster::kpi
