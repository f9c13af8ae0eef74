#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "muster/dispatch/command.h"
#include "muster/dispatch/estimate.h"
#include "muster/dispatch/event.h"
#include "muster/dispatch/state.h"
#include "muster/dispatch/types.h"

namespace muster::dispatch {

/// The dispatch engine of one workspace: commands and time in, events out. Deterministic, without I/O, clock,
/// thread, log or floating point: the same commands at the same times give the same events, and the same events
/// give the same state. Not thread-safe: one thread owns it.
///
/// handle() and advance() decide: they append events to `out`, each already applied. Replay calls only apply().
class Engine {
 public:
  /// Contacts that have not ended, at most.
  static constexpr std::size_t kLiveContactsMax = 1'000'000;
  /// How many requests are remembered for idempotency, the newest.
  static constexpr std::size_t kRequestsMax = 262'144;
  /// Different preferences in the steps of all policies, at most, the default ones not counted: for each the agents
  /// are kept in order.
  static constexpr std::size_t kPreferencesMax = 8;
  /// Declines by one agent after which a contact is not offered to that agent again.
  static constexpr std::uint8_t kDeclinesPerAgentMax = 3;

  Engine();
  /// Takes up where a snapshot left off. REQUIRES: the image was made by image().
  explicit Engine(StateImage image);
  ~Engine();
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;

  /// Carries out one command at `now` (moved up to the last event's time if it lies before it), after the timers
  /// that are due by then. A refused command emits no event of its own and changes nothing.
  Reply handle(const Command& command, TimePoint now, std::vector<Event>& out);

  /// Fires the timers that are due at `now`.
  void advance(TimePoint now, std::vector<Event>& out);

  /// The earliest moment at which advance() has something to do.
  [[nodiscard]] std::optional<TimePoint> next_deadline() const;

  /// Takes one event of the journal. False if it cannot follow the present state: a hole in the sequence, or a
  /// StateHashed that differs; the engine must then be thrown away.
  [[nodiscard]] bool apply(const Event& event);

  /// Canonical hash of everything that decides the future: the same on every machine and build. Walks the state.
  [[nodiscard]] std::uint64_t state_hash() const;
  [[nodiscard]] StateImage image() const;

  [[nodiscard]] Sequence last_sequence() const;
  [[nodiscard]] TimePoint last_time() const;
  [[nodiscard]] std::uint64_t epoch() const;
  [[nodiscard]] const Settings& settings() const;

  /// Look-ups; null if there is none. Pointers hold until the next change of the state.
  [[nodiscard]] const Skill* skill(SkillHandle handle) const;
  [[nodiscard]] const Skill* skill(std::string_view id) const;
  [[nodiscard]] const Policy* policy(PolicyHandle handle) const;
  [[nodiscard]] const Policy* policy(std::string_view id) const;
  [[nodiscard]] const Queue* queue(QueueHandle handle) const;
  [[nodiscard]] const Queue* queue(std::string_view id) const;
  [[nodiscard]] const Agent* agent(AgentHandle handle) const;
  [[nodiscard]] const Agent* agent(std::string_view id) const;
  [[nodiscard]] const Agent* agent_of(SessionId session) const;
  [[nodiscard]] const Contact* contact(ContactId id) const;
  [[nodiscard]] const Offer* offer(OfferId id) const;

  /// Gives the waiting contacts to `visit`, with what they ask of an agent, until it says no: those for any agent and
  /// those for this one alone. Contacts that ask the same follow one another.
  using VisitWaiting = std::function<bool(const Contact& contact, const Conditions& asked)>;
  void visit_waiting(AgentHandle agent, const VisitWaiting& visit) const;
  /// How many contacts wait in the queue.
  [[nodiscard]] std::uint32_t waiting_in(QueueHandle queue) const;
  /// Whether the queue lets its contacts be offered: it is not paused, and enough agents are idle.
  [[nodiscard]] bool lets_offer(QueueHandle queue) const;

  /// How long the contact will still wait as of `now`, which is not before the last event; none if it is not queued.
  /// Looks at some 256 agents and 256 classes of waiting contacts that ask the same, whatever there is.
  [[nodiscard]] std::optional<WaitEstimate> estimate_wait(ContactId contact, TimePoint now) const;
  /// The same for a contact that would enter a queue at `now`. REQUIRES: the queue and the skills exist.
  [[nodiscard]] WaitEstimate estimate_wait(const Arrival& arrival, TimePoint now) const;

  /// The highest handle given so far, of each kind: to walk resources in the order of their creation.
  [[nodiscard]] SkillHandle last_skill() const;
  [[nodiscard]] PolicyHandle last_policy() const;
  [[nodiscard]] QueueHandle last_queue() const;
  [[nodiscard]] AgentHandle last_agent() const;
  /// The highest number given so far. A contact with a lower one that contact() does not find has ended.
  [[nodiscard]] ContactId last_contact() const;

  /// Walks everything and compares it with the indexes and ledgers. Empty if all is right, else what is wrong.
  /// For tests.
  [[nodiscard]] std::string self_check() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Engine::state_hash() of an engine made from the image: to be asked of an image that may be damaged.
std::uint64_t state_hash(const StateImage& image);

/// Canonical hash of what a command says, and in whose name; but for the session that an agent's command came through.
std::uint64_t fingerprint(const Command& command);

}  // namespace muster::dispatch
