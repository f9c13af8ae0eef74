#include "assessments.h"

#include <chrono>
#include <map>
#include <set>

#include "learning.h"
#include "member_key.h"
#include "muster/api/server_number.h"
#include "muster/members/skills.h"
#include "muster/node/render.h"

namespace muster::academy {
namespace {

using api::Checker;
using api::found;
using api::indexed;
using api::number_of;
using api::precondition;
using api::Refusal;

constexpr int kAnswersMax = 200;
/// Told in assessment.proto.
constexpr Duration kAnswersKept = std::chrono::hours(90 * 24);
/// So many are looked after in one transaction.
constexpr std::size_t kBatch = 50;

using Answers = std::map<int, int>;

std::string name_of(const v1::Assessment& assessment) { return "assessment/" + assessment.assessment_id(); }
std::string answers_place(const AssessmentRecord& record) { return "answers/" + std::to_string(record.id); }
std::string result_place(const AssessmentRecord& record) { return "result/" + std::to_string(record.id); }

// --- what is sealed ---

MemberKey key_of(const AssessmentRecord& record, const Sealer& root) {
  return MemberKey::unwrap(record.assessment.member_id(), record.member_key, root);
}

/// REQUIRES: the member is locked.
void make_key(TenantTransaction& t, const std::string& member_id, const Sealer& root) {
  if (has_member_key(t, member_id)) return;
  insert_member_key(t, member_id, MemberKey::make(member_id).wrapped(root));
}

Answers answers_in(const AssessmentRecord& record, const MemberKey& key) {
  Answers answers;
  if (!record.answers) return answers;
  v1::Assessment opened;
  opened.ParseFromString(key.open(answers_place(record), *record.answers));
  for (const v1::AssessmentAnswer& each : opened.answers()) answers[each.number()] = each.value();
  return answers;
}

void put_answers(const Answers& answers, v1::Assessment& assessment) {
  for (const auto& [number, value] : answers) {
    v1::AssessmentAnswer& answer = *assessment.add_answers();
    answer.set_number(number);
    answer.set_value(value);
  }
}

std::string sealed_answers(const AssessmentRecord& record, const Answers& answers, const MemberKey& key) {
  v1::Assessment opened;
  put_answers(answers, opened);
  return key.seal(answers_place(record), opened.SerializeAsString());
}

// --- rules ---

Refusal not_there(const std::string& assessment_id) {
  return Refusal(api::not_found("ASSESSMENT", "assessment_id", assessment_id));
}

/// The caller's own, locked. Another member's is not found, as if there were none.
AssessmentRecord own_assessment(TenantTransaction& t, const std::string& assessment_id, const std::string& own_member) {
  api::expect_member(own_member);
  auto record = lock_assessment(t, number_of(assessment_id));
  if (!record || record->assessment.member_id() != own_member) throw not_there(assessment_id);
  return *std::move(record);
}

Refusal about(const AssessmentRecord& record, const std::string& reason, const std::string& why) {
  const std::string& id = record.assessment.assessment_id();
  return Refusal(precondition(reason, "assessment_id '" + id + "' " + why, {{"assessment_id", id}}));
}

void expect_open(const AssessmentRecord& record) {
  if (record.assessment.state() == v1::ASSESSMENT_STATE_OPEN) return;
  throw about(record, "ASSESSMENT_FINISHED", "is finished: nothing is answered any more");
}

void expect_consent(const v1::Instrument& instrument, const v1::StartAssessmentRequest& request) {
  if (request.consent() && request.purpose_version() == instrument.purpose_version()) return;
  const std::string version = std::to_string(instrument.purpose_version());
  throw Refusal(precondition(
      "CONSENT_MISSING",
      "instrument_id '" + instrument.instrument_id() + "' needs the consent to version " + version + " of its purpose",
      {{"instrument_id", instrument.instrument_id()}, {"purpose_version", version}}));
}

void expect_none_open(TenantTransaction& t, const std::string& member_id, const std::string& instrument_id) {
  const std::int64_t open = open_assessment(t, member_id, instrument_id);
  if (open == 0) return;
  const std::string id = std::to_string(open);
  throw Refusal(precondition("ASSESSMENT_OPEN", "assessment_id '" + id + "' is not finished", {{"assessment_id", id}}));
}

/// What the instrument does not have becomes a violation.
void expect_answers_fit(const v1::SaveAssessmentAnswersRequest& request, const Scoring& scoring) {
  Checker checker;
  for (int i = 0; i < request.answers_size(); ++i) {
    const std::string path = indexed("answers", i);
    checker.number(path + ".number", request.answers(i).number(), 1, static_cast<int>(scoring.item_scales.size()));
    checker.number(path + ".value", request.answers(i).value(), scoring.value_min, scoring.value_max);
  }
  if (!checker.ok()) throw Refusal(checker.error());
}

Scoring scoring_for(TenantTransaction& t, const AssessmentRecord& record) {
  return scoring_of(t, record.assessment.instrument_id(), record.assessment.instrument_version());
}

v1::Assessment new_assessment(const v1::Instrument& instrument, const By& by) {
  v1::Assessment assessment;
  assessment.set_member_id(by.own_member);
  assessment.set_instrument_id(instrument.instrument_id());
  assessment.set_instrument_version(instrument.version());
  assessment.set_purpose_version(instrument.purpose_version());
  assessment.set_state(v1::ASSESSMENT_STATE_OPEN);
  node::to_proto(by.now, assessment.mutable_start_time());
  node::to_proto(by.now + kAnswersKept, assessment.mutable_answers_delete_time());
  return assessment;
}

v1::AssessmentConsent consent_of(const v1::StartAssessmentRequest& request, const By& by) {
  v1::AssessmentConsent consent;
  consent.set_member_id(by.own_member);
  consent.set_instrument_id(request.instrument_id());
  consent.set_purpose_version(request.purpose_version());
  consent.set_language(request.language());
  node::to_proto(by.now, consent.mutable_consent_time());
  return consent;
}

}  // namespace

std::string language_asked(const std::string& language, Checker& check) {
  check.expect(language.empty() || language == "en" || language == "zh", "language", "must be en or zh");
  return language.empty() ? "en" : language;
}

InstrumentRecord instrument_named(TenantTransaction& t, const std::string& instrument_id, const std::string& language) {
  return found(find_instrument(t, instrument_id, language), "INSTRUMENT", "instrument_id", instrument_id);
}

v1::Assessment with_result(const AssessmentRecord& record, const Sealer& root) {
  v1::Assessment assessment = record.assessment;
  if (!record.result) return assessment;
  v1::Assessment opened;
  opened.ParseFromString(key_of(record, root).open(result_place(record), *record.result));
  *assessment.mutable_scores() = opened.scores();
  return assessment;
}

v1::Assessment assessment_shown(TenantTransaction& t, const std::string& assessment_id, const api::Own& own,
                                const Sealer& root) {
  const auto record = find_assessment(t, number_of(assessment_id));
  const bool is_own = record && record->assessment.member_id() == own.member;
  const bool for_staff = record && own.only.empty() && record->for_staff;
  if (!is_own && !for_staff) throw not_there(assessment_id);
  v1::Assessment assessment = with_result(*record, root);
  if (is_own) put_answers(answers_in(*record, key_of(*record, root)), assessment);
  return assessment;
}

int save_answers(TenantTransaction& t, const v1::SaveAssessmentAnswersRequest& request, const std::string& own_member,
                 const Sealer& root) {
  AssessmentRecord record = own_assessment(t, request.assessment_id(), own_member);
  expect_open(record);
  expect_answers_fit(request, scoring_for(t, record));
  const MemberKey key = key_of(record, root);
  Answers answers = answers_in(record, key);
  for (const v1::AssessmentAnswer& each : request.answers()) answers[each.number()] = each.value();
  record.answers = sealed_answers(record, answers, key);
  update_assessment(t, record);
  return static_cast<int>(answers.size());
}

bool delete_old_answers(TenantTransaction& t, TimePoint now) {
  auto due = due_for_deletion(t, now, kBatch);
  if (due.empty()) return false;
  api::audited(t, {t.tenant(), "academy", "DeleteOldAnswers", ""}, now, {}, [&](const By& by) {
    for (AssessmentRecord& record : due) {
      const v1::Assessment before = record.assessment;
      if (before.state() == v1::ASSESSMENT_STATE_OPEN) {
        delete_assessment(t, record.id);
        by.changed(name_of(before), &before, nullptr);
      } else {
        record.answers.reset();
        update_assessment(t, record);
        by.changed("assessment-answers/" + before.assessment_id(), &before, nullptr);
      }
    }
    return true;
  });
  return due.size() == kBatch;
}

// --- checks ---

void check(v1::StartAssessmentRequest& request, Checker& check) {
  check.id("instrument_id", request.instrument_id());
  request.set_language(language_asked(request.language(), check));
}

void check(const v1::SaveAssessmentAnswersRequest& request, Checker& check) {
  if (!check.count("answers", request.answers_size(), 1, kAnswersMax)) return;
  std::set<int> numbers;
  for (int i = 0; i < request.answers_size(); ++i) {
    check.expect(numbers.insert(request.answers(i).number()).second, indexed("answers", i) + ".number",
                 "is there twice");
  }
}

void check(v1::FinishAssessmentRequest&, Checker&) {}
void check(v1::ReleaseAssessmentRequest&, Checker&) {}
void check(v1::WithdrawAssessmentConsentRequest&, Checker&) {}

// --- changes ---

v1::StartAssessmentResponse carry_out(TenantTransaction& t, const v1::StartAssessmentRequest& request, const By& by,
                                      const Sealer& root) {
  api::expect_member(by.own_member);
  expect_learner(t, by.own_member);
  const v1::Instrument instrument = instrument_named(t, request.instrument_id(), request.language()).instrument;
  expect_consent(instrument, request);
  expect_none_open(t, by.own_member, instrument.instrument_id());
  make_key(t, by.own_member, root);
  const v1::AssessmentConsent consent = consent_of(request, by);
  insert_consent(t, consent);
  const std::int64_t id = insert_assessment(t, new_assessment(instrument, by));
  v1::StartAssessmentResponse response;
  *response.mutable_assessment() = find_assessment(t, id)->assessment;
  by.changed("assessment-consent/" + by.own_member, nullptr, &consent);
  by.changed(name_of(response.assessment()), nullptr, &response.assessment());
  return response;
}

v1::FinishAssessmentResponse carry_out(TenantTransaction& t, const v1::FinishAssessmentRequest& request, const By& by,
                                       const Sealer& root) {
  AssessmentRecord record = own_assessment(t, request.assessment_id(), by.own_member);
  const v1::Assessment before = record.assessment;
  expect_open(record);
  const Scoring scoring = scoring_for(t, record);
  const MemberKey key = key_of(record, root);
  const Answers answers = answers_in(record, key);
  if (answers.size() < scoring.item_scales.size()) {
    const std::string missing = std::to_string(scoring.item_scales.size() - answers.size());
    throw Refusal(precondition("ANSWERS_MISSING", missing + " items have no answer",
                               {{"assessment_id", before.assessment_id()}, {"missing", missing}}));
  }
  v1::Assessment result;
  for (const v1::AssessmentScore& each : scores_of(scoring, answers)) *result.add_scores() = each;
  record.result = key.seal(result_place(record), result.SerializeAsString());
  record.assessment.set_state(v1::ASSESSMENT_STATE_FINISHED);
  node::to_proto(by.now, record.assessment.mutable_finish_time());
  update_assessment(t, record);
  by.changed(name_of(before), &before, &record.assessment);
  v1::FinishAssessmentResponse response;
  *response.mutable_assessment() = record.assessment;
  return response;
}

v1::ReleaseAssessmentResponse carry_out(TenantTransaction& t, const v1::ReleaseAssessmentRequest& request, const By& by,
                                        const Sealer&) {
  AssessmentRecord record = own_assessment(t, request.assessment_id(), by.own_member);
  const v1::Assessment before = record.assessment;
  if (before.state() != v1::ASSESSMENT_STATE_FINISHED) {
    throw about(record, "ASSESSMENT_OPEN", "is not finished: there is no result yet");
  }
  record.assessment.set_released(request.released());
  update_assessment(t, record);
  by.changed(name_of(before), &before, &record.assessment);
  v1::ReleaseAssessmentResponse response;
  *response.mutable_assessment() = record.assessment;
  return response;
}

v1::WithdrawAssessmentConsentResponse carry_out(TenantTransaction& t, const v1::WithdrawAssessmentConsentRequest&,
                                                const By& by, const Sealer&) {
  api::expect_member(by.own_member);
  static_cast<void>(members::state_of(t, by.own_member));
  v1::WithdrawAssessmentConsentResponse response;
  if (!has_member_key(t, by.own_member)) return response;
  response.set_assessment_count(erase_assessments(t, by.own_member, by.now));
  v1::AssessmentConsent withdrawn;
  withdrawn.set_member_id(by.own_member);
  node::to_proto(by.now, withdrawn.mutable_withdraw_time());
  by.changed("assessment-consent/" + by.own_member, nullptr, &withdrawn);
  return response;
}

}  // namespace muster::academy
