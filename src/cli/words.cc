#include "words.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "duration.h"
#include "i18n.h"

namespace muster::cli {
namespace {

std::string unknown(int value) { return fmt::format("#{}", value); }

constexpr std::array<std::pair<std::string_view, const char*>, 18> kReasons{
    {{"agent_lost", noop("the agent's connection was lost")},
     {"assigned", noop("assigned to another agent")},
     {"configuration_changed", noop("the routing configuration changed")},
     {"expired", noop("expired")},
     {"left_available", noop("the agent is no longer available")},
     {"missed_offer", noop("missed an offer")},
     {"nobody signed in could match the step before", noop("nobody signed in could match the step before")},
     {"not_responding", noop("not responding")},
     {"session_lost", noop("the connection was lost")},
     {"signed_off", noop("signed off")},
     {"skill_expired", noop("a skill of the agent ended")},
     {"skills_changed", noop("the agent's skills changed")},
     {"suspended", noop("suspended")},
     {"taken", noop("another agent accepted it")},
     {"time_to_live", noop("waited too long")},
     {"transferred", noop("transferred")},
     {"unavailable", noop("the agent could not have it")},
     {"waited", noop("the wait for the agent was over")}}};

std::string considered(const v1::OfferExplanation& explanation) {
  const auto count = static_cast<unsigned long>(explanation.agents_considered());
  std::string text = fmt::format(fmt::runtime(trn("{0} agent with free capacity was considered",
                                                  "{0} agents with free capacity were considered", count)),
                                 count);
  std::vector<std::string> rejected;
  for (const auto& rejection : explanation.rejected()) {
    rejected.push_back(fmt::format("{} {}", rejection.agents(), word(rejection.gate())));
  }
  if (!rejected.empty()) text += say("; ruled out: {0}", join(rejected));
  return text + tr(".");
}

std::string compared_by_score(const v1::OfferExplanation& explanation) {
  const std::string idle = format_duration(from_proto(explanation.idle()));
  const std::string score = signed_span(explanation.score());
  if (explanation.runner_up_agent_id().empty()) {
    return say("The agent had been idle for {0} and scored {1}; nobody else came into question.", idle, score);
  }
  return say(
      "The agent had been idle for {0} and scored {1}, the most; next would have been {2}, idle for {3}, with {4}.",
      idle, score, explanation.runner_up_agent_id(), format_duration(from_proto(explanation.runner_up_idle())),
      signed_span(explanation.runner_up_score()));
}

std::string compared(const v1::OfferExplanation& explanation) {
  if (explanation.has_score()) return compared_by_score(explanation);
  const std::string idle = format_duration(from_proto(explanation.idle()));
  if (explanation.runner_up_agent_id().empty()) {
    return say("The agent had been idle for {0}; nobody else came into question.", idle);
  }
  return say("The agent had been idle for {0}, the longest; next would have been {1}, idle for {2}.", idle,
             explanation.runner_up_agent_id(), format_duration(from_proto(explanation.runner_up_idle())));
}

}  // namespace

std::string word(v1::Channel channel) {
  switch (channel) {
    case v1::CHANNEL_VOICE:
      return tr("voice");
    case v1::CHANNEL_CHAT:
      return tr("chat");
    case v1::CHANNEL_EMAIL:
      return tr("email");
    case v1::CHANNEL_SOCIAL:
      return tr("social");
    case v1::CHANNEL_TICKET:
      return tr("ticket");
    case v1::CHANNEL_TASK:
      return tr("task");
    default:
      return unknown(channel);
  }
}

std::string word(v1::ContactState state) {
  switch (state) {
    case v1::CONTACT_STATE_SCHEDULED:
      return tr("scheduled");
    case v1::CONTACT_STATE_QUEUED:
      return tr("queued");
    case v1::CONTACT_STATE_OFFERED:
      return tr("offered");
    case v1::CONTACT_STATE_ACTIVE:
      return tr("active");
    case v1::CONTACT_STATE_HELD:
      return tr("held");
    case v1::CONTACT_STATE_WRAP_UP:
      return tr("wrap-up");
    case v1::CONTACT_STATE_COMPLETED:
      return tr("completed");
    case v1::CONTACT_STATE_ABANDONED:
      return tr("abandoned");
    case v1::CONTACT_STATE_CANCELLED:
      return tr("cancelled");
    case v1::CONTACT_STATE_EXPIRED:
      return tr("expired");
    case v1::CONTACT_STATE_DEFLECTED:
      return tr("deflected");
    case v1::CONTACT_STATE_DROPPED:
      return tr("dropped");
    default:
      return unknown(state);
  }
}

std::string word(v1::OfferState state) {
  switch (state) {
    case v1::OFFER_STATE_OFFERED:
      return tr("offered");
    case v1::OFFER_STATE_ACCEPTED:
      return tr("accepted");
    case v1::OFFER_STATE_DECLINED:
      return tr("declined");
    case v1::OFFER_STATE_TIMED_OUT:
      return tr("missed");
    case v1::OFFER_STATE_WITHDRAWN:
      return tr("withdrawn");
    case v1::OFFER_STATE_RESCINDED:
      return tr("rescinded");
    case v1::OFFER_STATE_REVOKED:
      return tr("revoked");
    case v1::OFFER_STATE_SETUP_FAILED:
      return tr("set-up failed");
    default:
      return unknown(state);
  }
}

std::string word(v1::OfferTrigger trigger) {
  switch (trigger) {
    case v1::OFFER_TRIGGER_CONTACT_QUEUED:
      return tr("the contact had just entered the queue");
    case v1::OFFER_TRIGGER_AGENT_FREE:
      return tr("the agent had just become free");
    case v1::OFFER_TRIGGER_STEP:
      return tr("the policy had just moved to its next step");
    case v1::OFFER_TRIGGER_COOL_DOWN:
      return tr("the agent's cool-down for the contact had just ended");
    case v1::OFFER_TRIGGER_CONFIGURATION:
      return tr("the routing configuration had just changed");
    default:
      return unknown(trigger);
  }
}

std::string word(v1::Gate gate) {
  switch (gate) {
    case v1::GATE_SKILL:
      return tr("without a required skill");
    case v1::GATE_LEVEL:
      return tr("not at a required level");
    case v1::GATE_EXCLUDED:
      return tr("excluded from this contact");
    case v1::GATE_COOL_DOWN:
      return tr("in cool-down after a refusal");
    case v1::GATE_CAPACITY:
      return tr("without enough capacity");
    case v1::GATE_CONDITION:
      return tr("who do not meet a condition");
    default:
      return unknown(gate);
  }
}

std::string word(v1::Obstacle obstacle) {
  switch (obstacle) {
    case v1::OBSTACLE_NONE:
      return tr("with nothing in the way");
    case v1::OBSTACLE_SKILL:
      return word(v1::GATE_SKILL);
    case v1::OBSTACLE_LEVEL:
      return word(v1::GATE_LEVEL);
    case v1::OBSTACLE_EXCLUDED:
      return word(v1::GATE_EXCLUDED);
    case v1::OBSTACLE_COOL_DOWN:
      return word(v1::GATE_COOL_DOWN);
    case v1::OBSTACLE_CHANNEL:
      return tr("who take no contacts of this channel");
    case v1::OBSTACLE_SUSPENDED:
      return tr("suspended");
    case v1::OBSTACLE_SIGNED_OFF:
      return tr("not signed in");
    case v1::OBSTACLE_NOT_AVAILABLE:
      return tr("on a break, not responding or cut off");
    case v1::OBSTACLE_CAPACITY:
      return word(v1::GATE_CAPACITY);
    case v1::OBSTACLE_CONDITION:
      return word(v1::GATE_CONDITION);
    case v1::OBSTACLE_PREFERRED:
      return tr("who are not the agent it waits for");
    case v1::OBSTACLE_PAUSED:
      return tr("ready, but its queue is paused");
    case v1::OBSTACLE_RESERVE:
      return tr("ready, but its queue leaves idle agents for others");
    default:
      return unknown(obstacle);
  }
}

std::string word(v1::AgentPresence presence) {
  switch (presence) {
    case v1::AGENT_PRESENCE_OFFLINE:
      return tr("offline");
    case v1::AGENT_PRESENCE_AVAILABLE:
      return tr("available");
    case v1::AGENT_PRESENCE_BREAK:
      return tr("break");
    case v1::AGENT_PRESENCE_NOT_RESPONDING:
      return tr("not responding");
    case v1::AGENT_PRESENCE_SUSPENDED:
      return tr("suspended");
    default:
      return unknown(presence);
  }
}

std::string word(v1::AgentActivity activity) {
  switch (activity) {
    case v1::AGENT_ACTIVITY_BUSY:
      return tr("busy");
    case v1::AGENT_ACTIVITY_WRAP_UP:
      return tr("wrap-up");
    case v1::AGENT_ACTIVITY_RINGING:
      return tr("ringing");
    case v1::AGENT_ACTIVITY_IDLE:
      return tr("idle");
    default:
      return unknown(activity);
  }
}

std::string word(v1::ContactEventKind kind) {
  switch (kind) {
    case v1::CONTACT_EVENT_KIND_CREATED:
      return tr("created");
    case v1::CONTACT_EVENT_KIND_QUEUED:
      return tr("due");
    case v1::CONTACT_EVENT_KIND_STEP_CHANGED:
      return tr("next step");
    case v1::CONTACT_EVENT_KIND_ESCALATED:
      return tr("escalated");
    case v1::CONTACT_EVENT_KIND_OFFER_MADE:
      return tr("offered");
    case v1::CONTACT_EVENT_KIND_OFFER_ACCEPTED:
      return tr("accepted");
    case v1::CONTACT_EVENT_KIND_OFFER_ENDED:
      return tr("offer ended");
    case v1::CONTACT_EVENT_KIND_HELD:
      return tr("held");
    case v1::CONTACT_EVENT_KIND_RESUMED:
      return tr("resumed");
    case v1::CONTACT_EVENT_KIND_TRANSFERRED:
      return tr("transferred");
    case v1::CONTACT_EVENT_KIND_REQUEUED:
      return tr("requeued");
    case v1::CONTACT_EVENT_KIND_WRAP_UP_STARTED:
      return tr("wrap-up");
    case v1::CONTACT_EVENT_KIND_ENDED:
      return tr("ended");
    case v1::CONTACT_EVENT_KIND_PRIORITY_SET:
      return tr("priority set");
    case v1::CONTACT_EVENT_KIND_STARVING:
      return tr("starving");
    case v1::CONTACT_EVENT_KIND_ASSIGNED:
      return tr("assigned");
    case v1::CONTACT_EVENT_KIND_RELEASED:
      return tr("released");
    default:
      return unknown(kind);
  }
}

std::string word(v1::QueueOrder order) {
  switch (order) {
    case v1::QUEUE_ORDER_RANK:
      return tr("rank");
    case v1::QUEUE_ORDER_SHARE:
      return tr("share");
    case v1::QUEUE_ORDER_RATIO:
      return tr("ratio");
    default:
      return unknown(order);
  }
}

std::string word(v1::ServiceLevelMethod method) {
  switch (method) {
    case v1::SERVICE_LEVEL_METHOD_ABANDONED_IN_TARGET_SERVED:
      return tr("abandoned in target served");
    case v1::SERVICE_LEVEL_METHOD_ANSWERED_ONLY:
      return tr("answered only");
    case v1::SERVICE_LEVEL_METHOD_STRICT:
      return tr("strict");
    case v1::SERVICE_LEVEL_METHOD_ABANDONED_IN_TARGET_IGNORED:
      return tr("abandoned in target ignored");
    case v1::SERVICE_LEVEL_METHOD_SHORT_ABANDON_SERVED:
      return tr("short abandon served");
    case v1::SERVICE_LEVEL_METHOD_SHORT_ABANDON_IGNORED:
      return tr("short abandon ignored");
    case v1::SERVICE_LEVEL_METHOD_LEFT_IN_TARGET:
      return tr("left in target");
    default:
      return unknown(method);
  }
}

std::string word(v1::MetricUnit unit) {
  switch (unit) {
    case v1::METRIC_UNIT_COUNT:
      return tr("count");
    case v1::METRIC_UNIT_PERCENT:
      return tr("per cent");
    case v1::METRIC_UNIT_SECONDS:
      return tr("time");
    case v1::METRIC_UNIT_MONEY:
      return tr("money");
    case v1::METRIC_UNIT_NUMBER:
      return tr("number");
    default:
      return unknown(unit);
  }
}

std::string word(v1::MetricDirection direction) {
  switch (direction) {
    case v1::METRIC_DIRECTION_HIGHER_IS_BETTER:
      return tr("higher");
    case v1::METRIC_DIRECTION_LOWER_IS_BETTER:
      return tr("lower");
    case v1::METRIC_DIRECTION_NEUTRAL:
      return tr("neither");
    default:
      return unknown(direction);
  }
}

std::string word(v1::KpiDimension dimension) {
  switch (dimension) {
    case v1::KPI_DIMENSION_WORKSPACE:
      return tr("workspace");
    case v1::KPI_DIMENSION_TENANT:
      return tr("tenant");
    case v1::KPI_DIMENSION_CHANNEL:
      return tr("channel");
    case v1::KPI_DIMENSION_QUEUE:
      return tr("queue");
    case v1::KPI_DIMENSION_BASE:
      return tr("base");
    case v1::KPI_DIMENSION_TEAM:
      return tr("team");
    case v1::KPI_DIMENSION_AGENT:
      return tr("agent");
    case v1::KPI_DIMENSION_BASE_QUEUE:
      return tr("base and queue");
    default:
      return unknown(dimension);
  }
}

std::string word(v1::Weekday day) {
  switch (day) {
    case v1::WEEKDAY_MONDAY:
      return tr("Mon");
    case v1::WEEKDAY_TUESDAY:
      return tr("Tue");
    case v1::WEEKDAY_WEDNESDAY:
      return tr("Wed");
    case v1::WEEKDAY_THURSDAY:
      return tr("Thu");
    case v1::WEEKDAY_FRIDAY:
      return tr("Fri");
    case v1::WEEKDAY_SATURDAY:
      return tr("Sat");
    case v1::WEEKDAY_SUNDAY:
      return tr("Sun");
    default:
      return unknown(day);
  }
}

std::string word(v1::PaceState state) {
  switch (state) {
    case v1::PACE_STATE_AHEAD:
      return tr("▲ ahead");
    case v1::PACE_STATE_ON:
      return tr("● on pace");
    case v1::PACE_STATE_BEHIND:
      return tr("▼ behind");
    case v1::PACE_STATE_UNKNOWN:
      return tr("– unknown");
    default:
      return unknown(state);
  }
}

std::string word(v1::PaceBasis basis) {
  switch (basis) {
    case v1::PACE_BASIS_TARGET:
      return tr("target at any time");
    case v1::PACE_BASIS_ROW:
      return tr("same weekday");
    case v1::PACE_BASIS_TENANT:
      return tr("same weekday of the tenant");
    case v1::PACE_BASIS_WORKSPACE:
      return tr("same weekday of the workspace");
    case v1::PACE_BASIS_LINEAR:
      return tr("time of day");
    default:
      return unknown(basis);
  }
}

std::string word(v1::MissingItem missing) {
  switch (missing) {
    case v1::MISSING_ITEM_NO_VALUE:
      return tr("nothing to tell");
    case v1::MISSING_ITEM_TOO_LITTLE_EVIDENCE:
      return tr("too little evidence");
    default:
      return unknown(missing);
  }
}

std::string word(v1::ContactOutcomeKind kind) {
  switch (kind) {
    case v1::CONTACT_OUTCOME_KIND_SURVEY_SENT:
      return tr("survey sent");
    case v1::CONTACT_OUTCOME_KIND_CSAT:
      return tr("satisfaction");
    case v1::CONTACT_OUTCOME_KIND_NPS:
      return tr("recommendation");
    case v1::CONTACT_OUTCOME_KIND_CES:
      return tr("effort");
    case v1::CONTACT_OUTCOME_KIND_RESOLVED:
      return tr("resolved at once");
    case v1::CONTACT_OUTCOME_KIND_ORDER:
      return tr("order");
    case v1::CONTACT_OUTCOME_KIND_REACTIVATED:
      return tr("reactivated");
    case v1::CONTACT_OUTCOME_KIND_COST:
      return tr("cost");
    default:
      return unknown(kind);
  }
}

std::string word(v1::PoolHold hold) {
  switch (hold) {
    case v1::POOL_HOLD_AUTOMATIC:
      return tr("opens and closes by itself");
    case v1::POOL_HOLD_OPEN:
      return tr("stays open");
    case v1::POOL_HOLD_CLOSED:
      return tr("stays closed");
    default:
      return unknown(hold);
  }
}

std::string word(v1::MemberState state) {
  switch (state) {
    case v1::MEMBER_STATE_APPLIED:
      return tr("applied");
    case v1::MEMBER_STATE_VERIFIED:
      return tr("verified");
    case v1::MEMBER_STATE_TRAINING:
      return tr("in training");
    case v1::MEMBER_STATE_CERTIFIED:
      return tr("certified");
    case v1::MEMBER_STATE_PROBATION:
      return tr("on probation");
    case v1::MEMBER_STATE_ACTIVE:
      return tr("serving");
    case v1::MEMBER_STATE_PAUSED:
      return tr("on leave");
    case v1::MEMBER_STATE_SUSPENDED:
      return tr("suspended");
    case v1::MEMBER_STATE_RETRAINING:
      return tr("in retraining");
    case v1::MEMBER_STATE_CLOSED:
      return tr("left");
    default:
      return unknown(state);
  }
}

std::string word(v1::TierDecision decision) {
  switch (decision) {
    case v1::TIER_DECISION_KEPT:
      return tr("kept");
    case v1::TIER_DECISION_PROMOTED:
      return tr("promoted");
    case v1::TIER_DECISION_DEMOTED:
      return tr("demoted");
    case v1::TIER_DECISION_SPARED:
      return tr("kept, for it began in that month");
    default:
      return unknown(decision);
  }
}

std::string word(v1::TierAppealState state) {
  switch (state) {
    case v1::TIER_APPEAL_STATE_UNSPECIFIED:
      return "";
    case v1::TIER_APPEAL_STATE_OPEN:
      return tr("waits for an answer");
    case v1::TIER_APPEAL_STATE_GRANTED:
      return tr("granted");
    case v1::TIER_APPEAL_STATE_REJECTED:
      return tr("rejected");
    default:
      return unknown(state);
  }
}

std::string word(v1::SubTeamChangeKind kind) {
  switch (kind) {
    case v1::SUB_TEAM_CHANGE_KIND_FOUNDED:
      return tr("founded the sub-team");
    case v1::SUB_TEAM_CHANGE_KIND_JOINED:
      return tr("joined the sub-team");
    case v1::SUB_TEAM_CHANGE_KIND_LEFT:
      return tr("left the sub-team");
    case v1::SUB_TEAM_CHANGE_KIND_DISSOLVED:
      return tr("sub-team dissolved");
    default:
      return unknown(kind);
  }
}

std::string word(v1::CertificateState state) {
  switch (state) {
    case v1::CERTIFICATE_STATE_ACTIVE:
      return tr("valid");
    case v1::CERTIFICATE_STATE_EXPIRING:
      return tr("ends soon");
    case v1::CERTIFICATE_STATE_EXPIRED:
      return tr("ended");
    case v1::CERTIFICATE_STATE_SUSPENDED:
      return tr("suspended");
    case v1::CERTIFICATE_STATE_REVOKED:
      return tr("revoked");
    case v1::CERTIFICATE_STATE_SUPERSEDED:
      return tr("replaced");
    default:
      return unknown(state);
  }
}

std::string word(v1::VettingState state) {
  switch (state) {
    case v1::VETTING_STATE_PENDING:
      return tr("proposed");
    case v1::VETTING_STATE_APPROVED:
      return tr("approved");
    case v1::VETTING_STATE_REJECTED:
      return tr("turned down");
    case v1::VETTING_STATE_WITHDRAWN:
      return tr("no longer approved");
    case v1::VETTING_STATE_EXPIRED:
      return tr("ended");
    default:
      return unknown(state);
  }
}

std::string word(v1::DeliveryState state) {
  switch (state) {
    case v1::DELIVERY_STATE_PENDING:
      return tr("pending");
    case v1::DELIVERY_STATE_DELIVERED:
      return tr("delivered");
    case v1::DELIVERY_STATE_DEAD:
      return tr("dead");
    default:
      return unknown(state);
  }
}

std::string word(v1::CourseTrack track) {
  switch (track) {
    case v1::COURSE_TRACK_PLATFORM:
      return tr("platform");
    case v1::COURSE_TRACK_INDUSTRY:
      return tr("industry");
    case v1::COURSE_TRACK_TENANT:
      return tr("tenant");
    default:
      return unknown(track);
  }
}

std::string word(v1::CourseState state) {
  switch (state) {
    case v1::COURSE_STATE_DRAFT:
      return tr("draft");
    case v1::COURSE_STATE_PUBLISHED:
      return tr("published");
    default:
      return unknown(state);
  }
}

std::string word(v1::QuestionKind kind) {
  switch (kind) {
    case v1::QUESTION_KIND_SINGLE_CHOICE:
      return tr("single choice");
    case v1::QUESTION_KIND_MULTIPLE_CHOICE:
      return tr("multiple choice");
    case v1::QUESTION_KIND_TRUE_FALSE:
      return tr("true or false");
    case v1::QUESTION_KIND_TEXT:
      return tr("text");
    default:
      return unknown(kind);
  }
}

std::string word(v1::ExamState state) {
  switch (state) {
    case v1::EXAM_STATE_DRAFT:
      return tr("draft");
    case v1::EXAM_STATE_PUBLISHED:
      return tr("published");
    default:
      return unknown(state);
  }
}

std::string word(v1::AttemptState state) {
  switch (state) {
    case v1::ATTEMPT_STATE_UNDER_WAY:
      return tr("under way");
    case v1::ATTEMPT_STATE_PASSED:
      return tr("passed");
    case v1::ATTEMPT_STATE_FAILED:
      return tr("failed");
    default:
      return unknown(state);
  }
}

std::string word(v1::AnnouncementState state) {
  switch (state) {
    case v1::ANNOUNCEMENT_STATE_DRAFT:
      return tr("draft");
    case v1::ANNOUNCEMENT_STATE_PUBLISHED:
      return tr("published");
    case v1::ANNOUNCEMENT_STATE_WITHDRAWN:
      return tr("taken back");
    default:
      return unknown(state);
  }
}

std::string word(v1::LiveSessionState state) {
  switch (state) {
    case v1::LIVE_SESSION_STATE_SCHEDULED:
      return tr("planned");
    case v1::LIVE_SESSION_STATE_CANCELLED:
      return tr("cancelled");
    case v1::LIVE_SESSION_STATE_HELD:
      return tr("has taken place");
    default:
      return unknown(state);
  }
}

std::string word(v1::SignUpState state) {
  switch (state) {
    case v1::SIGN_UP_STATE_ENROLLED:
      return tr("has a place");
    case v1::SIGN_UP_STATE_WAITING:
      return tr("on the waiting list");
    default:
      return unknown(state);
  }
}

std::string word(v1::AttendanceState state) {
  switch (state) {
    case v1::ATTENDANCE_STATE_PRESENT:
      return tr("present");
    case v1::ATTENDANCE_STATE_LATE:
      return tr("late");
    case v1::ATTENDANCE_STATE_ABSENT:
      return tr("absent");
    default:
      return unknown(state);
  }
}

std::string word(v1::AssessmentState state) {
  switch (state) {
    case v1::ASSESSMENT_STATE_OPEN:
      return tr("being answered");
    case v1::ASSESSMENT_STATE_FINISHED:
      return tr("finished");
    default:
      return unknown(state);
  }
}

std::string word(v1::SkillInput input) {
  switch (input) {
    case v1::SKILL_INPUT_TRAINING:
      return tr("training");
    case v1::SKILL_INPUT_CERTIFICATION:
      return tr("certification");
    case v1::SKILL_INPUT_CUSTOMER_SATISFACTION:
      return tr("customer satisfaction");
    case v1::SKILL_INPUT_QUALITY:
      return tr("quality");
    default:
      return unknown(input);
  }
}

std::string word(v1::LevelAction action) {
  switch (action) {
    case v1::LEVEL_ACTION_SET_LEVEL:
      return tr("sets the level");
    case v1::LEVEL_ACTION_CAP_LEVEL:
      return tr("keeps it from being higher");
    case v1::LEVEL_ACTION_FLOOR_LEVEL:
      return tr("keeps it from being lower");
    case v1::LEVEL_ACTION_WITHDRAW:
      return tr("withdraws the skill");
    case v1::LEVEL_ACTION_REQUEST_RETRAINING:
      return tr("asks for retraining");
    default:
      return unknown(action);
  }
}

std::string word(v1::LevelChangeCause cause) {
  switch (cause) {
    case v1::LEVEL_CHANGE_CAUSE_EVIDENCE:
      return tr("new evidence");
    case v1::LEVEL_CHANGE_CAUSE_TIME:
      return tr("time went by");
    case v1::LEVEL_CHANGE_CAUSE_RULES:
      return tr("new rules");
    default:
      return unknown(cause);
  }
}

std::string word(v1::EngagementType type) {
  switch (type) {
    case v1::ENGAGEMENT_TYPE_OWN_STAFF:
      return tr("own staff");
    case v1::ENGAGEMENT_TYPE_OUTSOURCED:
      return tr("outsourced");
    case v1::ENGAGEMENT_TYPE_PART_TIME:
      return tr("part-time");
    case v1::ENGAGEMENT_TYPE_FREELANCE:
      return tr("freelance");
    case v1::ENGAGEMENT_TYPE_STUDENT:
      return tr("student");
    case v1::ENGAGEMENT_TYPE_PARTNER_BASE:
      return tr("partner base");
    default:
      return unknown(type);
  }
}

std::string word(v1::Role role) {
  switch (role) {
    case v1::ROLE_PLATFORM_ADMIN:
      return tr("platform admin");
    case v1::ROLE_OPERATOR:
      return tr("operator");
    case v1::ROLE_SUPERVISOR:
      return tr("supervisor");
    case v1::ROLE_COACH:
      return tr("coach");
    case v1::ROLE_QA:
      return tr("quality assurance");
    case v1::ROLE_TENANT_ADMIN:
      return tr("tenant admin");
    case v1::ROLE_TENANT_VIEWER:
      return tr("tenant viewer");
    case v1::ROLE_AGENT:
      return tr("agent");
    default:
      return unknown(role);
  }
}

std::string word(v1::ApiScope scope) {
  switch (scope) {
    case v1::API_SCOPE_CONTACTS_READ:
      return tr("read contacts");
    case v1::API_SCOPE_CONTACTS_WRITE:
      return tr("change contacts");
    case v1::API_SCOPE_ROUTING_READ:
      return tr("read the routing configuration");
    case v1::API_SCOPE_ROUTING_WRITE:
      return tr("change the routing configuration");
    case v1::API_SCOPE_SESSIONS:
      return tr("agents' sessions");
    case v1::API_SCOPE_BOARD_READ:
      return tr("watch the board");
    case v1::API_SCOPE_ADMIN:
      return tr("run the server");
    case v1::API_SCOPE_IDENTITY:
      return tr("tenants, users and keys");
    case v1::API_SCOPE_MEMBERS_READ:
      return tr("look at members and certificates");
    case v1::API_SCOPE_MEMBERS_WRITE:
      return tr("change members and certificates");
    case v1::API_SCOPE_WEBHOOKS:
      return tr("webhooks");
    default:
      return unknown(scope);
  }
}

std::string word(v1::TenantState state) {
  switch (state) {
    case v1::TENANT_STATE_ACTIVE:
      return tr("enabled");
    case v1::TENANT_STATE_SUSPENDED:
      return tr("locked out");
    default:
      return unknown(state);
  }
}

std::string word(v1::UserState state) {
  switch (state) {
    case v1::USER_STATE_ACTIVE:
      return tr("enabled");
    case v1::USER_STATE_SUSPENDED:
      return tr("locked out");
    default:
      return unknown(state);
  }
}

std::string presence_text(v1::AgentPresence presence, v1::AgentPresence next) {
  return next == v1::AGENT_PRESENCE_UNSPECIFIED ? word(presence) : word(presence) + " → " + word(next);
}

std::string state_text(const v1::Contact& contact) {
  return contact.interrupted() ? tr("interrupted") : word(contact.state());
}

std::string word_reason(const std::string& reason) {
  const auto* known =
      std::find_if(kReasons.begin(), kReasons.end(), [&](const auto& row) { return row.first == reason; });
  return known == kReasons.end() ? reason : tr(known->second);
}

std::string reason_in_brackets(const std::string& reason) {
  return reason.empty() ? "" : say(" ({0})", word_reason(reason));
}

std::string signed_span(const google::protobuf::Duration& span) {
  const Duration value = from_proto(span);
  return value < Duration::zero() ? "-" + format_duration(-value) : format_duration(value);
}

bool is_final(v1::ContactState state) { return state >= v1::CONTACT_STATE_COMPLETED; }

std::string word_yes_no(bool value) { return value ? tr("yes") : tr("no"); }

std::string join(const std::vector<std::string>& parts, const std::string& separator) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : separator) + part;
  return text;
}

std::vector<std::string> explain(const v1::OfferExplanation& explanation) {
  // People count steps from 1.
  return {say("Offered because {0}; step {1} of the policy was in force, the contact had waited {2}.",
              word(explanation.trigger()), explanation.step() + 1, format_duration(from_proto(explanation.waited()))),
          considered(explanation), compared(explanation)};
}

}  // namespace muster::cli
