#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "muster/kpi/fold.h"
#include "series.h"

namespace muster::kpi {

using dispatch::AgentHandle;
using dispatch::ContactId;
using dispatch::ContactState;
using dispatch::OfferId;
using dispatch::OfferState;
using dispatch::Presence;
using dispatch::QueueHandle;
using dispatch::raw;
using dispatch::SessionId;

struct Row {
  Row(Key key_, Series series_) : key(std::move(key_)), series(std::move(series_)) {}

  const Key key;
  Place place;
  Series series;
  Gauges gauges{};
  AgentHandle agent{};  ///< whose it is, of Dimension::kAgent
  bool listed = false;  ///< shown even if there is nothing to tell: what exists
};

/// The rows that something counts in.
class Rows {
 public:
  void add(Row* row) {
    if (row) rows_[count_++] = row;
  }
  [[nodiscard]] Row* const* begin() const { return rows_.data(); }
  [[nodiscard]] Row* const* end() const { return rows_.data() + count_; }

 private:
  std::array<Row*, 8> rows_{};
  std::size_t count_ = 0;
};

struct QueueEntry {
  dispatch::QueueSpec spec;
  Row* row = nullptr;
  Row* tenant = nullptr;
  Row* channel = nullptr;
  std::vector<Row*> by_base;                          ///< by number of the base; null: nothing yet
  std::set<std::pair<TimePoint, ContactId>> waiting;  ///< by when they became due
};

/// What of an agent's time counts, and how much of the capacity; and what shows of it at base and team.
struct Occupation {
  std::optional<Fact> time;  ///< none: not signed in
  std::int64_t units = 0;
  std::int64_t capacity = 0;
  std::int32_t in_hand = 0;
  std::int32_t ringing = 0;
  bool operator==(const Occupation&) const = default;
};

struct AgentEntry {
  AgentHandle handle{};
  dispatch::AgentSpec spec;
  Row* row = nullptr;  ///< null: nothing yet
  Row* base = nullptr;
  Row* team = nullptr;
  std::size_t base_number = 0;
  SessionId session{};
  bool connected = false;
  Presence presence = Presence::kOffline;
  std::int32_t active = 0;  ///< contacts active or held
  std::int32_t wrap_up = 0;
  std::int32_t ringing = 0;
  std::int64_t units = 0;
  Occupation counted;  ///< as it counts now
};

struct OpenContact {
  QueueHandle queue{};
  AgentHandle agent{};  ///< who holds it
  ContactState state{};
  TimePoint due;
  Duration estimated_wait{};  ///< 0: none
  bool answered = false;
  OfferId answer{};  ///< the acceptance that may still be taken back
  Duration waited{};
  bool in_target = false;
  // While in hand.
  TimePoint since;  ///< of its state
  Duration talk{}, hold{};
  std::uint16_t units = 0;
};

using Counts = std::initializer_list<std::pair<Fact, std::int64_t>>;

/// Rows and counting: fold.cc. What events mean: fold_events.cc. Snapshots: fold_image.cc.
class Fold::Impl {
 public:
  explicit Impl(Keep keep) : keep_(keep) {}

  void apply(const dispatch::Event& event) {
    // Nobody served meanwhile, so what agents did is not known.
    if (std::holds_alternative<dispatch::WorkspaceOpened>(event.body)) skip(event.time);
    pass(event.time);
    version_ = event.sequence;
    std::visit([this](const auto& body) { on(body); }, event.body);
  }

  dispatch::Sequence version() const { return version_; }
  TimePoint now() const { return now_; }

  std::vector<RowSample> read(Dimension dimension, TimePoint from, TimePoint until) const;
  std::vector<IntervalRow> interval(Dimension dimension, TimePoint start, TimePoint until) const;
  History take_history();
  FoldImage image() const;
  void name_base_queues(const dispatch::StateImage& state);
  void restore(const dispatch::StateImage& state, const FoldImage& image);

 private:
  // --- time and rows ---

  /// Lets time pass until the next event.
  void pass(TimePoint time);
  void skip(TimePoint time);
  void close_interval(TimePoint start);
  Row& row_of(const Key& key);
  void forget_idle_agents();
  [[nodiscard]] std::map<Key, TimePoint> oldest_waiting(Dimension dimension) const;

  QueueEntry* queue_at(QueueHandle handle) {
    const std::size_t index = raw(handle);
    return index < queues_.size() ? queues_[index].get() : nullptr;
  }
  AgentEntry* agent_at(AgentHandle handle) {
    const std::size_t index = raw(handle);
    return index < agents_.size() ? agents_[index].get() : nullptr;
  }
  /// The rows of a queue and, if any, of an agent.
  Rows rows_of(QueueHandle queue, AgentHandle agent = {});
  /// The rows of an agent's time.
  Rows rows_of(AgentEntry& agent);
  void place_agent(AgentEntry& agent);

  // --- counting ---

  void count(const Rows& rows, Counts counts);
  /// The same at a time that may be over.
  void count_at(TimePoint at, const Rows& rows, Counts counts);
  static void gauge(const Rows& rows, Gauge gauge, int by);
  /// Counts the answer of a contact at its moment, or takes it back.
  void count_answer(const OpenContact& contact, TimePoint at, AgentHandle agent, int sign);
  void count_abandon(QueueHandle queue, Duration waited);
  /// Its present state is over: what talk or hold it was is added up.
  void lapse(OpenContact& contact) const;
  /// The hold of an agent on a contact is over.
  void end_handling(OpenContact& contact, bool counts);

  // --- floor ---

  OpenContact* contact_at(ContactId id);
  /// Puts a contact into another state.
  void move(ContactId id, OpenContact& contact, ContactState state, QueueHandle queue, AgentHandle agent);
  void settle_agent(AgentHandle handle);
  void set_occupation(AgentEntry& agent, const Occupation& occupation);
  void change_rate(const Rows& rows, Fact fact, std::int64_t by);
  void ring(AgentHandle handle, int by);
  void carry(AgentHandle handle, const OpenContact& contact, int by);
  void end(ContactId id, OpenContact& contact);

  // --- events ---

  template <typename Body>
  void on(const Body&) {}  // counts nothing
  void on(const dispatch::QueuePut&);
  void on(const dispatch::QueueDeleted&);
  void on(const dispatch::AgentPut&);
  void on(const dispatch::AgentDeleted&);
  void on(const dispatch::SettingsPut& e) { settings_ = e.settings; }
  void on(const dispatch::ContactCreated&);
  void on(const dispatch::ContactQueued&);
  void on(const dispatch::ContactEscalated& e) { count(rows_of(e.queue), {{Fact::kEscalated, 1}}); }
  void on(const dispatch::ContactStarving& e) { count(rows_of(e.queue), {{Fact::kStarved, 1}}); }
  void on(const dispatch::OfferMade&);
  void on(const dispatch::OfferAccepted&);
  void on(const dispatch::OfferEnded&);
  void on(const dispatch::ContactHeld& e) { to_state(e.contact, ContactState::kHeld); }
  void on(const dispatch::ContactResumed& e) { to_state(e.contact, ContactState::kActive); }
  void on(const dispatch::ContactWrapUpStarted& e) { to_state(e.contact, ContactState::kWrapUp); }
  void on(const dispatch::ContactTransferred&);
  void on(const dispatch::ContactRequeued&);
  void on(const dispatch::ContactCompleted&);
  void on(const dispatch::ContactEnded&);
  void on(const dispatch::ContactOutcomeRecorded&);
  void on(const dispatch::WorkspaceOpened&);
  void on(const dispatch::SessionOpened&);
  void on(const dispatch::SessionLost&);
  void on(const dispatch::SessionEnded&);
  void on(const dispatch::PresenceChanged&);
  void to_state(ContactId id, ContactState state);

  const Keep keep_;
  dispatch::Sequence version_ = 0;
  TimePoint now_;
  bool restoring_ = false;
  dispatch::Settings settings_;
  std::map<Key, Row> rows_;
  Row* workspace_ = nullptr;
  std::map<std::string, std::size_t, std::less<>> base_numbers_;
  std::vector<std::unique_ptr<QueueEntry>> queues_;          // by handle
  std::vector<std::unique_ptr<AgentEntry>> agents_;          // by handle
  std::unordered_map<std::uint64_t, OpenContact> contacts_;  // by ContactId; never iterated but sorted
  History history_;
};

}  // namespace muster::kpi
