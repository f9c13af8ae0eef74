#pragma once

#include <string>
#include <vector>

#include "desk_model.h"
#include "screen.h"

namespace muster::cli {

/// Turns an agent's keys into commands, with a question in between where a command needs words.
class DeskInput {
 public:
  /// What is being asked.
  enum class Question {
    kNone,
    kDeclineReason,
    kBreakReason,
    kNextBreakReason,
    kDisposition,
    kQueue,
    kSetupFailure,
    kLeave
  };

  /// Takes a key and returns the commands to send, without request ids.
  std::vector<v1::SessionRequest> press(Key key, const DeskModel& desk);

  /// The agent wants to leave in good order.
  bool leaving() const { return leaving_; }

  Question question() const { return question_; }
  /// What has been typed in answer to the question, in UTF-8.
  const std::string& answer() const { return answer_; }

  /// The offer or contact that the next key is about; null if there is none.
  const DeskModel::Offer* offer(const DeskModel& desk) const;
  const DeskModel::InHand* contact(const DeskModel& desk) const;
  /// True if the selection stands on this offer_id or contact_id.
  bool is_selected(const std::string& id, const DeskModel& desk) const;

 private:
  std::vector<v1::SessionRequest> command(Key key, const DeskModel& desk);
  std::vector<v1::SessionRequest> offer_command(Key key, const std::string& id);
  std::vector<v1::SessionRequest> contact_command(Key key, const std::string& id);
  std::vector<v1::SessionRequest> type(Key key);
  std::vector<v1::SessionRequest> answered();
  void ask(Question question, const std::string& id);
  void move(int by, const DeskModel& desk);

  bool leaving_ = false;
  Question question_ = Question::kNone;
  std::string answer_;
  /// What the question is about.
  std::string target_id_;
  std::string selected_id_;
};

/// The question in words, with what a choice means.
std::string prompt(DeskInput::Question question);

}  // namespace muster::cli
