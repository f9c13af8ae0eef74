#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "muster/dispatch/engine.h"

namespace muster::dispatch {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// The words the tests are written in: a service floor with queues, agents and contacts, and a clock that moves
/// when told. After every step the engine is checked against itself.
class Floor : public testing::Test {
 protected:
  struct QueueSetup {
    std::string id = "calls";
    Channel channel = Channel::kVoice;
    PolicyChange policy{};
    QueueChange queue{};
  };

  // Time.
  TimePoint now{hours(24 * 365 * 50)};

  void pass(Duration time) {
    const TimePoint until = now + time;
    for (auto next = engine.next_deadline(); next && *next <= until; next = engine.next_deadline()) {
      now = std::max(now, *next);
      engine.advance(now, events);
      check();
    }
    now = until;
    engine.advance(now, events);
    check();
  }

  // Commands.
  Reply ask(CommandBody body, RequestId request = {}) {
    events_before = events.size();
    const Reply reply = engine.handle({request, std::move(body)}, now, events);
    check();
    return reply;
  }
  Reply must(CommandBody body) {
    Reply reply = ask(std::move(body));
    EXPECT_TRUE(reply.ok()) << "outcome " << int(reply.outcome) << " " << reply.subject;
    return reply;
  }

  // Who is there.
  void skill(const std::string& id) { must(CreateSkill{id, id}); }
  void queue(QueueSetup setup) {
    must(CreatePolicy{setup.id + "-policy", std::move(setup.policy)});
    setup.queue.policy = setup.id + "-policy";
    must(CreateQueue{setup.id, setup.channel, std::move(setup.queue)});
  }
  void hire(const std::string& id, std::vector<NamedSkillLevel> skills = {}, std::uint16_t capacity = 100) {
    AgentChange change;
    change.skills = std::move(skills);
    change.capacity_units = capacity;
    must(CreateAgent{id, std::move(change)});
  }
  SessionId sign_in(const std::string& id) { return SessionId{must(OpenSession{id, {}}).id}; }
  void become(const std::string& id, Presence presence, const std::string& reason = {}) {
    must(SetPresence{session(id), presence, reason});
  }
  /// Hired, signed in, available.
  void agent(const std::string& id, std::vector<NamedSkillLevel> skills = {}, std::uint16_t capacity = 100) {
    hire(id, std::move(skills), capacity);
    sign_in(id);
    become(id, Presence::kAvailable);
  }

  // Contacts.
  ContactId contact(const std::string& queue) { return contact(CreateContact{.queue = queue}); }
  ContactId contact(CreateContact command) {
    if (!command.details) command.details = std::make_shared<ContactDetails>();
    return ContactId{must(std::move(command)).id};
  }
  static CreateContact wanted(const std::string& queue, std::uint8_t priority = 0) {
    return CreateContact{.queue = queue, .priority = priority, .details = std::make_shared<ContactDetails>()};
  }
  Reply accept(ContactId id) { return ask(AcceptOffer{session_of(id), see(id).offer}); }
  Reply decline(ContactId id, const std::string& reason = "busy") {
    return ask(DeclineOffer{session_of(id), see(id).offer, reason});
  }
  Reply complete(ContactId id, const std::string& disposition = "done") {
    return ask(CompleteContact{session_of(id), id, disposition});
  }
  /// A contact of the queue that somebody accepted.
  ContactId working(const std::string& queue) {
    const ContactId id = contact(queue);
    EXPECT_EQ(state(id), ContactState::kOffered);
    EXPECT_TRUE(accept(id).ok());
    return id;
  }

  // What is seen.
  const Contact& see(ContactId id) const { return *engine.contact(id); }
  const Agent& see(const std::string& id) const { return *engine.agent(id); }
  bool ended(ContactId id) const { return engine.contact(id) == nullptr; }
  std::optional<ContactState> state(ContactId id) const {
    if (ended(id)) return std::nullopt;
    return see(id).state;
  }
  std::string with(ContactId id) const { return name(see(id).agent); }
  std::string name(AgentHandle handle) const {
    const Agent* agent = engine.agent(handle);
    return agent ? agent->spec.id : "";
  }
  SessionId session(const std::string& id) const { return see(id).session; }
  SessionId session_of(ContactId id) const { return engine.agent(see(id).agent)->session; }
  Presence presence(const std::string& id) const { return see(id).presence; }

  /// All events of one kind so far, oldest first.
  template <typename Body>
  std::vector<Body> all() const {
    std::vector<Body> found;
    for (const Event& event : events) {
      if (const auto* body = std::get_if<Body>(&event.body)) found.push_back(*body);
    }
    return found;
  }
  template <typename Body>
  Body last() const {
    const auto found = all<Body>();
    EXPECT_FALSE(found.empty());
    return found.empty() ? Body{} : found.back();
  }
  /// Events of the last command with its consequences.
  std::size_t emitted() const { return events.size() - events_before; }

  void check() const { EXPECT_EQ(engine.self_check(), ""); }

  Engine engine;
  std::vector<Event> events;
  std::size_t events_before = 0;
};

}  // namespace muster::dispatch
