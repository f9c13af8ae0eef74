#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "muster/dispatch/event.h"

namespace muster::simulator {

/// Books kept from the events alone, by the simplest means and without a line of the engine: who holds which contact,
/// what that takes of whom, who may not have what. It judges each event by what came before.
class Ledger {
 public:
  /// Takes the next event. Throws Violation.
  void take(const dispatch::Event& event);

  /// Contacts that have not ended.
  [[nodiscard]] std::size_t live() const { return contacts_.size(); }
  [[nodiscard]] std::uint32_t used_units(dispatch::AgentHandle agent) const;
  /// Whether the policy of the contact accepts offers by itself.
  [[nodiscard]] bool accepts_by_itself(dispatch::ContactId contact) const;

  struct Refused {
    int declines = 0;
    TimePoint until;
  };
  struct Open {
    dispatch::AgentHandle agent{};
    TimePoint expires;
  };
  struct Entry {
    dispatch::ContactState state{};
    dispatch::QueueHandle queue{};
    dispatch::AgentHandle agent{};  ///< who holds it
    std::map<dispatch::OfferId, Open> offers{};
    TimePoint due;
    TimePoint expires;
    std::map<dispatch::AgentHandle, Refused> refused{};
  };
  [[nodiscard]] const std::map<dispatch::ContactId, Entry>& contacts() const { return contacts_; }

 private:
  struct Desk {
    std::uint32_t capacity = 0;
    bool connected = false;
    int one_by_one = 0;  // so many answers still, one offer comes at a time
    dispatch::Presence presence = dispatch::Presence::kOffline;
    bool leaves = false;  // once nothing is in hand
  };
  struct Queue {
    dispatch::Channel channel{};
    dispatch::PolicyHandle policy{};
  };

  void made(const dispatch::Event& event, const dispatch::OfferMade& offer);
  void accepted(const dispatch::Event& event, const dispatch::OfferAccepted& accepted);
  void offer_ended(const dispatch::Event& event, const dispatch::OfferEnded& ended);
  void transferred(const dispatch::Event& event, const dispatch::ContactTransferred& moved);
  void requeued(const dispatch::Event& event, const dispatch::ContactRequeued& requeued);
  void ended(const dispatch::Event& event, const dispatch::ContactEnded& ended);

  Entry& entry(dispatch::ContactId contact);
  /// The open offer of that contact to that agent, or `what` is wrong.
  static const Open& open_offer(const Entry& entry, dispatch::OfferId offer, dispatch::AgentHandle agent,
                                const std::string& what);
  /// The contact, which must be in the agent's hands.
  Entry& held(dispatch::ContactId contact, dispatch::AgentHandle agent);
  void refuse(Entry& entry, dispatch::AgentHandle agent, TimePoint now, bool declined);
  void take_up(Entry& entry, dispatch::ContactState state);
  void check_room(dispatch::AgentHandle agent) const;
  void note_answer(dispatch::AgentHandle agent);
  [[nodiscard]] const dispatch::PolicySpec& policy_of(const Entry& entry) const;
  [[nodiscard]] bool takes_units(const Entry& entry) const;
  [[nodiscard]] static bool rings_at(const Entry& entry, dispatch::AgentHandle agent);

  std::map<dispatch::ContactId, Entry> contacts_;
  std::map<dispatch::AgentHandle, Desk> desks_;
  std::map<dispatch::QueueHandle, Queue> queues_;
  std::map<dispatch::PolicyHandle, dispatch::PolicySpec> policies_;
  dispatch::Settings settings_;
  std::uint64_t last_contact_ = 0;
};

}  // namespace muster::simulator
