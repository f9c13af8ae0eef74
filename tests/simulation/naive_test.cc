#include <algorithm>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "day.h"
#include "muster/journal/codec.h"
#include "muster/journal/v1/event.pb.h"
#include "naive/engine.h"
#include "name_of.h"

// The engine against the naive one: the same commands at the same times, every event and every reply compared. Not
// compared, but taken over, is what the naive engine cannot know (Told): hashes of the state, estimated waits, where a
// predicted wait decides about a pool, and whether a condition's normal form is too large. They have tests of their
// own.
namespace muster::dispatch {
namespace {

/// What the journal would hold. Whether a level was out of bounds or a condition not met is for the normal form to say:
/// counted together.
std::vector<std::string> encoded(const std::vector<Event>& events) {
  std::vector<std::string> all;
  for (Event event : events) {
    if (auto* made = std::get_if<OfferMade>(&event.body)) {
      auto& rejected = made->explanation.rejected;
      rejected[static_cast<std::size_t>(Gate::kCondition)] +=
          std::exchange(rejected[static_cast<std::size_t>(Gate::kLevel)], 0);
    }
    journal::encode_event(event, all.emplace_back());
  }
  return all;
}

std::string events_from(std::vector<std::string>::const_iterator first, std::vector<std::string>::const_iterator last) {
  std::string text;
  for (; first != last; ++first) {
    journal::v1::EventBatch batch;
    batch.ParseFromString(*first);
    text += "  " + batch.events(0).ShortDebugString() + "\n";
  }
  return text.empty() ? "  nothing\n" : text;
}

template <typename Field>
std::string text_of(const char* name, const Field& field) {
  if constexpr (std::is_same_v<Field, std::string>) return std::string(" ") + name + " \"" + field + "\"";
  if constexpr (std::is_enum_v<Field>) return std::string(" ") + name + " " + std::to_string(raw(field));
  return "";
}

std::string described(const Command& command) {
  const auto describe = [](const auto& body) {
    std::string text = name_of(body);
    if constexpr (requires { body.id; }) text += text_of("id", body.id);
    if constexpr (requires { body.session; }) text += text_of("session", body.session);
    if constexpr (requires { body.agent; }) text += text_of("agent", body.agent);
    if constexpr (requires { body.contact; }) text += text_of("contact", body.contact);
    if constexpr (requires { body.offer; }) text += text_of("offer", body.offer);
    if constexpr (requires { body.queue; }) text += text_of("queue", body.queue);
    if constexpr (requires { body.presence; }) text += text_of("presence", body.presence);
    return text;
  };
  return std::visit(describe, command.body);
}

bool same(const Reply& a, const Reply& b) {
  const auto fields = [](const Reply& reply) {
    return std::tie(reply.outcome, reply.subject, reply.sequence, reply.id, reply.resumed, reply.contact_state);
  };
  return fields(a) == fields(b);
}

/// One day of both engines.
class Comparison {
 public:
  explicit Comparison(std::uint64_t seed) : punctual_(seed % 2 == 0), day_(seed) {}

  /// The next command, and on punctual days each deadline before it at its moment; else deadlines are served with the
  /// command that comes after them, as when nobody served. What is different; empty if nothing is.
  std::string step() {
    day_.choose();
    while (punctual_ && day_.engine.next_deadline().value_or(TimePoint::max()) <= day_.now()) {
      const TimePoint at = *day_.engine.next_deadline();
      day_.advance(at);
      std::vector<Event> expected;
      naive_.advance(at, {{}, day_.fresh}, expected);
      if (std::string wrong = difference(expected, "a deadline"); !wrong.empty()) return wrong;
    }
    const Reply reply = day_.play();
    std::vector<Event> events;
    const Reply expected = naive_.handle(day_.last(), day_.now(), {reply, day_.fresh}, events);
    const std::string command = described(day_.last());
    if (std::string wrong = difference(events, command); !wrong.empty()) return wrong;
    if (same(expected, reply)) return "";
    return command + " is answered by outcome " + std::to_string(static_cast<int>(reply.outcome)) + " about \"" +
           reply.subject + "\" instead of " + std::to_string(static_cast<int>(expected.outcome)) + " about \"" +
           expected.subject + "\"\n";
  }

  [[nodiscard]] std::string where() const {
    return day_.where() + "; to play it again:\n  " + day_.where().substr(0, day_.where().find(' ')) +
           " simulation_test --gtest_filter=Simulation.EveryEventIsTheOneOfTheNaiveEngine";
  }

 private:
  [[nodiscard]] std::string text_of(std::optional<TimePoint> deadline) const {
    return deadline ? std::to_string((*deadline - day_.now()).count()) + " us" : "never";
  }
  [[nodiscard]] std::string difference(const std::vector<Event>& events, const std::string& after) const {
    const std::vector<std::string> expected = encoded(events);
    const std::vector<std::string> given = encoded(day_.fresh);
    if (expected == given) {
      if (naive_.next_deadline() == day_.engine.next_deadline()) return "";
      return "after " + after + " the next deadline is in " + text_of(day_.engine.next_deadline()) + " instead of " +
             text_of(naive_.next_deadline()) + "\n";
    }
    const auto [missed, wrong] = std::mismatch(expected.begin(), expected.end(), given.begin(), given.end());
    return "after " + after + " and " + std::to_string(missed - expected.begin()) + " events that agree comes\n" +
           events_from(wrong, given.end()) + "instead of\n" + events_from(missed, expected.end());
  }

  const bool punctual_;
  Day day_;
  NaiveEngine naive_;
};

TEST_F(Simulation, EveryEventIsTheOneOfTheNaiveEngine) {
  const auto compare = [](std::uint64_t seed) {
    Comparison comparison(seed);
    for (int i = 0; i < kCommands; ++i) {
      const std::string wrong = comparison.step();
      ASSERT_TRUE(wrong.empty()) << wrong << comparison.where();
    }
  };
  for_each_seed(compare, 2 * kSeeds);
}

}  // namespace
}  // namespace muster::dispatch
