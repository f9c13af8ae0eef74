#pragma once

#include <set>
#include <string>
#include <vector>

#include "desk_model.h"

namespace muster::cli {

/// An agent who accepts every offer and completes every contact after a fixed time, for demonstrations.
class DeskAutopilot {
 public:
  /// `handle_time` runs from the acceptance; `disposition` is what every contact gets.
  DeskAutopilot(Duration handle_time, std::string disposition)
      : handle_time_(handle_time), disposition_(std::move(disposition)) {}

  /// The commands that are due now, each once in a session.
  std::vector<v1::SessionRequest> act(const DeskModel& desk, TimePoint now);

  /// Takes no more offers; what is in hand is still handled.
  void finish() { finishing_ = true; }

  /// True once it was told to finish and nothing is in hand any more.
  bool is_done(const DeskModel& desk) const { return finishing_ && desk.in_hand().empty() && desk.offers().empty(); }

 private:
  bool wants_presence(const DeskModel& desk) const;

  const Duration handle_time_;
  const std::string disposition_;
  bool finishing_ = false;
  std::string session_id_;
  /// What was asked for in this session: offer_id, contact_id, or a presence.
  std::set<std::string> asked_;
};

}  // namespace muster::cli
