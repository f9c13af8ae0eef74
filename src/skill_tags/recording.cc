#include "recording.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "muster/members/skills.h"
#include "tag_store.h"

namespace muster::skill_tags {
namespace {

using api::Checker;
using Result = v1::RecordEvidenceResponse::Result;

constexpr int kRecordMax = 1'000;
constexpr int kSamplesMax = 100'000;
/// By so much another machine's clock may be ahead.
constexpr Duration kClocksDiffer = std::chrono::minutes(5);

/// One of the request, as it is stored.
Evidence evidence_in(const v1::Evidence& told, const By& by, Checker& check) {
  Evidence evidence;
  evidence.member_id = check.id("member_id", told.member_id());
  evidence.skill_id = check.id("skill_id", told.skill_id());
  evidence.input = told.input();
  check.expect(v1::SkillInput_IsValid(told.input()) && told.input() != v1::SKILL_INPUT_UNSPECIFIED, "input",
               "must be one of the four inputs");
  if (check.expect(told.has_score(), "score", "is required")) check.number("score", told.score(), 0, 100);
  evidence.score = told.score();
  evidence.sample_count = told.sample_count() == 0 ? 1 : told.sample_count();
  check.number("sample_count", evidence.sample_count, 1, kSamplesMax);
  evidence.reference = told.reference();
  api::check_name("reference", told.reference(), check);
  evidence.time = told.has_evidence_time() ? check.time("evidence_time", told.evidence_time()) : by.now;
  check.expect(evidence.time <= by.now + kClocksDiffer, "evidence_time", "must not be in the future");
  if (told.has_expire_time()) evidence.expires = check.time("expire_time", told.expire_time());
  evidence.actor = by.actor;
  return evidence;
}

Result::Outcome outcome_of(Recorded recorded) {
  switch (recorded) {
    case Recorded::kNew:
      return Result::OUTCOME_RECORDED;
    case Recorded::kCorrected:
      return Result::OUTCOME_CORRECTED;
    case Recorded::kUnchanged:
      return Result::OUTCOME_UNCHANGED;
  }
  return Result::OUTCOME_UNSPECIFIED;
}

/// One of a request, with what is told of it.
struct Row {
  Evidence evidence;
  Result* result;
};

std::optional<api::Error> refuse(const Evidence& evidence, const std::set<std::string>& members,
                                 const std::map<std::string, int>& kinds) {
  if (!members.contains(evidence.member_id)) return api::not_found("MEMBER", "member_id", evidence.member_id);
  if (!kinds.contains(evidence.skill_id)) return api::not_found("SKILL_TAG_KIND", "skill_id", evidence.skill_id);
  return std::nullopt;
}

/// Those that are in order. The others get their errors.
std::vector<Row> good_rows(TenantTransaction& t, const v1::RecordEvidenceRequest& request, const By& by,
                           v1::RecordEvidenceResponse& response) {
  std::vector<Row> rows;
  std::vector<std::string> members;
  for (const v1::Evidence& told : request.evidence()) {
    Result& result = *response.add_results();
    Checker checker;
    Evidence evidence = evidence_in(told, by, checker);
    if (checker.ok()) {
      members.push_back(evidence.member_id);
      rows.push_back({std::move(evidence), &result});
    } else {
      *result.mutable_error() = api::to_rpc_status(checker.error());
    }
  }
  const auto there = members::members_among(t, members);
  const auto kinds = kind_versions(t);
  std::erase_if(rows, [&](const Row& row) {
    const auto error = refuse(row.evidence, there, kinds);
    if (error) *row.result->mutable_error() = api::to_rpc_status(*error);
    return error.has_value();
  });
  return rows;
}

}  // namespace

Recorded record_evidence(TenantTransaction& t, const Evidence& evidence, TimePoint now) {
  const Stored stored = upsert_evidence(t, evidence, now);
  if (stored.recorded != Recorded::kUnchanged) mark_tags(t, {{evidence.member_id, evidence.skill_id}}, now);
  return stored.recorded;
}

void check(v1::RecordEvidenceRequest& request, Checker& check) {
  check.count("evidence", request.evidence_size(), 1, kRecordMax);
}

v1::RecordEvidenceResponse carry_out(TenantTransaction& t, const v1::RecordEvidenceRequest& request, const By& by) {
  v1::RecordEvidenceResponse response;
  std::vector<Row> rows = good_rows(t, request, by, response);
  // In one order, so that two who record the same do not wait for each other.
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    const auto key = [](const Evidence& e) { return std::tie(e.member_id, e.skill_id, e.input, e.reference); };
    return key(a.evidence) < key(b.evidence);
  });
  std::set<TagKey> marked;
  for (const Row& row : rows) {
    const Stored stored = upsert_evidence(t, row.evidence, by.now);
    row.result->set_outcome(outcome_of(stored.recorded));
    if (stored.recorded == Recorded::kUnchanged) continue;
    marked.emplace(row.evidence.member_id, row.evidence.skill_id);
    // The first record is in the table of evidence, with its actor; what a correction replaces is nowhere else.
    if (stored.before) by.changed("evidence/" + stored.before->evidence_id(), &*stored.before, &stored.now);
  }
  if (!marked.empty()) mark_tags(t, marked, by.now);
  return response;
}

}  // namespace muster::skill_tags
