#pragma once

#include <google/rpc/status.pb.h>

#include <deque>
#include <string>
#include <vector>

#include "muster/base/time.h"
#include "muster/v1/agent_session_service.pb.h"

namespace muster::cli {

/// What an agent's desk knows: a fold of the session's events. All times are this machine's: only spans are taken from
/// the server, so that the clocks need not agree.
class DeskModel {
 public:
  struct Offer {
    v1::Offer offer;
    v1::Contact contact;
    TimePoint deadline;
  };
  struct InHand {
    v1::Contact contact;
    /// Since when it is in its state.
    TimePoint since;
    /// Since when the agent has had it.
    TimePoint taken;
  };
  struct Notice {
    TimePoint time;
    std::string text;
    /// Something went wrong.
    bool alert;
  };
  static constexpr std::size_t kNoticesMax = 100;

  /// Takes in an event that arrived at `now`.
  void apply(const v1::SessionEvent& event, TimePoint now);

  /// The connection broke; it will be tried again.
  void lost(const std::string& why, TimePoint now);

  /// Adds a notice of the desk's own.
  void note(const std::string& text, bool alert, TimePoint now);

  bool connected() const { return connected_; }
  const std::string& session_id() const { return session_id_; }
  const v1::Agent& agent() const { return agent_; }
  const std::string& presence_reason() const { return presence_reason_; }
  /// When a pause made by the server ends; 0 if there is none.
  TimePoint pause_end() const { return pause_end_; }
  const std::vector<Offer>& offers() const { return offers_; }
  const std::vector<InHand>& in_hand() const { return in_hand_; }
  /// The last notices, oldest first, and how many there ever were.
  const std::deque<Notice>& notices() const { return notices_; }
  std::size_t notices_ever() const { return notices_ever_; }

 private:
  void opened(const v1::SessionOpened& opened, TimePoint server_now, TimePoint now);
  void add_offer(const v1::OfferMade& made, TimePoint server_now, TimePoint now);
  void end_offer(const v1::OfferEnded& ended, TimePoint now);
  void change_contact(const v1::Contact& contact, TimePoint now);
  void change_presence(const v1::PresenceChanged& change, TimePoint server_now, TimePoint now);
  void take_result(const google::rpc::Status& status, TimePoint now);

  bool connected_ = false;
  std::string session_id_;
  v1::Agent agent_;
  std::string presence_reason_;
  TimePoint pause_end_{};
  std::vector<Offer> offers_;
  std::vector<InHand> in_hand_;
  std::deque<Notice> notices_;
  std::size_t notices_ever_ = 0;
};

/// One line that tells what a contact is about.
std::string title_of(const v1::Contact& contact);

}  // namespace muster::cli
