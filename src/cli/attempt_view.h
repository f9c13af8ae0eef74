#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "command.h"
#include "muster/v1/exam_service.pb.h"

namespace muster::cli {

/// "17: passed with 85 of 100 (pass mark 80)."
std::string result_text(const v1::Attempt& attempt);

/// How long there is until the deadline.
std::string time_left(const google::protobuf::Timestamp& deadline);

Details attempt_details(const v1::Attempt& attempt);
void print_attempts(std::ostream& out, const google::protobuf::RepeatedPtrField<v1::Attempt>& attempts);

/// A question with its options; those that are answered are marked. `answer` null: none is.
void print_question(std::ostream& out, const v1::PaperQuestion& question, const v1::Answer* answer);

/// The attempt, its questions and answers, and which were right.
void print_attempt(std::ostream& out, const v1::GetAttemptResponse& attempt);

/// Identifiers of options as people type them: "a,c", "A C" or "ac".
std::vector<std::string> choices_in(const std::string& text);

}  // namespace muster::cli
