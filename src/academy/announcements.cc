#include "announcements.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "muster/members/skills.h"
#include "muster/node/render.h"
#include "options.h"

namespace muster::academy {
namespace {

using api::Checker;
using api::found;
using api::precondition;
using api::Refusal;
using api::sets;
using api::short_name;

constexpr std::size_t kBodyBytesMax = 65'536;
constexpr std::size_t kTextBytesMax = 4'000;
/// So many come into force in one transaction: each may concern every member.
constexpr std::size_t kBatch = 5;

std::string cause_of(const v1::Announcement& announcement) { return "announcement:" + announcement.announcement_id(); }
std::string name_of(const v1::Announcement& announcement) { return "announcement/" + announcement.announcement_id(); }
std::string key_name_of(const v1::Announcement& announcement) { return name_of(announcement) + "/key"; }

// --- shapes ---

bool has_option(const v1::Announcement& announcement, const std::string& option_id) {
  const auto& options = announcement.options();
  return std::any_of(options.begin(), options.end(),
                     [&](const v1::AnnouncementOption& each) { return each.option_id() == option_id; });
}

void check_filled(const std::string& path, const std::string& text, std::size_t bytes_max, Checker& check) {
  check.expect(!text.empty(), path, "must not be empty");
  check.text(path, text, bytes_max);
}

void check_announcement(const v1::Announcement& announcement, const google::protobuf::FieldMask* mask, Checker& check) {
  check.id("announcement.announcement_id", announcement.announcement_id());
  if (sets(mask, "title")) api::check_name("announcement.title", announcement.title(), check);
  if (sets(mask, "body")) check_filled("announcement.body", announcement.body(), kBodyBytesMax, check);
  if (sets(mask, "skill_id")) check.id("announcement.skill_id", announcement.skill_id());
  if (sets(mask, "effective_time")) check.time("announcement.effective_time", announcement.effective_time());
  if (sets(mask, "deadline") && announcement.has_deadline()) {
    check.time("announcement.deadline", announcement.deadline());
  }
  if (sets(mask, "question")) check_filled("announcement.question", announcement.question(), kTextBytesMax, check);
  if (sets(mask, "options")) check_options("announcement.options", announcement.options(), check);
}

// --- rules ---

/// What stands in the record fits together, and its skill follows members. The record is as it is to become.
void expect_whole(TenantTransaction& t, const AnnouncementRecord& record) {
  if (!has_option(record.announcement, record.key.option_id())) {
    throw Refusal(api::invalid_request({{"key.option_id", "is none of the options"}}));
  }
  const std::string& skill_id = record.announcement.skill_id();
  if (members::is_managed(t, skill_id)) return;
  throw Refusal(precondition("SKILL_NOT_MANAGED",
                             "skill_id '" + skill_id + "' does not follow members: nothing grants it to them",
                             {{"skill_id", skill_id}}));
}

void expect_state(const v1::Announcement& announcement, const std::vector<v1::AnnouncementState>& states) {
  const v1::AnnouncementState state = announcement.state();
  if (std::find(states.begin(), states.end(), state) != states.end()) return;
  const std::string& id = announcement.announcement_id();
  throw Refusal(precondition("ANNOUNCEMENT_WRONG_STATE", "announcement_id '" + id + "' is " + short_name(state),
                             {{"announcement_id", id}, {"state", short_name(state)}}));
}

/// The announcement, locked, which is in one of these states.
AnnouncementRecord announcement_in(TenantTransaction& t, const std::string& announcement_id,
                                   const std::vector<v1::AnnouncementState>& states) {
  lock_announcement(t, announcement_id);
  AnnouncementRecord record =
      found(find_announcement(t, announcement_id, ""), "ANNOUNCEMENT", "announcement_id", announcement_id);
  expect_state(record.announcement, states);
  return record;
}

void merge(const v1::Announcement& from, const google::protobuf::FieldMask& mask, v1::Announcement& into) {
  if (sets(&mask, "title")) into.set_title(from.title());
  if (sets(&mask, "body")) into.set_body(from.body());
  if (sets(&mask, "skill_id")) into.set_skill_id(from.skill_id());
  if (sets(&mask, "effective_time")) *into.mutable_effective_time() = from.effective_time();
  if (sets(&mask, "deadline")) {
    into.clear_deadline();
    if (from.has_deadline()) *into.mutable_deadline() = from.deadline();
  }
  if (sets(&mask, "question")) into.set_question(from.question());
  if (sets(&mask, "options")) *into.mutable_options() = from.options();
}

void come_into_force(TenantTransaction& t, AnnouncementRecord& record) {
  record.announcement.set_in_force(true);
  update_announcement(t, record);
  members::require_clearance(t, record.announcement.skill_id(), cause_of(record.announcement));
}

bool is_due(const v1::Announcement& announcement, TimePoint now) {
  google::protobuf::Timestamp moment;
  node::to_proto(now, &moment);
  const auto& effective = announcement.effective_time();
  return std::pair(effective.seconds(), effective.nanos()) <= std::pair(moment.seconds(), moment.nanos());
}

}  // namespace

AnnouncementRecord announcement_shown(TenantTransaction& t, const std::string& announcement_id,
                                      const std::string& member_id, const std::string& own_member) {
  AnnouncementRecord record =
      found(find_announcement(t, announcement_id, member_id), "ANNOUNCEMENT", "announcement_id", announcement_id);
  const bool hidden = !own_member.empty() && (record.announcement.state() != v1::ANNOUNCEMENT_STATE_PUBLISHED ||
                                              !concerns(t, announcement_id, own_member));
  if (hidden) throw Refusal(api::not_found("ANNOUNCEMENT", "announcement_id", announcement_id));
  return record;
}

bool bring_into_force(TenantTransaction& t, TimePoint now) {
  auto due = due_announcements(t, now, kBatch);
  return api::audited(t, {t.tenant(), "academy", "BringIntoForce", ""}, now, {}, [&](const By& by) {
    for (AnnouncementRecord& record : due) {
      const v1::Announcement before = record.announcement;
      come_into_force(t, record);
      by.changed(name_of(before), &before, &record.announcement);
    }
    return due.size() == kBatch;
  });
}

// --- checks ---

void check(v1::CreateAnnouncementRequest& request, Checker& check) {
  v1::Announcement& announcement = *request.mutable_announcement();
  if (!announcement.has_effective_time()) node::to_proto(wall_now(), announcement.mutable_effective_time());
  check_announcement(announcement, nullptr, check);
  check.text("key.explanation", request.key().explanation(), kTextBytesMax);
  check.expect(has_option(announcement, request.key().option_id()), "key.option_id", "is none of the options");
}

void check(v1::UpdateAnnouncementRequest& request, Checker& check) {
  v1::Announcement& announcement = *request.mutable_announcement();
  if (!announcement.has_effective_time()) node::to_proto(wall_now(), announcement.mutable_effective_time());
  if (!request.has_key() || !request.update_mask().paths().empty()) {
    api::check_mask(request.update_mask(),
                    {"title", "body", "skill_id", "effective_time", "deadline", "question", "options"}, check);
  }
  check_announcement(announcement, &request.update_mask(), check);
  check.text("key.explanation", request.key().explanation(), kTextBytesMax);
}

void check(v1::PublishAnnouncementRequest& request, Checker& check) {
  check.id("announcement_id", request.announcement_id());
}
void check(v1::WithdrawAnnouncementRequest& request, Checker& check) {
  check.id("announcement_id", request.announcement_id());
}
void check(v1::AnswerAnnouncementRequest& request, Checker& check) {
  check.id("announcement_id", request.announcement_id());
  check.id("member_id", request.member_id());
}

// --- changes ---

v1::CreateAnnouncementResponse carry_out(TenantTransaction& t, const v1::CreateAnnouncementRequest& request,
                                         const By& by) {
  AnnouncementRecord record{request.announcement(), request.key()};
  record.announcement.set_state(v1::ANNOUNCEMENT_STATE_DRAFT);
  const std::string& id = record.announcement.announcement_id();
  expect_whole(t, record);
  if (!insert_announcement(t, record, by.now)) {
    throw Refusal(api::already_exists("ANNOUNCEMENT", "announcement_id", id));
  }
  v1::CreateAnnouncementResponse response;
  *response.mutable_announcement() = find_announcement(t, id, "")->announcement;
  by.changed(name_of(record.announcement), nullptr, &response.announcement());
  by.changed(key_name_of(record.announcement), nullptr, &record.key);
  return response;
}

v1::UpdateAnnouncementResponse carry_out(TenantTransaction& t, const v1::UpdateAnnouncementRequest& request,
                                         const By& by) {
  AnnouncementRecord record =
      announcement_in(t, request.announcement().announcement_id(), {v1::ANNOUNCEMENT_STATE_DRAFT});
  const v1::Announcement before = record.announcement;
  const v1::AnnouncementKey key_before = record.key;
  merge(request.announcement(), request.update_mask(), record.announcement);
  if (request.has_key()) record.key = request.key();
  expect_whole(t, record);
  update_announcement(t, record);
  by.changed(name_of(before), &before, &record.announcement);
  by.changed(key_name_of(before), &key_before, &record.key);
  v1::UpdateAnnouncementResponse response;
  *response.mutable_announcement() = record.announcement;
  return response;
}

v1::PublishAnnouncementResponse carry_out(TenantTransaction& t, const v1::PublishAnnouncementRequest& request,
                                          const By& by) {
  AnnouncementRecord record = announcement_in(t, request.announcement_id(), {v1::ANNOUNCEMENT_STATE_DRAFT});
  const v1::Announcement before = record.announcement;
  record.announcement.set_state(v1::ANNOUNCEMENT_STATE_PUBLISHED);
  if (is_due(record.announcement, by.now)) {
    come_into_force(t, record);
  } else {
    update_announcement(t, record);
  }
  by.changed(name_of(before), &before, &record.announcement);
  v1::PublishAnnouncementResponse response;
  *response.mutable_announcement() = record.announcement;
  return response;
}

v1::WithdrawAnnouncementResponse carry_out(TenantTransaction& t, const v1::WithdrawAnnouncementRequest& request,
                                           const By& by) {
  AnnouncementRecord record =
      announcement_in(t, request.announcement_id(), {v1::ANNOUNCEMENT_STATE_DRAFT, v1::ANNOUNCEMENT_STATE_PUBLISHED});
  const v1::Announcement before = record.announcement;
  record.announcement.set_state(v1::ANNOUNCEMENT_STATE_WITHDRAWN);
  record.announcement.set_in_force(false);
  update_announcement(t, record);
  members::drop_requirement(t, cause_of(before));
  by.changed(name_of(before), &before, &record.announcement);
  v1::WithdrawAnnouncementResponse response;
  *response.mutable_announcement() = record.announcement;
  return response;
}

v1::AnswerAnnouncementResponse carry_out(TenantTransaction& t, const v1::AnswerAnnouncementRequest& request,
                                         const By& by) {
  const std::string& id = request.announcement_id();
  const std::string& member_id = request.member_id();
  static_cast<void>(found(members::state_of(t, member_id), "MEMBER", "member_id", member_id));
  const AnnouncementRecord record = announcement_shown(t, id, member_id, by.own_member);
  expect_state(record.announcement, {v1::ANNOUNCEMENT_STATE_PUBLISHED});
  if (!has_option(record.announcement, request.option_id())) {
    throw Refusal(api::invalid_request({{"option_id", "is none of the options"}}));
  }
  v1::AnswerAnnouncementResponse response;
  response.set_right(request.option_id() == record.key.option_id());
  if (!response.right()) {
    count_wrong_answer(t, id, member_id);
    return response;
  }
  acknowledge(t, id, member_id, by.now);
  members::clear(t, member_id, cause_of(record.announcement));
  response.set_explanation(record.key.explanation());
  by.changed("acknowledgement/" + id + "/" + member_id, nullptr, &response);
  return response;
}

}  // namespace muster::academy
