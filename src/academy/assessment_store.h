#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "instrument.h"
#include "muster/base/time.h"
#include "muster/store/sql.h"
#include "muster/store/tenant_pool.h"
#include "muster/v1/assessment.pb.h"

/// The tables of assessments. The role of other transactions may not touch them: each function takes on another one
/// for as long as it runs. REQUIRES everywhere: a transaction of the platform. All throw pqxx::failure.
namespace muster::academy {

using store::Page;
using store::PageRequest;
using store::TenantTransaction;

struct InstrumentRecord {
  v1::Instrument instrument;
  Scoring scoring;
};
/// The newest version of each.
std::vector<InstrumentRecord> list_instruments(TenantTransaction& t, const std::string& language);
std::optional<InstrumentRecord> find_instrument(TenantTransaction& t, const std::string& instrument_id,
                                                const std::string& language);
/// Of a version that there is.
Scoring scoring_of(TenantTransaction& t, const std::string& instrument_id, int version);

struct AssessmentRecord {
  std::int64_t id = 0;
  v1::Assessment assessment;           ///< without answers and scores
  std::optional<std::string> answers;  ///< sealed; empty: none yet, or deleted
  std::optional<std::string> result;   ///< sealed; empty: not finished
  std::string member_key;              ///< as MemberKey::wrapped() gave it
  bool for_staff = false;              ///< released, by one who has not left
};
/// Gives its number. REQUIRES: the member has a key.
std::int64_t insert_assessment(TenantTransaction& t, const v1::Assessment& assessment);
/// Locked until the end of the transaction.
std::optional<AssessmentRecord> lock_assessment(TenantTransaction& t, std::int64_t id);
std::optional<AssessmentRecord> find_assessment(TenantTransaction& t, std::int64_t id);
/// The member's with that instrument that is not finished; 0: none.
std::int64_t open_assessment(TenantTransaction& t, const std::string& member_id, const std::string& instrument_id);
/// State, finish_time, released, answers and result.
void update_assessment(TenantTransaction& t, const AssessmentRecord& record);
/// Those of `own_member`, and those of others that are for staff. `member_id` empty: of any.
Page<AssessmentRecord> list_assessments(TenantTransaction& t, const std::string& member_id,
                                        const std::string& own_member, const PageRequest& page);

bool has_member_key(TenantTransaction& t, const std::string& member_id);
void insert_member_key(TenantTransaction& t, const std::string& member_id, const std::string& wrapped);

void insert_consent(TenantTransaction& t, const v1::AssessmentConsent& consent);
/// Deletes the member's assessments, then the key, and tells how many there were. Consents are marked as withdrawn.
int erase_assessments(TenantTransaction& t, const std::string& member_id, TimePoint now);

/// Those whose answers are to be deleted by then, locked; the finished ones only if they have answers.
std::vector<AssessmentRecord> due_for_deletion(TenantTransaction& t, TimePoint now, std::size_t limit);
void delete_assessment(TenantTransaction& t, std::int64_t id);

}  // namespace muster::academy
