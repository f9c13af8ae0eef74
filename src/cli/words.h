#pragma once

#include <string>
#include <vector>

#include "muster/v1/announcement.pb.h"
#include "muster/v1/assessment.pb.h"
#include "muster/v1/board_service.pb.h"
#include "muster/v1/certificate.pb.h"
#include "muster/v1/contact_service.pb.h"
#include "muster/v1/course.pb.h"
#include "muster/v1/exam.pb.h"
#include "muster/v1/identity.pb.h"
#include "muster/v1/kpi.pb.h"
#include "muster/v1/live_session.pb.h"
#include "muster/v1/member.pb.h"
#include "muster/v1/routing.pb.h"
#include "muster/v1/scorecard.pb.h"
#include "muster/v1/skill_tag.pb.h"
#include "muster/v1/sub_team.pb.h"
#include "muster/v1/target.pb.h"
#include "muster/v1/tier.pb.h"
#include "muster/v1/vetting.pb.h"
#include "muster/v1/webhook.pb.h"

namespace muster::cli {

// The states of things in the words of the field, in the language in use. A value that this program does not know,
// because the server is newer, shows as its number.
std::string word(v1::Channel channel);
std::string word(v1::ContactState state);
std::string word(v1::OfferState state);
std::string word(v1::OfferTrigger trigger);
std::string word(v1::Gate gate);
std::string word(v1::Obstacle obstacle);
std::string word(v1::AgentPresence presence);
std::string word(v1::AgentActivity activity);
std::string word(v1::ContactEventKind kind);
std::string word(v1::QueueOrder order);
std::string word(v1::ServiceLevelMethod method);
std::string word(v1::MetricUnit unit);
std::string word(v1::MetricDirection direction);
std::string word(v1::KpiDimension dimension);
std::string word(v1::Weekday day);
std::string word(v1::PaceState state);
std::string word(v1::PaceBasis basis);
std::string word(v1::MissingItem missing);
std::string word(v1::ContactOutcomeKind kind);
std::string word(v1::PoolHold hold);
std::string word(v1::MemberState state);
std::string word(v1::CertificateState state);
std::string word(v1::EngagementType type);
std::string word(v1::VettingState state);
std::string word(v1::DeliveryState state);
std::string word(v1::Role role);
std::string word(v1::ApiScope scope);
std::string word(v1::TenantState state);
std::string word(v1::UserState state);
std::string word(v1::TierDecision decision);
std::string word(v1::TierAppealState state);
std::string word(v1::SubTeamChangeKind kind);
std::string word(v1::CourseTrack track);
std::string word(v1::CourseState state);
std::string word(v1::QuestionKind kind);
std::string word(v1::ExamState state);
std::string word(v1::AttemptState state);
std::string word(v1::AnnouncementState state);
std::string word(v1::LiveSessionState state);
std::string word(v1::SignUpState state);
std::string word(v1::AttendanceState state);
std::string word(v1::AssessmentState state);
std::string word(v1::SkillInput input);
std::string word(v1::LevelAction action);
std::string word(v1::LevelChangeCause cause);

/// "available", or "available → break" if that comes next.
std::string presence_text(v1::AgentPresence presence, v1::AgentPresence next);

/// "held", or "interrupted" if it is held for another contact.
std::string state_text(const v1::Contact& contact);

/// A reason in words: the server's codes, such as missed_offer, have some; what people wrote stays as it is.
std::string word_reason(const std::string& reason);

/// " (reason)"; nothing if there is none.
std::string reason_in_brackets(const std::string& reason);

/// A span that may be below 0, such as a score.
std::string signed_span(const google::protobuf::Duration& span);

/// True for the states that a contact never leaves.
bool is_final(v1::ContactState state);

/// "yes" or "no".
std::string word_yes_no(bool value);

/// Several values in one cell: "english 60, billing any".
std::string join(const std::vector<std::string>& parts, const std::string& separator = ", ");

/// The values of a repeated enumeration in words: "operator, coach".
template <class Enum>
std::string words(const google::protobuf::RepeatedField<int>& values) {
  std::vector<std::string> all;
  for (const int value : values) all.push_back(word(static_cast<Enum>(value)));
  return join(all);
}

/// Says why an agent got an offer, one sentence a line.
std::vector<std::string> explain(const v1::OfferExplanation& explanation);

}  // namespace muster::cli
