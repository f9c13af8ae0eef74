#include "assessment_store.h"

#include <pqxx/pqxx>

#include "muster/node/render.h"
#include "muster/v1/member.pb.h"

namespace muster::academy {
namespace {

using store::limit_of;
using store::micros;
using store::page_of;
using store::read_time;
using store::time_in;
using store::time_param;

/// Runs `work` as the role that may touch these tables. When it throws, the transaction ends, and the role with it.
template <typename Work>
auto as_assessor(TenantTransaction& t, const Work& work) {
  t.sql().exec("SET LOCAL ROLE muster_assessor");
  auto result = work();
  t.sql().exec("SET LOCAL ROLE " + std::string(store::kTenantRole));
  return result;
}

std::string text(const pqxx::field& field) { return field.is_null() ? std::string() : field.as<std::string>(); }
void read(const pqxx::field& field, google::protobuf::Timestamp* out) { node::to_proto(time_in(field), out); }

std::optional<std::string> bytes_in(const pqxx::field& field) {
  if (field.is_null()) return std::nullopt;
  const pqxx::binarystring bytes(field);
  return std::string(bytes.get(), bytes.get() + bytes.size());
}
/// As text, for a parameter that is cast to bytea: pqxx has none for bytes that may be missing.
std::optional<std::string> bytes_param(TenantTransaction& t, const std::optional<std::string>& bytes) {
  if (!bytes) return std::nullopt;
  return t.sql().esc_raw(*bytes);
}

const std::string kScoringColumns = "i.value_min, i.value_max, i.scale_ids, i.item_scales, i.item_reversed::text[]";

Scoring scoring_in(const pqxx::row& row, int at) {
  const auto field = [&](int n) { return row[static_cast<pqxx::row::size_type>(at + n)]; };
  Scoring scoring{field(0).as<int>(), field(1).as<int>(), store::texts_in(field(2)), store::texts_in(field(3)), {}};
  for (const std::string& each : store::texts_in(field(4))) scoring.item_reversed.push_back(each == "true");
  return scoring;
}

const std::string kInstruments =
    "SELECT DISTINCT ON (i.instrument_id) i.instrument_id, i.version, i.purpose_version, " + kScoringColumns +
    ", title, description, notice, source, purpose, labels, scale_titles, scale_descriptions, items FROM instrument i"
    " JOIN instrument_text x USING (instrument_id, version) WHERE language = $1 ";
const std::string kNewestFirst = " ORDER BY i.instrument_id, i.version DESC";

void add_scales(const pqxx::row& row, const Scoring& scoring, v1::Instrument& instrument) {
  const auto titles = store::texts_in(row[14]), descriptions = store::texts_in(row[15]);
  for (std::size_t i = 0; i < scoring.scale_ids.size(); ++i) {
    v1::InstrumentScale& scale = *instrument.add_scales();
    scale.set_scale_id(scoring.scale_ids[i]);
    scale.set_title(titles[i]);
    scale.set_description(descriptions[i]);
    const ScaleBounds bounds = bounds_of(scoring, scale.scale_id());
    scale.set_minimum(bounds.minimum);
    scale.set_maximum(bounds.maximum);
  }
}

InstrumentRecord instrument_in(const pqxx::row& row, const std::string& language) {
  InstrumentRecord record{{}, scoring_in(row, 3)};
  v1::Instrument& instrument = record.instrument;
  instrument.set_instrument_id(text(row[0]));
  instrument.set_version(row[1].as<int>());
  instrument.set_purpose_version(row[2].as<int>());
  instrument.set_language(language);
  instrument.set_title(text(row[8]));
  instrument.set_description(text(row[9]));
  instrument.set_notice(text(row[10]));
  instrument.set_source(text(row[11]));
  instrument.set_purpose(text(row[12]));
  for (const std::string& each : store::texts_in(row[13])) {
    v1::InstrumentLabel& label = *instrument.add_labels();
    label.set_value(record.scoring.value_min + instrument.labels_size() - 1);
    label.set_text(each);
  }
  add_scales(row, record.scoring, instrument);
  for (const std::string& each : store::texts_in(row[16])) {
    v1::InstrumentItem& item = *instrument.add_items();
    item.set_number(instrument.items_size());
    item.set_text(each);
  }
  return record;
}

const std::string kForStaff = "(released AND member.state <> " + std::to_string(v1::MEMBER_STATE_CLOSED) + ")";

/// One question for all, so that who lists many does not ask for each member's key.
const std::string kAssessments =
    "SELECT assessment_id, member_id, instrument_id, version, purpose_version, assessment.state, " +
    read_time("start_time") + ", " + read_time("finish_time") + ", released, " + read_time("answers_delete_time") +
    ", answers, result, sealed_key, " + kForStaff +
    " FROM assessment JOIN assessment_key USING (member_id) JOIN member USING (member_id) ";

AssessmentRecord assessment_in(const pqxx::row& row) {
  AssessmentRecord record;
  record.id = row[0].as<std::int64_t>();
  v1::Assessment& assessment = record.assessment;
  assessment.set_assessment_id(text(row[0]));
  assessment.set_member_id(text(row[1]));
  assessment.set_instrument_id(text(row[2]));
  assessment.set_instrument_version(row[3].as<int>());
  assessment.set_purpose_version(row[4].as<int>());
  assessment.set_state(static_cast<v1::AssessmentState>(row[5].as<int>()));
  read(row[6], assessment.mutable_start_time());
  if (!row[7].is_null()) read(row[7], assessment.mutable_finish_time());
  assessment.set_released(row[8].as<bool>());
  read(row[9], assessment.mutable_answers_delete_time());
  record.answers = bytes_in(row[10]);
  record.result = bytes_in(row[11]);
  record.member_key = *bytes_in(row[12]);
  record.for_staff = row[13].as<bool>();
  return record;
}

std::optional<AssessmentRecord> only(const pqxx::result& rows) {
  if (rows.empty()) return std::nullopt;
  return assessment_in(rows[0]);
}

std::optional<std::int64_t> micros_of(const v1::Assessment& assessment) {
  if (!assessment.has_finish_time()) return std::nullopt;
  return micros(node::from_proto(assessment.finish_time()));
}

}  // namespace

std::vector<InstrumentRecord> list_instruments(TenantTransaction& t, const std::string& language) {
  const auto rows = as_assessor(t, [&] { return t.sql().exec_params(kInstruments + kNewestFirst, language); });
  std::vector<InstrumentRecord> records;
  for (const auto& row : rows) records.push_back(instrument_in(row, language));
  return records;
}

std::optional<InstrumentRecord> find_instrument(TenantTransaction& t, const std::string& instrument_id,
                                                const std::string& language) {
  const auto rows = as_assessor(t, [&] {
    return t.sql().exec_params(kInstruments + "AND i.instrument_id = $2" + kNewestFirst, language, instrument_id);
  });
  if (rows.empty()) return std::nullopt;
  return instrument_in(rows[0], language);
}

Scoring scoring_of(TenantTransaction& t, const std::string& instrument_id, int version) {
  const auto rows = as_assessor(t, [&] {
    return t.sql().exec_params(
        "SELECT " + kScoringColumns + " FROM instrument i WHERE instrument_id = $1 AND version = $2", instrument_id,
        version);
  });
  return scoring_in(rows[0], 0);
}

std::int64_t insert_assessment(TenantTransaction& t, const v1::Assessment& assessment) {
  const auto rows = as_assessor(t, [&] {
    return t.sql().exec_params(
        "INSERT INTO assessment (member_id, instrument_id, version, purpose_version, state, start_time, released,"
        " answers_delete_time) VALUES ($1, $2, $3, $4, $5, " +
            time_param(6) + ", false, " + time_param(7) + ") RETURNING assessment_id",
        assessment.member_id(), assessment.instrument_id(), assessment.instrument_version(),
        assessment.purpose_version(), static_cast<int>(assessment.state()),
        micros(node::from_proto(assessment.start_time())), micros(node::from_proto(assessment.answers_delete_time())));
  });
  return rows[0][0].as<std::int64_t>();
}

std::optional<AssessmentRecord> lock_assessment(TenantTransaction& t, std::int64_t id) {
  return only(as_assessor(
      t, [&] { return t.sql().exec_params(kAssessments + "WHERE assessment_id = $1 FOR UPDATE OF assessment", id); }));
}

std::optional<AssessmentRecord> find_assessment(TenantTransaction& t, std::int64_t id) {
  return only(as_assessor(t, [&] { return t.sql().exec_params(kAssessments + "WHERE assessment_id = $1", id); }));
}

std::int64_t open_assessment(TenantTransaction& t, const std::string& member_id, const std::string& instrument_id) {
  const auto rows = as_assessor(t, [&] {
    return t.sql().exec_params(
        "SELECT assessment_id FROM assessment WHERE member_id = $1 AND instrument_id = $2"
        " AND state = $3",
        member_id, instrument_id, static_cast<int>(v1::ASSESSMENT_STATE_OPEN));
  });
  return rows.empty() ? 0 : rows[0][0].as<std::int64_t>();
}

void update_assessment(TenantTransaction& t, const AssessmentRecord& record) {
  as_assessor(t, [&] {
    return t.sql().exec_params("UPDATE assessment SET state = $2, finish_time = " + time_param(3) +
                                   ", released = $4, answers = $5::bytea, result = $6::bytea WHERE assessment_id = $1",
                               record.id, static_cast<int>(record.assessment.state()), micros_of(record.assessment),
                               record.assessment.released(), bytes_param(t, record.answers),
                               bytes_param(t, record.result));
  });
}

Page<AssessmentRecord> list_assessments(TenantTransaction& t, const std::string& member_id,
                                        const std::string& own_member, const PageRequest& page) {
  const auto rows = as_assessor(t, [&] {
    return t.sql().exec_params(kAssessments + "WHERE assessment_id > $1 AND ($3 = '' OR member_id = $3) AND (" +
                                   kForStaff + " OR member_id = $4) ORDER BY assessment_id LIMIT $2",
                               page.after, limit_of(page), member_id, own_member);
  });
  return page_of<AssessmentRecord>(rows, page, assessment_in);
}

bool has_member_key(TenantTransaction& t, const std::string& member_id) {
  return !as_assessor(t, [&] {
            return t.sql().exec_params("SELECT FROM assessment_key WHERE member_id = $1", member_id);
          }).empty();
}

void insert_member_key(TenantTransaction& t, const std::string& member_id, const std::string& wrapped) {
  as_assessor(t, [&] {
    return t.sql().exec_params("INSERT INTO assessment_key (member_id, sealed_key) VALUES ($1, $2)", member_id,
                               pqxx::binarystring(wrapped));
  });
}

void insert_consent(TenantTransaction& t, const v1::AssessmentConsent& consent) {
  as_assessor(t, [&] {
    return t.sql().exec_params(
        "INSERT INTO assessment_consent (member_id, instrument_id, purpose_version, language, consent_time)"
        " VALUES ($1, $2, $3, $4, " +
            time_param(5) + ")",
        consent.member_id(), consent.instrument_id(), consent.purpose_version(), consent.language(),
        micros(node::from_proto(consent.consent_time())));
  });
}

int erase_assessments(TenantTransaction& t, const std::string& member_id, TimePoint now) {
  return as_assessor(t, [&] {
    const auto gone = t.sql().exec_params("DELETE FROM assessment WHERE member_id = $1", member_id);
    t.sql().exec_params("DELETE FROM assessment_key WHERE member_id = $1", member_id);
    t.sql().exec_params("UPDATE assessment_consent SET withdraw_time = " + time_param(2) +
                            " WHERE member_id = $1 AND withdraw_time IS NULL",
                        member_id, micros(now));
    return static_cast<int>(gone.affected_rows());
  });
}

std::vector<AssessmentRecord> due_for_deletion(TenantTransaction& t, TimePoint now, std::size_t limit) {
  const auto rows = as_assessor(t, [&] {
    return t.sql().exec_params(kAssessments + "WHERE answers_delete_time <= " + time_param(1) +
                                   " AND (answers IS NOT NULL OR assessment.state = 1) ORDER BY assessment_id LIMIT $2"
                                   " FOR UPDATE OF assessment",
                               micros(now), static_cast<std::int64_t>(limit));
  });
  std::vector<AssessmentRecord> due;
  for (const auto& row : rows) due.push_back(assessment_in(row));
  return due;
}

void delete_assessment(TenantTransaction& t, std::int64_t id) {
  as_assessor(t, [&] { return t.sql().exec_params("DELETE FROM assessment WHERE assessment_id = $1", id); });
}

}  // namespace muster::academy
