#include "announcement_store.h"

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

std::string text(const pqxx::field& field) { return field.is_null() ? std::string() : field.as<std::string>(); }
void read(const pqxx::field& field, google::protobuf::Timestamp* out) { node::to_proto(time_in(field), out); }
std::int64_t micros(const google::protobuf::Timestamp& time) { return micros(node::from_proto(time)); }
std::optional<std::int64_t> deadline_of(const v1::Announcement& announcement) {
  if (!announcement.has_deadline()) return std::nullopt;
  return micros(announcement.deadline());
}

/// Of the member that parameter `n` names.
std::string announcements_of(int n) {
  return "SELECT number, announcement_id, title, body, skill_id, " + read_time("effective_time") + ", " +
         read_time("deadline") + ", question, option_ids, option_texts, right_id, explanation, state, in_force, " +
         read_time("x.acknowledge_time") + ", " + read_time("create_time") +
         " FROM announcement LEFT JOIN (SELECT announcement_id AS id, acknowledge_time FROM announcement_answer"
         " WHERE member_id = $" +
         std::to_string(n) + ") x ON x.id = announcement_id ";
}

AnnouncementRecord record_in(const pqxx::row& row) {
  AnnouncementRecord record;
  v1::Announcement& announcement = record.announcement;
  announcement.set_announcement_id(text(row[1]));
  announcement.set_title(text(row[2]));
  announcement.set_body(text(row[3]));
  announcement.set_skill_id(text(row[4]));
  read(row[5], announcement.mutable_effective_time());
  if (!row[6].is_null()) read(row[6], announcement.mutable_deadline());
  announcement.set_question(text(row[7]));
  const auto ids = store::texts_in(row[8]), texts = store::texts_in(row[9]);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    v1::AnnouncementOption& option = *announcement.add_options();
    option.set_option_id(ids[i]);
    option.set_text(texts[i]);
  }
  record.key.set_option_id(text(row[10]));
  record.key.set_explanation(text(row[11]));
  announcement.set_state(static_cast<v1::AnnouncementState>(row[12].as<int>()));
  announcement.set_in_force(row[13].as<bool>());
  if (!row[14].is_null()) read(row[14], announcement.mutable_acknowledge_time());
  read(row[15], announcement.mutable_create_time());
  return record;
}

struct Options {
  std::string ids;
  std::string texts;
};
Options options_of(const v1::Announcement& announcement) {
  std::vector<std::string> ids, texts;
  for (const v1::AnnouncementOption& option : announcement.options()) {
    ids.push_back(option.option_id());
    texts.push_back(option.text());
  }
  return {store::to_array(ids), store::to_array(texts)};
}

const std::string kPublished = std::to_string(v1::ANNOUNCEMENT_STATE_PUBLISHED);
/// The announcement of the row concerns the member that parameter `n` names.
std::string concerning(int n) {
  return "EXISTS (SELECT FROM granted_skill g WHERE g.skill_id = announcement.skill_id AND g.member_id = $" +
         std::to_string(n) + ")";
}

}  // namespace

void lock_announcement(TenantTransaction& t, const std::string& announcement_id) {
  t.sql().exec_params("SELECT FROM announcement WHERE announcement_id = $1 FOR UPDATE", announcement_id);
}

std::optional<AnnouncementRecord> find_announcement(TenantTransaction& t, const std::string& announcement_id,
                                                    const std::string& member_id) {
  const auto rows = t.sql().exec_params(announcements_of(2) + "WHERE announcement_id = $1", announcement_id, member_id);
  if (rows.empty()) return std::nullopt;
  return record_in(rows[0]);
}

bool insert_announcement(TenantTransaction& t, const AnnouncementRecord& record, TimePoint now) {
  const v1::Announcement& announcement = record.announcement;
  const Options options = options_of(announcement);
  const auto done = t.sql().exec_params(
      "INSERT INTO announcement (announcement_id, title, body, skill_id, effective_time, deadline, question,"
      " option_ids, option_texts, right_id, explanation, state, in_force, create_time) VALUES ($1, $2, $3, $4, " +
          time_param(5) + ", " + time_param(6) + ", $7, $8, $9, $10, $11, $12, false, " + time_param(13) +
          ") ON CONFLICT (announcement_id) DO NOTHING",
      announcement.announcement_id(), announcement.title(), announcement.body(), announcement.skill_id(),
      micros(announcement.effective_time()), deadline_of(announcement), announcement.question(), options.ids,
      options.texts, record.key.option_id(), record.key.explanation(), static_cast<int>(announcement.state()),
      micros(now));
  return done.affected_rows() == 1;
}

void update_announcement(TenantTransaction& t, const AnnouncementRecord& record) {
  const v1::Announcement& announcement = record.announcement;
  const Options options = options_of(announcement);
  t.sql().exec_params(
      "UPDATE announcement SET title = $2, body = $3, skill_id = $4, effective_time = " + time_param(5) +
          ", deadline = " + time_param(6) +
          ", question = $7, option_ids = $8, option_texts = $9, right_id = $10, explanation = $11, state = $12,"
          " in_force = $13 WHERE announcement_id = $1",
      announcement.announcement_id(), announcement.title(), announcement.body(), announcement.skill_id(),
      micros(announcement.effective_time()), deadline_of(announcement), announcement.question(), options.ids,
      options.texts, record.key.option_id(), record.key.explanation(), static_cast<int>(announcement.state()),
      announcement.in_force());
}

bool concerns(TenantTransaction& t, const std::string& announcement_id, const std::string& member_id) {
  return !t.sql()
              .exec_params("SELECT FROM announcement WHERE announcement_id = $1 AND " + concerning(2), announcement_id,
                           member_id)
              .empty();
}

Page<v1::Announcement> list_announcements(TenantTransaction& t, const AnnouncementFilter& filter,
                                          const PageRequest& page) {
  const auto rows =
      t.sql().exec_params(announcements_of(3) + "WHERE number > $1 AND ($3 = '' OR (state = " + kPublished + " AND " +
                              concerning(3) + ")) AND (NOT $4 OR x.acknowledge_time IS NULL) ORDER BY number LIMIT $2",
                          page.after, limit_of(page), filter.member_id, filter.pending);
  return page_of<v1::Announcement>(rows, page, [](const pqxx::row& row) { return record_in(row).announcement; });
}

std::vector<AnnouncementRecord> due_announcements(TenantTransaction& t, TimePoint now, std::size_t limit) {
  const auto rows = t.sql().exec_params(announcements_of(3) + "WHERE state = " + kPublished +
                                            " AND NOT in_force AND effective_time <= " + time_param(1) +
                                            " ORDER BY effective_time, number LIMIT $2 FOR UPDATE OF announcement",
                                        micros(now), static_cast<std::int64_t>(limit), "");
  std::vector<AnnouncementRecord> due;
  for (const auto& row : rows) due.push_back(record_in(row));
  return due;
}

void count_wrong_answer(TenantTransaction& t, const std::string& announcement_id, const std::string& member_id) {
  t.sql().exec_params(
      "INSERT INTO announcement_answer (announcement_id, member_id, wrong_answers) VALUES ($1, $2, 1)"
      " ON CONFLICT (announcement_id, member_id) DO UPDATE SET wrong_answers = announcement_answer.wrong_answers + 1",
      announcement_id, member_id);
}

void acknowledge(TenantTransaction& t, const std::string& announcement_id, const std::string& member_id,
                 TimePoint now) {
  t.sql().exec_params(
      "INSERT INTO announcement_answer (announcement_id, member_id, wrong_answers, acknowledge_time)"
      " VALUES ($1, $2, 0, " +
          time_param(3) +
          ") ON CONFLICT (announcement_id, member_id) DO UPDATE SET acknowledge_time ="
          " coalesce(announcement_answer.acknowledge_time, excluded.acknowledge_time)",
      announcement_id, member_id, micros(now));
}

Page<v1::Acknowledgement> list_acknowledgements(TenantTransaction& t, const std::string& announcement_id, bool pending,
                                                const std::string& team_id, const PageRequest& page) {
  const auto rows = t.sql().exec_params(
      "SELECT m.number, m.member_id, m.display_name, m.team_id, coalesce(w.wrong_answers, 0), " +
          read_time("w.acknowledge_time") +
          " FROM announcement a JOIN granted_skill g USING (skill_id) JOIN member m USING (member_id)"
          " LEFT JOIN announcement_answer w ON w.announcement_id = a.announcement_id AND w.member_id = m.member_id"
          " WHERE a.announcement_id = $3 AND m.number > $1 AND m.state <> " +
          std::to_string(v1::MEMBER_STATE_CLOSED) +
          " AND (NOT $4 OR w.acknowledge_time IS NULL) AND ($5 = '' OR m.team_id = $5) ORDER BY m.number LIMIT $2",
      page.after, limit_of(page), announcement_id, pending, team_id);
  return page_of<v1::Acknowledgement>(rows, page, [](const pqxx::row& row) {
    v1::Acknowledgement each;
    each.set_member_id(text(row[1]));
    each.set_display_name(text(row[2]));
    each.set_team_id(text(row[3]));
    each.set_wrong_answers(row[4].as<int>());
    if (!row[5].is_null()) read(row[5], each.mutable_acknowledge_time());
    return each;
  });
}

}  // namespace muster::academy
