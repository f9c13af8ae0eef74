#include "projection_store.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <pqxx/pqxx>

#include "kpi_history_store.h"
#include "muster/node/render.h"
#include "muster/store/binary_copy.h"
#include "muster/store/connection.h"

namespace muster::node {
namespace {

using google::protobuf::util::TimeUtil;

TimePoint time_point(std::int64_t micros_since_epoch) { return TimePoint{Duration{micros_since_epoch}}; }

TimePoint time_point(const google::protobuf::Timestamp& time) {
  return time_point(TimeUtil::TimestampToMicroseconds(time));
}

std::optional<TimePoint> time_if(bool set, const google::protobuf::Timestamp& time) {
  return set ? std::optional(time_point(time)) : std::nullopt;
}

/// PostgreSQL's text cannot hold U+0000. Requests with it are refused; a journal from before that may have it.
std::string storable(std::string text) {
  for (std::size_t at = 0; (at = text.find('\0', at)) != std::string::npos;) text.replace(at, 1, "\uFFFD");
  return text;
}

template <typename Message>
void parse(const pqxx::field& field, Message* out) {
  const pqxx::binarystring bytes(field);
  out->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

// Rows that the tables do not hold yet go into them by COPY, which is the fastest way. New versions of the others come
// by COPY into tables of the connection's own, and go from there into the real ones.
constexpr const char* kIncomingTables = R"(
  CREATE TEMP TABLE incoming_contact (LIKE contact) ON COMMIT DELETE ROWS;
  CREATE TEMP TABLE incoming_offer (LIKE offer) ON COMMIT DELETE ROWS;
  CREATE TEMP TABLE incoming_session (LIKE agent_session) ON COMMIT DELETE ROWS;
  CREATE TEMP TABLE incoming_outcome (LIKE contact_outcome) ON COMMIT DELETE ROWS;
  SET synchronous_commit = off;
)";

using Rows = ProjectedRows;

/// What a write goes through.
struct Writing {
  store::Connection& connection;
  pqxx::work& work;
  const std::string& workspace;
};

/// Writes those of `rows` that `wanted` picks into `table`. False if there are none.
template <typename Map, typename Wanted, typename Put>
bool copy(const Writing& to, const char* table, const Map& rows, Wanted wanted, Put put) {
  std::optional<store::BinaryCopy> stream;
  for (const auto& row : rows) {
    if (!wanted(row.first)) continue;
    if (!stream) stream.emplace(to.connection, to.work, table);
    put(*stream, row);
  }
  if (stream) stream->complete();
  return stream.has_value();
}

std::int64_t bigint(std::uint64_t number) { return static_cast<std::int64_t>(number); }

void take_contacts(const Writing& to, const Rows& rows, std::uint64_t last_held) {
  const auto put = [&](store::BinaryCopy& stream, const auto& row) {
    const v1::Contact& contact = row.second;
    stream.row(to.workspace, bigint(row.first), contact.queue_id(), static_cast<std::int16_t>(contact.channel()),
               static_cast<std::int16_t>(contact.state()), static_cast<std::int16_t>(contact.priority()),
               contact.refusals(), storable(contact.customer_ref()), contact.agent_id(),
               time_point(contact.create_time()), time_point(contact.queue_time()),
               time_if(contact.has_answer_time(), contact.answer_time()),
               time_if(contact.has_end_time(), contact.end_time()), storable(contact.disposition()),
               storable(contact.end_reason()), contact.SerializeAsString(), contact.tenant_id());
  };
  copy(
      to, "contact", rows.contacts, [&](std::uint64_t contact) { return contact > last_held; }, put);
  const auto held = [&](std::uint64_t contact) { return contact <= last_held; };
  if (!copy(to, "incoming_contact", rows.contacts, held, put)) return;
  to.work.exec0(
      "UPDATE contact c SET queue_id = i.queue_id, channel = i.channel, state = i.state, priority = i.priority,"
      " refusals = i.refusals, agent_id = i.agent_id, queue_time = i.queue_time, answer_time = i.answer_time,"
      " end_time = i.end_time, disposition = i.disposition, end_reason = i.end_reason, message = i.message"
      " FROM incoming_contact i WHERE c.workspace = i.workspace AND c.contact = i.contact");
}

void take_offers(const Writing& to, const Rows& rows, std::uint64_t last_held) {
  const auto put = [&](store::BinaryCopy& stream, const auto& row) {
    const v1::Offer& offer = row.second;
    stream.row(to.workspace, bigint(row.first.first), bigint(row.first.second), offer.agent_id(),
               static_cast<std::int16_t>(offer.state()), time_point(offer.offer_time()),
               time_point(offer.expire_time()), time_if(offer.has_end_time(), offer.end_time()),
               storable(offer.reason()), offer.explanation().SerializeAsString());
  };
  copy(
      to, "offer", rows.offers, [&](const auto& key) { return key.second > last_held; }, put);
  const auto held = [&](const auto& key) { return key.second <= last_held; };
  if (!copy(to, "incoming_offer", rows.offers, held, put)) return;
  to.work.exec0(
      "UPDATE offer o SET state = i.state, end_time = i.end_time, reason = i.reason FROM incoming_offer i"
      " WHERE o.workspace = i.workspace AND o.contact = i.contact AND o.offer = i.offer");
}

void take_sessions(const Writing& to, const Rows& rows) {
  const auto put = [&](store::BinaryCopy& stream, const auto& row) {
    const Rows::Session& session = row.second;
    stream.row(to.workspace, bigint(row.first), session.agent_id, session.opened, session.lost_count, session.ended,
               storable(session.end_reason));
  };
  if (!copy(
          to, "incoming_session", rows.sessions, [](std::uint64_t) { return true; }, put))
    return;
  to.work.exec0(
      "INSERT INTO agent_session SELECT * FROM incoming_session ON CONFLICT (workspace, session) DO UPDATE SET"
      " lost_count = excluded.lost_count, end_time = excluded.end_time, end_reason = excluded.end_reason");
}

// The same outcome again, told after the engine forgot the request, changes nothing.
void take_outcomes(const Writing& to, const Rows& rows) {
  const auto put = [&](store::BinaryCopy& stream, const auto& row) {
    stream.row(to.workspace, bigint(row.first.first), row.first.second, static_cast<std::int16_t>(row.second.kind),
               row.second.value, row.second.recorded);
  };
  if (!copy(
          to, "incoming_outcome", rows.outcomes, [](const auto&) { return true; }, put))
    return;
  to.work.exec0("INSERT INTO contact_outcome SELECT * FROM incoming_outcome ON CONFLICT DO NOTHING");
}

void stamp(const pqxx::field& micros_since_epoch, google::protobuf::Timestamp* out) {
  to_proto(time_point(micros_since_epoch.as<std::int64_t>()), out);
}

constexpr const char* kOfferColumns =
    "offer, agent_id, state, (extract(epoch FROM offer_time) * 1000000)::bigint,"
    " (extract(epoch FROM expire_time) * 1000000)::bigint, (extract(epoch FROM end_time) * 1000000)::bigint, reason,"
    " explanation";

v1::Offer offer_of(const pqxx::row& row, dispatch::ContactId contact) {
  v1::Offer offer;
  offer.set_offer_id(offer_id(dispatch::OfferId{row[0].as<std::uint64_t>()}));
  offer.set_contact_id(contact_id(contact));
  offer.set_agent_id(row[1].as<std::string>());
  offer.set_state(static_cast<v1::OfferState>(row[2].as<int>()));
  stamp(row[3], offer.mutable_offer_time());
  stamp(row[4], offer.mutable_expire_time());
  if (!row[5].is_null()) stamp(row[5], offer.mutable_end_time());
  offer.set_reason(row[6].as<std::string>());
  parse(row[7], offer.mutable_explanation());
  return offer;
}

// Messages of before there were tenants do not name theirs.
void read_contact(const pqxx::row& row, v1::Contact* out) {
  parse(row[0], out);
  out->set_tenant_id(row[1].as<std::string>());
}

void expect_complete(pqxx::transaction_base& work, const std::string& workspace, dispatch::Sequence to) {
  const auto found = work.exec_params("SELECT position FROM projection WHERE workspace = $1", workspace);
  if (found.empty() || found[0][0].as<dispatch::Sequence>() < to) throw TablesBehind();
}

std::string array_literal(const std::vector<dispatch::ContactState>& states) {
  std::string text = "{";
  for (const auto state : states) {
    if (text.size() > 1) text += ',';
    text += std::to_string(static_cast<int>(state));
  }
  return text + "}";
}

}  // namespace

void ProjectedRows::clear() {
  contacts.clear();
  offers.clear();
  sessions.clear();
  outcomes.clear();
}

ProjectionStore::ProjectionStore(store::Connection& connection, std::string workspace)
    : workspace_(std::move(workspace)), connection_(connection) {
  pqxx::work work(connection_.get());
  work.exec("SET client_min_messages = warning");
  work.exec(kIncomingTables);
  prepare_kpi_history(work);
  work.exec_params0("INSERT INTO projection (workspace) VALUES ($1) ON CONFLICT DO NOTHING", workspace_);
  work.commit();
}

dispatch::Sequence ProjectionStore::position() {
  pqxx::work work(connection_.get());
  const auto row =
      work.exec_params1("SELECT position, last_contact, last_offer FROM projection WHERE workspace = $1", workspace_);
  last_contact_ = row[1].as<std::uint64_t>();
  last_offer_ = row[2].as<std::uint64_t>();
  return row[0].as<dispatch::Sequence>();
}

bool ProjectionStore::write(const ProjectedRows& rows, const kpi::History& history, dispatch::Sequence from,
                            dispatch::Sequence to) {
  std::uint64_t last_contact = last_contact_;
  std::uint64_t last_offer = last_offer_;
  if (!rows.contacts.empty()) last_contact = std::max(last_contact, rows.contacts.rbegin()->first);
  for (const auto& [key, offer] : rows.offers) last_offer = std::max(last_offer, key.second);

  pqxx::work work(connection_.get());
  const auto moved = work.exec_params(
      "UPDATE projection SET position = $3, last_contact = $4, last_offer = $5 WHERE workspace = $1 AND position = $2",
      workspace_, from, to, last_contact, last_offer);
  if (moved.affected_rows() == 0) return false;
  const Writing writing{connection_, work, workspace_};
  take_contacts(writing, rows, last_contact_);
  take_offers(writing, rows, last_offer_);
  take_sessions(writing, rows);
  take_outcomes(writing, rows);
  write_kpi_history(connection_, work, workspace_, history);
  work.commit();
  last_contact_ = last_contact;
  last_offer_ = last_offer;
  return true;
}

void ProjectionStore::clear() {
  pqxx::work work(connection_.get());
  work.exec("SET LOCAL statement_timeout = 0");
  // First: who repairs history holds it, too, and what that one is about to write must be seen below.
  work.exec_params("SELECT FROM projection WHERE workspace = $1 FOR UPDATE", workspace_);
  for (const char* table : {"contact", "offer", "agent_session", "contact_outcome", "kpi_interval"}) {
    work.exec_params0(std::string("DELETE FROM ") + table + " WHERE workspace = $1", workspace_);
  }
  work.exec_params0(
      "UPDATE projection SET position = 0, last_contact = 0, last_offer = 0, kpis_until = '-infinity' WHERE workspace "
      "= $1",
      workspace_);
  work.commit();
  last_contact_ = last_offer_ = 0;
}

std::optional<v1::Offer> ProjectionStore::offer(dispatch::ContactId contact, dispatch::OfferId offer) {
  pqxx::work work(connection_.get());
  const auto found = work.exec_params(
      std::string("SELECT ") + kOfferColumns + " FROM offer WHERE workspace = $1 AND contact = $2 AND offer = $3",
      workspace_, dispatch::raw(contact), dispatch::raw(offer));
  if (found.empty()) return std::nullopt;
  return offer_of(found[0], contact);
}

std::optional<ProjectedRows::Session> ProjectionStore::session(dispatch::SessionId session) {
  pqxx::work work(connection_.get());
  const auto found = work.exec_params(
      "SELECT agent_id, (extract(epoch FROM open_time) * 1000000)::bigint, lost_count"
      " FROM agent_session WHERE workspace = $1 AND session = $2",
      workspace_, dispatch::raw(session));
  if (found.empty()) return std::nullopt;
  ProjectedRows::Session row;
  row.agent_id = found[0][0].as<std::string>();
  row.opened = time_point(found[0][1].as<std::int64_t>());
  row.lost_count = found[0][2].as<int>();
  return row;
}

std::optional<ContactHistory> read_contact(store::TenantTransaction& t, const std::string& workspace,
                                           dispatch::Sequence complete_to, dispatch::ContactId contact) {
  pqxx::transaction_base& work = t.sql();
  expect_complete(work, workspace, complete_to);
  const auto found = work.exec_params("SELECT message, tenant_id FROM contact WHERE workspace = $1 AND contact = $2",
                                      workspace, dispatch::raw(contact));
  if (found.empty()) return std::nullopt;
  ContactHistory history;
  read_contact(found[0], &history.contact);
  const auto offers = work.exec_params(
      std::string("SELECT ") + kOfferColumns + " FROM offer WHERE workspace = $1 AND contact = $2 ORDER BY offer",
      workspace, dispatch::raw(contact));
  for (const auto& row : offers) history.offers.push_back(offer_of(row, contact));
  const auto outcomes = work.exec_params(
      "SELECT outcome_id, kind, value, (extract(epoch FROM record_time) * 1000000)::bigint FROM contact_outcome"
      " WHERE workspace = $1 AND contact = $2 ORDER BY record_time, outcome_id",
      workspace, dispatch::raw(contact));
  for (const auto& row : outcomes) {
    v1::ContactOutcome& outcome = history.outcomes.emplace_back();
    outcome.set_outcome_id(row[0].as<std::string>());
    outcome.set_kind(static_cast<v1::ContactOutcomeKind>(row[1].as<int>()));
    outcome.set_value(row[2].as<std::int64_t>());
    stamp(row[3], outcome.mutable_record_time());
  }
  return history;
}

ContactPage read_contacts(store::TenantTransaction& t, const std::string& workspace, dispatch::Sequence complete_to,
                          const ContactFilter& filter) {
  pqxx::transaction_base& work = t.sql();
  expect_complete(work, workspace, complete_to);
  const auto found = work.exec_params(
      "SELECT message, tenant_id FROM contact WHERE workspace = $1 AND contact > $2 AND ($3 = '' OR queue_id = $3)"
      " AND ($4 = '' OR agent_id = $4) AND ($5 = '{}' OR state = ANY ($5::smallint[]))"
      " AND ($7 = '' OR tenant_id = $7) ORDER BY contact LIMIT $6",
      workspace, dispatch::raw(filter.after), filter.queue_id, filter.agent_id, array_literal(filter.states),
      filter.limit + 1, filter.tenant_id);
  ContactPage page;
  page.complete_to = complete_to;
  page.more = found.size() > filter.limit;
  for (const auto& row : found) {
    if (page.contacts.size() == filter.limit) break;
    read_contact(row, &page.contacts.emplace_back());
  }
  return page;
}

}  // namespace muster::node
