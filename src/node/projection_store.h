#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <pqxx/connection_base>
#include <stdexcept>
#include <string>
#include <utility>

#include "muster/base/time.h"
#include "muster/dispatch/types.h"
#include "muster/kpi/fold.h"
#include "muster/node/contact_store.h"
#include "muster/store/tenant_pool.h"
#include "muster/v1/contact.pb.h"

namespace muster::store {
class Connection;
}

namespace muster::node {

/// The rows of the reporting tables that changed since the last write, newest version each.
struct ProjectedRows {
  struct Session {
    std::string agent_id;
    TimePoint opened;
    int lost_count = 0;
    std::optional<TimePoint> ended;
    std::string end_reason;
  };
  struct Outcome {
    dispatch::ContactOutcomeKind kind{};
    std::int64_t value = 0;
    TimePoint recorded;
  };
  std::map<std::uint64_t, v1::Contact> contacts;
  std::map<std::pair<std::uint64_t, std::uint64_t>, v1::Offer> offers;  ///< by contact and offer
  std::map<std::uint64_t, Session> sessions;
  std::map<std::pair<std::uint64_t, std::string>, Outcome> outcomes;  ///< by contact and the client's name for it

  void clear();
};

/// Writes the reporting tables of one workspace. Not thread-safe. All methods throw pqxx::failure.
class ProjectionStore {
 public:
  /// Prepares the connection, which must be used for nothing else and outlive the store.
  ProjectionStore(store::Connection& connection, std::string workspace);

  /// Up to where the tables hold the journal. REQUIRED before write().
  [[nodiscard]] dispatch::Sequence position();
  /// Writes rows and history and moves the position from `from` to `to`, in one transaction. False, and nothing is
  /// written, if the position is no longer `from`: another follower writes the tables.
  [[nodiscard]] bool write(const ProjectedRows& rows, const kpi::History& history, dispatch::Sequence from,
                           dispatch::Sequence to);
  /// Empties the tables and puts the position back to 0.
  void clear();

  /// Rows that a change refers to but the engine no longer knows; empty if the tables lack it.
  [[nodiscard]] std::optional<v1::Offer> offer(dispatch::ContactId contact, dispatch::OfferId offer);
  [[nodiscard]] std::optional<ProjectedRows::Session> session(dispatch::SessionId session);

 private:
  const std::string workspace_;
  store::Connection& connection_;
  std::uint64_t last_contact_ = 0;  ///< the highest number that the tables held; numbers only rise
  std::uint64_t last_offer_ = 0;    ///< the same
};

/// The tables do not hold the journal up to where a read wants it: a rebuild has begun.
class TablesBehind : public std::runtime_error {
 public:
  TablesBehind() : std::runtime_error("the reporting tables went back") {}
};

/// Reads for the API, of the tenant of the transaction, a snapshot. Throw TablesBehind if the tables lack an event up
/// to `complete_to`.
std::optional<ContactHistory> read_contact(store::TenantTransaction& t, const std::string& workspace,
                                           dispatch::Sequence complete_to, dispatch::ContactId contact);
ContactPage read_contacts(store::TenantTransaction& t, const std::string& workspace, dispatch::Sequence complete_to,
                          const ContactFilter& filter);

}  // namespace muster::node
