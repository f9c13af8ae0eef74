#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <unordered_map>

#include "muster/dispatch/engine.h"
#include "work.h"

namespace muster::node {

/// Stage 2 of the pipeline: stamps the time, lets the engine decide, and turns events into a batch. Owns the engine.
/// Used by the engine's thread only.
class Sequencer {
 public:
  Sequencer(dispatch::Engine engine, std::chrono::milliseconds heartbeat_interval)
      : engine_(std::move(engine)), heartbeat_interval_(heartbeat_interval) {}

  /// Carries out the requests in order at `now`, after the timers that are due.
  [[nodiscard]] Batch process(std::span<Request> requests, TimePoint now);

  [[nodiscard]] const dispatch::Engine& engine() const { return engine_; }

 private:
  void carry_out(CommandRequest& request, TimePoint now);
  void carry_out(ReadRequest& request, TimePoint now);
  void carry_out(SessionRequest& request, TimePoint now);
  void carry_out(LostStream& lost, TimePoint now);
  void tell_agents(std::size_t first_event);
  void tell_agents(const dispatch::Event& event);
  void tell_contact(const dispatch::Event& event, dispatch::AgentHandle agent, dispatch::ContactId contact,
                    const v1::Contact& ended);
  void tell_given_back(const dispatch::Event& event, dispatch::AgentHandle agent, dispatch::ContactId contact);
  v1::SessionEvent* message_to(dispatch::AgentHandle agent, const dispatch::Event& event);
  v1::SessionEvent session_opened(const dispatch::Agent& agent, const dispatch::Reply& reply) const;

  dispatch::Engine engine_;
  const std::chrono::milliseconds heartbeat_interval_;
  /// Where each session was opened last, by number, also if that has yet to be published.
  std::unordered_map<std::uint64_t, std::shared_ptr<SessionMailbox>> streams_;
  std::vector<dispatch::Event> events_;  // of the batch being made
  std::vector<Effect> effects_;
};

}  // namespace muster::node
