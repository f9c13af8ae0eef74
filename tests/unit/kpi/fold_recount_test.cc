#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <variant>

#include "floor.h"
#include "muster/kpi/fold.h"

namespace muster::kpi {
namespace {

using namespace dispatch;  // NOLINT: the events' vocabulary

using Cell = std::pair<Key, TimePoint>;
using Cells = std::map<Cell, Facts>;

std::optional<Fact> doing(const Agent& agent, const Engine& engine) {
  if (agent.session == SessionId::kNone) return std::nullopt;
  bool works = false, wraps_up = false;
  for (const ContactId id : agent.contacts) {
    (engine.contact(id)->state == ContactState::kWrapUp ? wraps_up : works) = true;
  }
  if (works) return Fact::kHandlingTime;
  if (wraps_up) return Fact::kWrapUpTime;
  if (!agent.connected) return std::nullopt;
  if (agent.presence == Presence::kAvailable) return agent.offers.empty() ? Fact::kReadyTime : Fact::kRingingTime;
  if (agent.presence == Presence::kBreak) return Fact::kBreakTime;
  if (agent.presence == Presence::kNotResponding) return Fact::kNotRespondingTime;
  return std::nullopt;
}

/// Counts everything anew, looking at the whole floor after each event: slow and plain.
class Recount {
 public:
  void take(const Event& event) {
    const bool nobody_served = std::holds_alternative<WorkspaceOpened>(event.body);
    if (last_ != TimePoint{} && !nobody_served) pass(event.time);
    last_ = event.time;
    std::visit([&](const auto& body) { before(body); }, event.body);
    ASSERT_TRUE(engine_.apply(event));
    std::visit([&](const auto& body) { after(body); }, event.body);
  }

  [[nodiscard]] const Cells& cells() const { return cells_; }
  [[nodiscard]] const Engine& engine() const { return engine_; }

 private:
  struct Work {
    Duration talk{}, hold{}, wrap_up{};
    std::uint16_t units = 0;
  };
  struct Answer {
    OfferId offer{};
    TimePoint at;
    Duration waited{};
    bool in_target = false;
    Duration estimate{};
  };

  void pass(TimePoint until) {
    for (TimePoint from = last_; from < until;) {
      const TimePoint to = std::min(until, interval_of(from) + kInterval);
      lapse(from, to - from);
      from = to;
    }
  }

  void lapse(TimePoint from, Duration time) {
    for (std::uint32_t n = 1; n <= raw(engine_.last_agent()); ++n) {
      const Agent* agent = engine_.agent(AgentHandle{n});
      if (!agent) continue;
      const auto fact = doing(*agent, engine_);
      if (!fact) continue;
      std::int64_t units = 0;
      for (const ContactId id : agent->contacts) units += work_[id].units;
      const bool serves = *fact <= Fact::kReadyTime;
      for (const Key& key : keys({}, agent->handle)) {
        add(key, from, *fact, time.count());
        if (!serves) continue;
        add(key, from, Fact::kUnitTime, units * time.count());
        add(key, from, Fact::kCapacityTime, agent->spec.capacity_units * time.count());
      }
      for (const ContactId id : agent->contacts) {
        const ContactState state = engine_.contact(id)->state;
        Work& work = work_[id];
        (state == ContactState::kActive ? work.talk : state == ContactState::kHeld ? work.hold : work.wrap_up) += time;
      }
    }
    // Also what is in the hands of who is gone.
    for (auto& [id, work] : work_) {
      const Contact* contact = engine_.contact(id);
      if (!contact || !in_hand(contact->state)) continue;
      if (engine_.agent(contact->agent)->session != SessionId::kNone &&
          doing(*engine_.agent(contact->agent), engine_)) {
        continue;
      }
      const ContactState state = contact->state;
      (state == ContactState::kActive ? work.talk : state == ContactState::kHeld ? work.hold : work.wrap_up) += time;
    }
  }

  std::vector<Key> keys(QueueHandle queue_handle, AgentHandle agent_handle = {}) const {
    std::vector<Key> keys{{Dimension::kWorkspace}};
    const Queue* queue = engine_.queue(queue_handle);
    const Agent* agent = engine_.agent(agent_handle);
    if (queue) {
      keys.push_back({Dimension::kTenant, queue->spec.tenant});
      keys.push_back({Dimension::kChannel, std::to_string(static_cast<int>(queue->spec.channel))});
      keys.push_back({Dimension::kQueue, queue->spec.id, queue->spec.tenant});
    }
    if (!agent) return keys;
    keys.push_back({Dimension::kAgent, agent->spec.id});
    if (!agent->spec.team.empty()) keys.push_back({Dimension::kTeam, agent->spec.team});
    if (agent->spec.base.empty()) return keys;
    keys.push_back({Dimension::kBase, agent->spec.base});
    if (queue) keys.push_back({Dimension::kBaseQueue, agent->spec.base, queue->spec.id});
    return keys;
  }

  void add(const Key& key, TimePoint at, Fact fact, std::int64_t amount) {
    if (amount != 0) cells_[{key, interval_of(at)}].add(fact, amount);
  }
  void count(QueueHandle queue, AgentHandle agent, Fact fact, std::int64_t amount = 1) {
    count_at(last_, queue, agent, fact, amount);
  }
  void count_at(TimePoint at, QueueHandle queue, AgentHandle agent, Fact fact, std::int64_t amount) {
    for (const Key& key : keys(queue, agent)) add(key, at, fact, amount);
  }

  void count_answer(const Answer& answer, QueueHandle queue, AgentHandle agent, int sign) {
    const auto each = [&](Fact fact, std::int64_t amount) { count_at(answer.at, queue, agent, fact, amount); };
    each(Fact::kAnswered, sign);
    each(Fact::kServiceCounted, sign);
    if (answer.in_target) each(Fact::kAnsweredInTarget, sign);
    if (answer.in_target) each(Fact::kServiceMet, sign);
    each(Fact::kAnswerWait, sign * answer.waited.count());
    each(wait_bucket(answer.waited), sign);
    if (sign > 0) each(Fact::kLongestWait, answer.waited.count());
    if (answer.estimate == Duration{}) return;
    each(Fact::kEstimated, sign);
    each(Fact::kEstimateError, sign * std::chrono::abs(answer.estimate - answer.waited).count());
    each(Fact::kEstimateExcess, sign * (answer.estimate - answer.waited).count());
  }

  void end_work(const Contact& contact, AgentHandle agent, QueueHandle queue, bool counts) {
    if (!in_hand(contact.state)) return;
    const Work work = work_[contact.id];
    work_.erase(contact.id);
    if (!counts) return;
    count(queue, agent, Fact::kHandled);
    count(queue, agent, Fact::kTalk, work.talk.count());
    count(queue, agent, Fact::kHold, work.hold.count());
    count(queue, agent, Fact::kWrapUp, work.wrap_up.count());
  }

  template <typename Body>
  void before(const Body&) {}
  template <typename Body>
  void after(const Body&) {}

  void after(const ContactCreated& e) {
    if (e.due <= last_) count(e.queue, {}, Fact::kOffered);
    estimates_[e.contact] = e.estimated_wait;
  }
  void after(const ContactQueued& e) {
    count(e.queue, {}, Fact::kOffered);
    estimates_[e.contact] = e.estimated_wait;
  }
  void before(const ContactEscalated& e) { count(e.queue, {}, Fact::kEscalated); }
  void before(const ContactStarving& e) { count(e.queue, {}, Fact::kStarved); }
  void before(const OfferMade& e) { count(e.queue, e.agent, Fact::kOffersMade); }
  void before(const OfferAccepted& e) {
    count(e.queue, e.agent, Fact::kOffersAccepted);
    const QueueSpec& queue = engine_.queue(e.queue)->spec;
    work_[e.contact].units = engine_.settings().channel_units[static_cast<std::size_t>(queue.channel)];
    if (!e.first) return;
    answers_[e.contact] = {e.offer, last_, e.waited, e.waited <= queue.service_level_target, estimates_[e.contact]};
    count_answer(answers_[e.contact], e.queue, e.agent, +1);
  }
  void before(const OfferEnded& e) {
    count(e.queue, e.agent,
          e.state == OfferState::kDeclined    ? Fact::kOffersDeclined
          : e.state == OfferState::kTimedOut  ? Fact::kOffersMissed
          : e.state == OfferState::kWithdrawn ? Fact::kOffersWithdrawn
                                              : Fact::kOffersRevoked);
  }
  void before(const ContactTransferred& e) {
    count(e.from, e.agent, Fact::kTransferredOut);
    count(e.queue, {}, Fact::kTransferredIn);
    const Contact& contact = *engine_.contact(e.contact);
    end_work(contact, contact.agent, e.from, true);
    estimates_[e.contact] = {};
  }
  void before(const ContactRequeued& e) {
    const bool failed = e.failed_offer != OfferId::kNone;
    count(e.queue, e.agent, Fact::kRequeued);
    if (failed) count(e.queue, e.agent, Fact::kSetupsFailed);
    end_work(*engine_.contact(e.contact), e.agent, e.queue, !failed);
    const auto answer = answers_.find(e.contact);
    if (!failed || answer == answers_.end() || answer->second.offer != e.failed_offer) return;
    count_answer(answer->second, e.queue, e.agent, -1);
    answers_.erase(answer);
  }
  void before(const ContactOutcomeRecorded& e) {
    const auto each = [&](Fact fact, std::int64_t amount) { count_at(e.occurred, e.queue, e.agent, fact, amount); };
    if (e.kind == ContactOutcomeKind::kOrder) {
      each(Fact::kOrders, e.value < 0 ? -1 : 1);
      each(Fact::kRevenue, e.value);
    } else {
      ASSERT_EQ(e.kind, ContactOutcomeKind::kCsat);
      ASSERT_EQ(e.value, 5);
      for (const Fact fact : {Fact::kCsatAnswers, Fact::kCsatSatisfied, Fact::kCsatTopBox}) each(fact, 1);
      each(Fact::kCsatPoints, 5);
    }
  }
  void before(const ContactCompleted& e) {
    count(e.queue, e.agent, Fact::kCompleted);
    if (!e.disposition.empty()) count(e.queue, e.agent, Fact::kCompletedWithDisposition);
    end_work(*engine_.contact(e.contact), e.agent, e.queue, true);
  }
  void before(const ContactEnded& e) {
    const Contact& contact = *engine_.contact(e.contact);
    const QueueSpec& queue = engine_.queue(e.queue)->spec;
    const bool in_target = e.waited <= queue.service_level_target;
    const bool is_short = e.waited <= queue.short_abandon;
    const auto each = [&](Fact fact, std::int64_t amount = 1) { count(e.queue, {}, fact, amount); };
    using Method = ServiceLevelMethod;
    const Method method = queue.service_level_method;
    if (answers_.contains(e.contact)) {
      count(e.queue, e.agent, Fact::kLeftAnswered);
    } else if (e.state == ContactState::kAbandoned) {
      each(Fact::kAbandoned);
      each(Fact::kAbandonWait, e.waited.count());
      each(Fact::kLongestWait, e.waited.count());
      if (in_target) each(Fact::kAbandonedInTarget);
      if (is_short) each(Fact::kAbandonedShort);
      const bool ignored = method == Method::kAnsweredOnly ||
                           (method == Method::kAbandonedInTargetIgnored && in_target) ||
                           (method == Method::kShortAbandonIgnored && is_short);
      const bool met = ((method == Method::kAbandonedInTargetServed || method == Method::kLeftInTarget) && in_target) ||
                       (method == Method::kShortAbandonServed && is_short);
      if (!ignored) each(Fact::kServiceCounted);
      if (met) each(Fact::kServiceMet);
    } else if (e.state == ContactState::kDeflected) {
      each(Fact::kDeflected);
      if (in_target) each(Fact::kDeflectedInTarget);
      if (method == Method::kLeftInTarget) each(Fact::kServiceCounted);
      if (method == Method::kLeftInTarget && in_target) each(Fact::kServiceMet);
    } else {
      each(e.state == ContactState::kExpired     ? Fact::kExpired
           : e.state == ContactState::kCancelled ? Fact::kCancelled
                                                 : Fact::kDropped);
    }
    end_work(contact, contact.agent, e.queue, true);
  }

  Engine engine_;
  TimePoint last_;
  Cells cells_;
  std::map<ContactId, Work> work_;
  std::map<ContactId, Answer> answers_;
  std::map<ContactId, Duration> estimates_;
};

std::vector<IntervalRow> open_intervals(const Fold& fold) {
  std::vector<IntervalRow> rows;
  for (int dimension = 1; dimension <= static_cast<int>(Dimension::kBaseQueue); ++dimension) {
    auto more = fold.interval(Dimension(dimension), interval_of(fold.now()), fold.now());
    rows.insert(rows.end(), more.begin(), more.end());
  }
  return rows;
}

/// What was taken as history, as it would stand in tables.
class Tables {
 public:
  void take(const History& history) {
    for (const IntervalRow& row : history.closed) {
      const bool added = cells_.try_emplace(Cell{row.key, row.start}).second;
      EXPECT_TRUE(added) << row.key.id;
      add_to(cells_[{row.key, row.start}], row.facts);
    }
    for (const Restatement& each : history.restated) cells_[{each.key, each.start}].add(each.fact, each.amount);
  }
  void take(const std::vector<IntervalRow>& open) {
    for (const IntervalRow& row : open) add_to(cells_[{row.key, row.start}], row.facts);
  }
  /// A row whose facts cancelled each other out is as good as none.
  [[nodiscard]] Cells cells() const {
    Cells kept = cells_;
    std::erase_if(kept, [](const auto& cell) { return cell.second.empty(); });
    return kept;
  }

 private:
  Cells cells_;
};

/// The start of the minute so many before the present one.
TimePoint minute_before(TimePoint now, int minutes) {
  return std::chrono::floor<std::chrono::minutes>(now) - std::chrono::minutes(minutes);
}

std::string text(const Cell& cell) {
  return std::to_string(static_cast<int>(cell.first.dimension)) + " " + cell.first.id + " " + cell.first.second +
         " at " + std::to_string(cell.second.time_since_epoch().count() / 1'000'000);
}

void expect_same(Cells counted, Cells folded) {
  std::erase_if(counted, [](const auto& cell) { return cell.second.empty(); });
  for (const auto& [cell, facts] : counted) {
    const auto twin = folded.find(cell);
    ASSERT_NE(twin, folded.end()) << text(cell);
    for (std::size_t fact = 0; fact < kFactCount; ++fact) {
      ASSERT_EQ(twin->second.at(fact), facts.at(fact)) << name_of(fact) << " of " << text(cell);
    }
  }
  EXPECT_EQ(counted.size(), folded.size());
}

class FoldRecount : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  FoldRecount() : floor_({.seed = GetParam(), .agents = 15, .odd_per_mille = 150}) {
    for (int i = 0; i < 12; ++i) {
      AgentChange change;
      change.base = "base" + std::to_string(i % 3);
      if (i % 2 == 0) change.team = "team" + std::to_string(i % 4);
      agents_.push_back(change);
    }
  }

  /// The floor goes on; agents change bases and queues their methods in between.
  void go_on(int steps) {
    for (int i = 0; i < steps; ++i) {
      floor_.step();
      if (i % 97 == 5) change_places();
    }
    for (const Event& event : floor_.take()) hear(event);
  }

  void hear(const Event& event) {
    recount_.take(event);
    fold_.apply(event);
  }

  void change_places() {
    const Engine& engine = floor_.engine();
    const auto* agent = engine.agent(AgentHandle{1 + static_cast<std::uint32_t>(turn_ % raw(engine.last_agent()))});
    if (agent) floor_.run(UpdateAgent{agent->spec.id, agents_[turn_ % agents_.size()]});
    const auto* queue = engine.queue(QueueHandle{1 + static_cast<std::uint32_t>(turn_ % 3)});
    QueueChange change;
    change.service_level_method = ServiceLevelMethod(1 + turn_ % 7);
    if (queue) floor_.run(UpdateQueue{queue->spec.id, change});
    if (queue && agent) {
      const TimePoint occurred = engine.last_time() - std::chrono::minutes(7 * (turn_ % 5));
      const ContactId contact{1 + turn_ % 50};
      floor_.run(RecordContactOutcome{contact, queue->spec.id, agent->spec.id, occurred, ContactOutcomeKind::kOrder,
                                      static_cast<std::int64_t>(turn_) - 3, "order"});
    }
    ++turn_;
  }

  Tables tables(Fold& fold) {
    Tables tables;
    tables.take(history_);
    tables.take(open_intervals(fold));
    return tables;
  }
  void keep_history(Fold& fold) {
    History more = fold.take_history();
    history_.closed.insert(history_.closed.end(), more.closed.begin(), more.closed.end());
    history_.restated.insert(history_.restated.end(), more.restated.begin(), more.restated.end());
  }

  muster::testing::Floor floor_;
  std::vector<AgentChange> agents_;
  std::size_t turn_ = 0;
  Recount recount_;
  Fold fold_{Fold::Keep::kHistory};
  History history_;
};

TEST_P(FoldRecount, FactsFoldedAreFactsCounted) {
  for (int round = 0; round < 60; ++round) {
    go_on(200);
    keep_history(fold_);
  }
  ASSERT_GT(recount_.cells().size(), 100U);
  ASSERT_GT(history_.restated.size(), 20U);
  expect_same(recount_.cells(), tables(fold_).cells());
}

TEST_P(FoldRecount, LiveIsHistory) {
  go_on(8000);
  keep_history(fold_);
  const Cells past = tables(fold_).cells();
  const TimePoint now = fold_.now();
  const TimePoint from = interval_of(now) - std::chrono::hours(2);
  for (const Dimension dimension : {Dimension::kWorkspace, Dimension::kTenant, Dimension::kQueue, Dimension::kBase,
                                    Dimension::kTeam, Dimension::kAgent, Dimension::kBaseQueue}) {
    for (const RowSample& row : fold_.read(dimension, from, now)) {
      Facts facts;
      for (TimePoint start = from; start <= now; start += kInterval) {
        const auto cell = past.find({row.key, start});
        if (cell != past.end()) facts += cell->second;
      }
      for (std::size_t fact = 0; fact < kFactCount; ++fact) {
        ASSERT_EQ(row.sample.facts.at(fact), facts.at(fact)) << name_of(fact) << " of " << text({row.key, from});
      }
    }
  }
}

TEST_P(FoldRecount, ARestoredFoldGoesOnLikeTheFirst) {
  go_on(1500);
  keep_history(fold_);
  Fold restored{Fold::Keep::kHistory};
  restored.restore(floor_.engine().image(), fold_.image());
  EXPECT_EQ(restored.image(), fold_.image());
  for (int i = 0; i < 1500; ++i) floor_.step();
  for (const Event& event : floor_.take()) {
    fold_.apply(event);
    restored.apply(event);
  }
  const History first = fold_.take_history(), second = restored.take_history();
  ASSERT_EQ(first.closed.size(), second.closed.size());
  for (std::size_t i = 0; i < first.closed.size(); ++i) {
    EXPECT_EQ(first.closed[i].key, second.closed[i].key);
    EXPECT_EQ(first.closed[i].facts, second.closed[i].facts);
  }
  EXPECT_EQ(first.restated.size(), second.restated.size());
  const TimePoint now = fold_.now();
  for (const Dimension dimension : {Dimension::kWorkspace, Dimension::kQueue, Dimension::kBase, Dimension::kAgent}) {
    const auto one = fold_.read(dimension, minute_before(now, 14), now);
    const auto other = restored.read(dimension, minute_before(now, 14), now);
    ASSERT_EQ(one.size(), other.size());
    for (std::size_t i = 0; i < one.size(); ++i) {
      EXPECT_EQ(one[i].sample.facts, other[i].sample.facts) << one[i].key.id;
      EXPECT_EQ(one[i].sample.gauges, other[i].sample.gauges) << one[i].key.id;
      EXPECT_EQ(one[i].sample.longest_wait_now, other[i].sample.longest_wait_now) << one[i].key.id;
    }
  }
  EXPECT_EQ(restored.image(), fold_.image());
}

INSTANTIATE_TEST_SUITE_P(Seeds, FoldRecount, ::testing::Range<std::uint64_t>(1, 9));

}  // namespace
}  // namespace muster::kpi
