#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>

#include "floor.h"
#include "session_stream.h"

namespace muster::sim {

/// How an agent's time was spent so far, in simulated seconds.
struct DeskTimes {
  double busy_s = 0;       ///< with at least one contact in hand, wrap-up included
  double available_s = 0;  ///< connected and AVAILABLE with none

  double occupancy() const { return busy_s + available_s > 0 ? busy_s / (busy_s + available_s) : 0; }
};

/// One agent at work: keeps a session open as long as the shift lasts, answers offers, talks, wraps up. Survives broken
/// streams: it resumes the session and sends every unanswered command again with the same request_id.
class Desk {
 public:
  Desk(Floor& floor, const AgentPlan& plan, v1::AgentSessionService::StubInterface& stub, std::uint64_t seed);

  /// The shift begins: opens a session and becomes AVAILABLE.
  void sign_in();
  /// The shift ends: takes no more offers, finishes what is in hand, then closes the session.
  void sign_out();
  /// Breaks the stream off without a word and opens none any more.
  void abort();

  /// The agent was told AVAILABLE at least once.
  bool was_available() const { return was_available_; }
  /// No session is open, and none will be.
  bool gone() const { return phase_ == Phase::kGone && !stream_; }
  bool started() const { return phase_ != Phase::kBeforeShift; }
  int in_hand() const { return static_cast<int>(in_hand_.size()); }
  const std::string& agent_id() const { return agent_id_; }

  /// Time is counted between these two.
  void start_counting();
  void stop_counting();
  const DeskTimes& times() const { return times_; }

 private:
  enum class Phase { kBeforeShift, kWorking, kLeaving, kGone };
  enum class Stage { kTalking, kWrappingUp, kCompleting };
  struct InHand {
    std::int64_t arrival = -1;  ///< -1: not a contact of this run
    Stage stage = Stage::kTalking;
  };
  struct Pending {
    std::string request_id;
    v1::SessionRequest request;
    std::string contact_id;  ///< of accept, decline, start_wrap_up and complete
    Loop::Clock::time_point sent;
    int attempts = 0;
  };

  // The stream.
  void open();
  void on_closed(const grpc::Status& status);
  void on_event(const v1::SessionEvent& event);
  void on_opened(const v1::SessionOpened& opened, std::int64_t sequence);
  void keep_alive(int stream, Duration interval);

  // Commands.
  void send(v1::SessionRequest request, std::string request_id, std::string contact_id);
  void send_again(const std::string& request_id);
  void on_result(const v1::CommandResult& result, std::int64_t sequence);
  void settle(const Pending& command, bool done, std::int64_t sequence);
  void set_presence(v1::AgentPresence presence);
  void accept(const std::string& offer_id);
  void decline(const std::string& offer_id);
  void complete(const std::string& contact_id);

  // The work.
  void on_offer(const v1::OfferMade& made, bool live);
  void on_offer_ended(const v1::OfferEnded& ended, std::int64_t sequence);
  void on_contact(const v1::Contact& contact, std::int64_t sequence);
  void on_presence(v1::AgentPresence presence, bool until_told);
  void take(const v1::Contact& contact);
  void end_talk(const std::string& contact_id);
  void begin_wrap_up(const std::string& contact_id);
  void leave_if_done();
  bool is_mine(const v1::Contact& contact) const;
  Audit::Load load_of(const v1::Contact& contact, bool ringing) const;
  void count_time();

  Floor& floor_;
  const AgentPlan& plan_;
  v1::AgentSessionService::StubInterface& stub_;
  const std::string agent_id_;
  Random random_;

  Phase phase_ = Phase::kBeforeShift;
  std::unique_ptr<SessionStream> stream_;
  int streams_ = 0;      ///< opened so far: the number of the present one
  bool opened_ = false;  ///< the stream has got its first event
  std::string session_id_;
  int failures_ = 0;  ///< streams in a row that broke before their first event
  Loop::Clock::time_point last_heard_;
  std::deque<Pending> pending_;

  v1::AgentPresence presence_ = v1::AGENT_PRESENCE_OFFLINE;
  bool was_available_ = false;
  bool closing_ = false;                       ///< close_session was sent
  std::map<std::string, std::string> offers_;  ///< contact_id by offer_id
  std::map<std::string, InHand> in_hand_;      ///< by contact_id

  DeskTimes times_;
  double counted_until_s_ = 0;
  bool counting_ = false;
};

}  // namespace muster::sim
