#pragma once

#include <set>

#include "muster/dispatch/engine.h"
#include "projection_store.h"

namespace muster::node {

/// Turns events into rows of the reporting tables. It runs an engine of its own behind the journal, so a row shows
/// exactly what the engine knew after the event.
class Projector {
 public:
  /// `store` gives rows written earlier that a late event changes. Both must outlive the projector.
  Projector(dispatch::Engine& engine, ProjectionStore& store) : engine_(engine), store_(store) {}

  /// Applies the event to the engine and notes the rows that it changes. False if the engine refuses it.
  [[nodiscard]] bool take(const dispatch::Event& event);

  /// The rows changed since the last clear(), up to date.
  [[nodiscard]] const ProjectedRows& rows();
  void clear();

 private:
  void before(const dispatch::Event& event);
  void after(const dispatch::Event& event);
  void end_offer(const dispatch::Event& event, dispatch::ContactId contact, dispatch::OfferId offer,
                 dispatch::OfferState state, const std::string& reason);
  void fail_setup(const dispatch::Event& event, const dispatch::ContactRequeued& requeued);
  v1::Contact& end_contact(const dispatch::Event& event, dispatch::ContactId contact, dispatch::ContactState state);
  ProjectedRows::Session& session(dispatch::SessionId id);
  void lose_all_sessions();

  dispatch::Engine& engine_;
  ProjectionStore& store_;
  ProjectedRows rows_;
  std::set<dispatch::ContactId> changed_;  ///< live contacts whose rows are rendered when asked for
};

}  // namespace muster::node
