#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "day.h"
#include "muster/dispatch/explain.h"

// The engine under seeded random workloads, against itself.
namespace muster::dispatch {
namespace {

/// The session that a command comes through; kNone if it is not an agent's.
SessionId session_of(const CommandBody& body) {
  return std::visit(
      [](const auto& command) {
        if constexpr (requires { command.session; }) return command.session;
        return SessionId::kNone;
      },
      body);
}

TEST_F(Simulation, EveryStepPassesTheSelfCheck) {
  for_each_seed([](std::uint64_t seed) {
    Day day(seed);
    for (int i = 0; i < kCommands; ++i) {
      day.step();
      ASSERT_EQ(day.engine.self_check(), "") << day.where();
    }
  });
}

// Else the other tests would prove little.
TEST_F(Simulation, TheWorkloadsBringAboutEveryEventAndEveryOutcome) {
  std::set<std::size_t> events;
  std::set<Outcome> outcomes;
  std::size_t most_rung = 0;  // agents at whom one contact rings
  bool came_back = false;     // an interrupted contact, by itself
  bool competed = false;      // two agents, either of whom could have been interrupted
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    Day day(seed);
    std::set<ContactId> interrupted;
    bool just_interrupted = false;
    for (int i = 0; i < kCommands; ++i) {
      outcomes.insert(day.step().outcome);
      for (const Event& event : day.fresh) {
        events.insert(event.body.index());
        const auto* held = std::get_if<ContactHeld>(&event.body);
        if (held && held->interrupted) interrupted.insert(held->contact);
        const auto* resumed = std::get_if<ContactResumed>(&event.body);
        if (resumed && event.request.is_nil() && interrupted.contains(resumed->contact)) came_back = true;
        const auto* made = std::get_if<OfferMade>(&event.body);
        if (made && just_interrupted && made->explanation.runner_up != AgentHandle::kNone) competed = true;
        just_interrupted = held && held->interrupted;
        const Contact* contact = made ? day.engine.contact(made->contact) : nullptr;
        if (contact) most_rung = std::max(most_rung, 1 + contact->further_offers.size());
      }
    }
  }
  EXPECT_GE(most_rung, 3U);
  EXPECT_TRUE(came_back);
  EXPECT_TRUE(competed);
  for (std::size_t i = 0; i < std::variant_size_v<EventBody>; ++i) EXPECT_TRUE(events.contains(i)) << "event " << i;
  for (int i = 0; i <= static_cast<int>(Outcome::kTenantMismatch); ++i) {
    const bool needs_a_million_contacts = Outcome(i) == Outcome::kContactLimit;
    EXPECT_NE(outcomes.contains(Outcome(i)), needs_a_million_contacts) << "outcome " << i;
  }
}

TEST_F(Simulation, ReplayGivesTheSameState) {
  for_each_seed([](std::uint64_t seed) {
    Day day(seed);
    Engine replayed;
    for (int i = 0; i < kCommands; ++i) {
      day.step();
      for (const Event& event : day.fresh) ASSERT_TRUE(replayed.apply(event)) << day.where();
      ASSERT_EQ(replayed.last_sequence(), day.engine.last_sequence()) << day.where();
      if (i % 50 == 0) {
        ASSERT_EQ(replayed.state_hash(), day.engine.state_hash()) << day.where();
        ASSERT_EQ(state_hash(day.engine.image()), day.engine.state_hash()) << day.where();
      }
    }
    ASSERT_EQ(replayed.state_hash(), day.engine.state_hash()) << day.where();
    ASSERT_EQ(replayed.self_check(), "") << day.where();
  });
}

TEST_F(Simulation, NobodyWhoCouldGetAWaitingContactIsLeftOut) {
  for_each_seed([](std::uint64_t seed) {
    Day day(seed);
    std::set<ContactId> waiting;
    for (int i = 0; i < kCommands; ++i) {
      day.step();
      for (const Event& event : day.fresh) {
        std::visit(
            [&](const auto& body) {
              if constexpr (requires { body.contact; }) waiting.insert(body.contact);
            },
            event.body);
      }
      std::erase_if(waiting, [&](ContactId id) {
        const Contact* contact = day.engine.contact(id);
        return !contact || contact->state != ContactState::kQueued;
      });
      for (const ContactId id : waiting) {
        const Prospects prospects = prospects_of(day.engine, *day.engine.contact(id), day.engine.last_time());
        ASSERT_EQ(prospects.agents[static_cast<std::size_t>(Obstacle::kNone)], 0U)
            << day.where() << ": contact " << raw(id) << " waits, and the explanation says that it need not";
      }
    }
  });
}

TEST_F(Simulation, AnEngineThatTookOverDecidesTheSame) {
  for_each_seed([](std::uint64_t seed) {
    Day day(seed);
    std::optional<Engine> replayed{std::in_place};
    std::optional<Engine> restored{std::in_place};
    for (int i = 0; i < kCommands; ++i) {
      if (i % 100 == 50) restored.emplace(day.engine.image());
      if (i % 100 == 75) restored = std::exchange(replayed, std::move(restored));
      day.step();
      std::vector<Event> theirs;
      std::vector<Event> ours;
      restored->handle(day.last(), day.now(), theirs);
      replayed->handle(day.last(), day.now(), ours);
      ASSERT_EQ(theirs.size(), day.fresh.size()) << day.where();
      ASSERT_EQ(restored->last_sequence(), day.engine.last_sequence()) << day.where();
      if (i % 25 != 0) continue;
      ASSERT_EQ(restored->state_hash(), day.engine.state_hash()) << day.where();
      ASSERT_EQ(replayed->state_hash(), day.engine.state_hash()) << day.where();
      ASSERT_EQ(restored->self_check(), "") << day.where();
    }
  });
}

TEST_F(Simulation, ARequestHasOneEffectAndOneReply) {
  for_each_seed([](std::uint64_t seed) {
    Day day(seed);
    struct Done {
      std::uint64_t fingerprint = 0;
      SessionId session{};
      Reply reply;
    };
    std::map<std::uint64_t, Done> done;
    for (int i = 0; i < kCommands; ++i) {
      const Reply reply = day.step();
      const Command& command = day.last();
      const bool remembered = !std::holds_alternative<OpenSession>(command.body) &&
                              !std::holds_alternative<LoseSession>(command.body) &&
                              !std::holds_alternative<OpenWorkspace>(command.body) &&
                              !std::holds_alternative<RecordStateHash>(command.body);
      if (command.request.is_nil() || !remembered) continue;
      const std::uint64_t print = fingerprint(command);
      const auto before = done.find(command.request.low);
      if (before == done.end()) {
        if (reply.ok()) done.emplace(command.request.low, Done{print, session_of(command.body), reply});
      } else if (before->second.fingerprint != print) {
        ASSERT_EQ(reply.outcome, Outcome::kRequestIdReused) << day.where();
      } else if (before->second.session == session_of(command.body)) {
        ASSERT_TRUE(reply.ok()) << day.where();
        ASSERT_EQ(reply.sequence, before->second.reply.sequence) << day.where();
        ASSERT_EQ(reply.id, before->second.reply.id) << day.where();
      }
    }
  });
}

TEST_F(Simulation, EverythingDrainsWhenAllGoHome) {
  for_each_seed([](std::uint64_t seed) {
    Day day(seed);
    for (int i = 0; i < kCommands; ++i) day.step();
    std::vector<Event> events;
    TimePoint now = day.now();
    day.engine.handle({{}, OpenWorkspace{1'000'000, "last"}}, now, events);
    // A queue's lending may be looked at each second, for the day that a contact lives.
    for (int i = 0; i < 400'000 && day.engine.next_deadline(); ++i) {
      now = *day.engine.next_deadline();
      day.engine.advance(now, events);
      ASSERT_EQ(day.engine.self_check(), "") << day.where();
    }
    ASSERT_FALSE(day.engine.next_deadline()) << day.where();
    const StateImage image = day.engine.image();
    EXPECT_TRUE(image.contacts.empty()) << day.where();
    EXPECT_TRUE(image.offers.empty()) << day.where();
    for (const Agent& agent : image.agents) EXPECT_EQ(agent.used_units, 0U) << day.where();
  });
}

}  // namespace
}  // namespace muster::dispatch
