#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ledger.h"
#include "muster/dispatch/engine.h"
#include "muster/journal/recovery.h"
#include "muster/kpi/board.h"
#include "muster/node/node.h"
#include "muster/v1/board_service.pb.h"
#include "oracle.h"
#include "store.h"

namespace muster::simulator {

/// Sees everything and asserts the invariants, step by step. All checks throw Violation. It follows the journal as it
/// is written, so it knows the truth: what is durable, no more and no less.
class Auditor {
 public:
  /// `trace`: print what becomes durable.
  explicit Auditor(bool trace) : trace_(trace) {}

  /// A client is about to ask for something.
  void asked(const dispatch::Command& command);
  /// A row was inserted into the journal.
  void appended(dispatch::Sequence first_seq, const Store::Row& row);
  /// A server is about to let out the effects of events that it holds for durable: the payload of one row.
  void shown(dispatch::Sequence first_seq, const std::string& payload) const;
  /// A server answers. `was_done`: what done() said when the request arrived there.
  void answered(const dispatch::Command& command, const node::Answer& answer, bool was_done) const;
  /// Whether the very command is in the journal under its request id.
  [[nodiscard]] bool done(const dispatch::Command& command) const;
  /// A server has replayed the journal up to `last_seq`.
  void took_up(const dispatch::Engine& engine, dispatch::Sequence last_seq) const;
  /// An engine has decided, at `now`.
  void decided(const dispatch::Engine& engine, TimePoint now) const;
  /// An engine stands where the journal ends.
  void compare(const dispatch::Engine& engine) const;
  /// The board that a server shows, likewise.
  void compare(const v1::WatchBoardResponse& board) const;
  /// The facts that a server counted, likewise.
  void compare(const kpi::FoldImage& facts) const;
  /// A watcher was shown an event.
  void watched(const v1::ContactEvent& event, const std::string& tenant) const;
  /// The journal, read from its beginning, gives the state.
  void replay(Store& store) const;

  /// What is durable.
  [[nodiscard]] const dispatch::Engine& truth() const { return oracle_.engine(); }
  [[nodiscard]] const dispatch::Oracle& oracle() const { return oracle_; }
  [[nodiscard]] journal::Folded folded() const { return {board_.image(), facts_.image()}; }
  [[nodiscard]] const Ledger& ledger() const { return ledger_; }
  [[nodiscard]] std::uint64_t events() const { return oracle_.engine().last_sequence(); }
  /// Of everything that became durable: the same seed gives the same.
  [[nodiscard]] std::uint64_t digest() const { return digest_; }

 private:
  using Id = std::pair<std::uint64_t, std::uint64_t>;
  struct Done {
    std::uint64_t fingerprint = 0;
    dispatch::Sequence sequence = 0;
    std::uint64_t result = 0;
  };

  void judge(const dispatch::Event& event);
  void check_asked(const dispatch::Event& event);
  void check_accepted(const dispatch::OfferAccepted& accepted) const;
  /// Whose queue an event about a contact is about; empty: it is not about one.
  [[nodiscard]] std::string tenant_of(const dispatch::Event& event) const;
  /// I10.
  void check_tenant(const dispatch::Command& command, const dispatch::Event& event) const;
  void check_transferred(const dispatch::ContactTransferred& moved) const;
  void check_waiting() const;

  const bool trace_;
  dispatch::Oracle oracle_;
  Ledger ledger_;
  kpi::Board board_;
  kpi::Fold facts_;
  std::map<Id, std::vector<dispatch::Command>> asked_;
  std::vector<dispatch::Command> asked_without_id_;
  const std::vector<dispatch::Command>* cause_ = nullptr;  // what may have caused the last event
  bool last_rescinded_ = false;                            // the last event took an offer back
  std::uint64_t created_without_id_ = 0;
  std::map<Id, Done> done_;
  std::vector<dispatch::RequestId> request_of_{{}};  // by sequence
  std::vector<std::string> tenant_of_{""};  // by sequence: whose queue the event is about; "": about no contact
  std::map<dispatch::Sequence, const Store::Row*> rows_;
  std::uint64_t epoch_ = 0;
  std::uint64_t digest_ = 0;
};

}  // namespace muster::simulator
