#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "server.h"
#include "world.h"

namespace muster::simulator {

/// An agent's client: holds the session's stream, reads it, and knows from it alone what rings and what is in hand.
/// Asserts that this view moves forward and, whenever nothing is under way, that it is the truth.
class Desk {
 public:
  Desk(World& world, std::vector<std::unique_ptr<Server>>& servers, std::string agent)
      : world_(world), servers_(servers), agent_(std::move(agent)) {}

  /// Opens a session on some server, or resumes one on a new stream.
  void open(dispatch::SessionId resume);
  /// The stream breaks. The server hears of it later, if at all.
  void break_stream();
  /// Notices what has become of its server. To be called every second.
  void look_around();

  [[nodiscard]] const std::string& agent() const { return agent_; }
  /// Of the stream; kNone until it says so.
  [[nodiscard]] dispatch::SessionId session() const { return mailbox_ ? session_ : dispatch::SessionId::kNone; }
  [[nodiscard]] bool has_stream() const { return mailbox_ != nullptr; }
  [[nodiscard]] dispatch::SessionId last_session() const { return session_; }
  [[nodiscard]] const std::map<dispatch::ContactId, dispatch::OfferId>& offers() const { return offers_; }
  [[nodiscard]] const std::set<dispatch::ContactId>& contacts() const { return contacts_; }
  [[nodiscard]] v1::AgentPresence presence() const { return presence_; }

  /// Asserts that what it shows is what is durable.
  void compare() const;

 private:
  using Mailbox = std::shared_ptr<node::SessionMailbox>;

  void read(const Mailbox& mailbox);
  void read_later(const Mailbox& mailbox);
  void take(const v1::SessionEvent& message);
  void show(const v1::SessionOpened& opened);
  void show(const v1::OfferMade& made);
  void show(const v1::Contact& contact);
  void stream_gone();

  World& world_;
  std::vector<std::unique_ptr<Server>>& servers_;
  const std::string agent_;

  Mailbox mailbox_;  ///< null: no stream
  Server* server_ = nullptr;
  std::uint64_t incarnation_ = 0;  ///< of the server
  Duration opened_at_{};
  bool opened_ = false;  ///< the stream has begun
  dispatch::SessionId session_{};
  std::uint64_t epoch_ = 0;
  std::int64_t sequence_ = 0;                                ///< the last seen, on any stream
  std::map<dispatch::ContactId, dispatch::OfferId> offers_;  ///< that ring
  std::set<dispatch::ContactId> contacts_;
  v1::AgentPresence presence_{};
  v1::AgentPresence next_presence_{};
};

}  // namespace muster::simulator
