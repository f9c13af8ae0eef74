#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "records.h"
#include "rules.h"
#include "seats.h"

namespace muster::dispatch {

/// The ready agents in the order that some preferences give them: who is preferred sits in front. Fully idle and partly
/// loaded agents sit in rows of their own, and of each skill it is known which seats its agents have.
class SeatPlan {
 public:
  explicit SeatPlan(const Preferences& prefer) : prefer_(prefer) {}

  [[nodiscard]] const Preferences& preferences() const { return prefer_; }

  /// Seats the agent where the facts say.
  void seat(AgentRecord& record);
  void stand_up(const AgentRecord& record);

  /// Gives the ready agents who may meet the conditions, as far as having or not having a skill at all says, to
  /// `visit`, in order, with the keys of their seats, until it returns true. Of those with `also` only, unless it is
  /// kNone.
  template <typename Visit>
  void visit_ready(Load load, const Conditions& asked, SkillHandle also, Visit visit) const {
    std::array<const SeatSet*, SeatSet::kSetsMax> sets;
    std::size_t count = 0;
    if (asked.all.empty() || also != SkillHandle::kNone) sets[count++] = &ready(also, load);
    for (const SkillRequirement& required : asked.all) {
      if (count == sets.size()) break;  // whoever visits tests them all anyway
      sets[count++] = &ready(required.skill, load);
    }
    SeatSet::sort_by_count({sets.data(), count});
    SeatSet::visit_common_words({sets.data(), count}, [&](std::uint32_t first, std::uint64_t bits) {
      for (auto each = asked.any.begin(); each != asked.any.end() && bits != 0; ++each) {
        bits &= who_may_meet(*each, load, first);
      }
      for (; bits != 0; bits &= bits - 1) {
        const std::uint32_t seat = first + static_cast<std::uint32_t>(std::countr_zero(bits));
        if (visit(*row(load).holder(seat), row(load).key(seat))) return true;
      }
      return false;
    });
  }

  /// Whether the agent sits where the facts say, for tests.
  [[nodiscard]] bool seats_rightly(const AgentRecord& record) const;
  [[nodiscard]] bool rows_in_order() const { return rows_[0].in_order() && rows_[1].in_order(); }
  /// How many agents with a skill sit in a row; under SkillHandle::kNone, all.
  [[nodiscard]] std::size_t ready_count(SkillHandle skill, Load load) const { return ready(skill, load).count(); }

 private:
  using Row = SeatRow<AgentRecord, SeatKey>;
  using Sets = std::array<SeatSet, 2>;  // by Load

  /// Where an agent sits.
  struct Place {
    SeatKey key;
    std::uint32_t seat = 0;
    Load row = Load::kNotReady;
  };

  [[nodiscard]] const SeatSet& ready(SkillHandle skill, Load load) const {
    return raw(skill) < by_skill_.size() ? by_skill_[raw(skill)][static_cast<std::size_t>(load)] : nobody_;
  }
  /// Of 64 seats, those of agents who may meet one of the alternatives. Levels are for others to test.
  [[nodiscard]] std::uint64_t who_may_meet(const Alternatives& alternatives, Load load, std::uint32_t first) const {
    std::uint64_t bits = 0;
    for (const SkillTest& test : alternatives) {
      const std::uint64_t have = ready(test.requirement.skill, load).word_from(first);
      if (may_pass(test, true)) bits |= have;
      if (may_pass(test, false)) bits |= ~have;
    }
    return bits;
  }
  [[nodiscard]] const Row& row(Load load) const { return rows_[static_cast<std::size_t>(load)]; }
  template <typename Do>
  void for_each_set(const AgentRecord& record, Load load, Do act);
  void sit_down(AgentRecord& record, Place& place, const SeatKey& key);
  void compact(Load load, const SeatKey& near);

  Preferences prefer_;
  std::vector<Place> places_;   // by agent handle
  std::vector<Sets> by_skill_;  // by skill handle; of SkillHandle::kNone, all
  SeatSet nobody_;              // of skills that no agent ever had
  std::array<Row, 2> rows_;     // by Load
};

}  // namespace muster::dispatch
