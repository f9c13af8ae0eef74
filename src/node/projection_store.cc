#include "projection_store.h"

#include <pqxx/pqxx>
#include <tuple>

#include "muster/node/render.h"

namespace muster::node {
namespace {

using Text = std::optional<std::string>;

// Timestamps travel as microseconds since the Unix epoch.
std::int64_t micros(const google::protobuf::Timestamp& time) {
  return time.seconds() * 1'000'000 + time.nanos() / 1000;
}

TimePoint time_point(std::int64_t micros_since_epoch) { return TimePoint{Duration{micros_since_epoch}}; }

std::optional<std::int64_t> micros_if(bool set, const google::protobuf::Timestamp& time) {
  return set ? std::optional(micros(time)) : std::nullopt;
}

std::string bytea(const google::protobuf::MessageLite& message) {
  static constexpr char kDigits[] = "0123456789abcdef";
  const std::string bytes = message.SerializeAsString();
  std::string text = "\\x";
  text.reserve(2 + 2 * bytes.size());
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    text.push_back(kDigits[value >> 4]);
    text.push_back(kDigits[value & 0xf]);
  }
  return text;
}

template <typename Message>
void parse(const pqxx::field& field, Message* out) {
  const pqxx::binarystring bytes(field);
  out->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

// New versions of rows come in by COPY, which is the fastest way, into tables of the connection's own, and go from
// there into the real ones.
constexpr const char* kIncomingTables = R"(
  CREATE TEMP TABLE incoming_contact (
    contact bigint, queue_id text, channel smallint, state smallint, priority smallint, refusals int,
    customer_ref text, agent_id text, create_time bigint, queue_time bigint, answer_time bigint, end_time bigint,
    disposition text, end_reason text, message bytea) ON COMMIT DELETE ROWS;
  CREATE TEMP TABLE incoming_offer (
    contact bigint, offer bigint, agent_id text, state smallint, offer_time bigint, expire_time bigint,
    end_time bigint, reason text, explanation bytea) ON COMMIT DELETE ROWS;
  CREATE TEMP TABLE incoming_session (
    session bigint, agent_id text, open_time bigint, lost_count int, end_time bigint, end_reason text)
    ON COMMIT DELETE ROWS;
  CREATE FUNCTION pg_temp.at(micros bigint) RETURNS timestamptz IMMUTABLE STRICT LANGUAGE sql
    AS $$ SELECT timestamptz 'epoch' + micros * interval '1 microsecond' $$;
  SET synchronous_commit = off;
)";

void copy_contacts(pqxx::work& work, const ProjectedRows& rows) {
  pqxx::stream_to stream(work, "incoming_contact");
  for (const auto& [number, contact] : rows.contacts) {
    stream << std::make_tuple(number, contact.queue_id(), static_cast<int>(contact.channel()),
                              static_cast<int>(contact.state()), contact.priority(), contact.refusals(),
                              contact.customer_ref(), contact.agent_id(), micros(contact.create_time()),
                              micros(contact.queue_time()), micros_if(contact.has_answer_time(), contact.answer_time()),
                              micros_if(contact.has_end_time(), contact.end_time()), contact.disposition(),
                              contact.end_reason(), bytea(contact));
  }
  stream.complete();
}

void copy_offers(pqxx::work& work, const ProjectedRows& rows) {
  pqxx::stream_to stream(work, "incoming_offer");
  for (const auto& [key, offer] : rows.offers) {
    stream << std::make_tuple(key.first, key.second, offer.agent_id(), static_cast<int>(offer.state()),
                              micros(offer.offer_time()), micros(offer.expire_time()),
                              micros_if(offer.has_end_time(), offer.end_time()), offer.reason(),
                              bytea(offer.explanation()));
  }
  stream.complete();
}

void copy_sessions(pqxx::work& work, const ProjectedRows& rows) {
  pqxx::stream_to stream(work, "incoming_session");
  for (const auto& [number, session] : rows.sessions) {
    const auto ended = session.ended ? std::optional(session.ended->time_since_epoch().count()) : std::nullopt;
    stream << std::make_tuple(number, session.agent_id, session.opened.time_since_epoch().count(), session.lost_count,
                              ended, session.end_reason);
  }
  stream.complete();
}

void take_in(pqxx::work& work, const std::string& workspace, const ProjectedRows& rows) {
  if (!rows.contacts.empty()) {
    copy_contacts(work, rows);
    work.exec_params0(
        "INSERT INTO contact SELECT $1, contact, queue_id, channel, state, priority, refusals, customer_ref, agent_id,"
        " pg_temp.at(create_time), pg_temp.at(queue_time), pg_temp.at(answer_time), pg_temp.at(end_time),"
        " disposition, end_reason, message FROM incoming_contact"
        " ON CONFLICT (workspace, contact) DO UPDATE SET queue_id = excluded.queue_id, channel = excluded.channel,"
        " state = excluded.state, priority = excluded.priority, refusals = excluded.refusals,"
        " agent_id = excluded.agent_id, answer_time = excluded.answer_time, end_time = excluded.end_time,"
        " disposition = excluded.disposition, end_reason = excluded.end_reason, message = excluded.message",
        workspace);
  }
  if (!rows.offers.empty()) {
    copy_offers(work, rows);
    work.exec_params0(
        "INSERT INTO offer SELECT $1, contact, offer, agent_id, state, pg_temp.at(offer_time),"
        " pg_temp.at(expire_time), pg_temp.at(end_time), reason, explanation FROM incoming_offer"
        " ON CONFLICT (workspace, contact, offer) DO UPDATE SET state = excluded.state,"
        " end_time = excluded.end_time, reason = excluded.reason",
        workspace);
  }
  if (!rows.sessions.empty()) {
    copy_sessions(work, rows);
    work.exec_params0(
        "INSERT INTO agent_session SELECT $1, session, agent_id, pg_temp.at(open_time), lost_count,"
        " pg_temp.at(end_time), end_reason FROM incoming_session"
        " ON CONFLICT (workspace, session) DO UPDATE SET lost_count = excluded.lost_count,"
        " end_time = excluded.end_time, end_reason = excluded.end_reason",
        workspace);
  }
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
}

ProjectionStore::ProjectionStore(const std::string& connection, std::string workspace)
    : workspace_(std::move(workspace)), connection_(std::make_unique<pqxx::connection>(connection)) {
  pqxx::work work(*connection_);
  work.exec("SET client_min_messages = warning");
  work.exec(kIncomingTables);
  work.exec_params0("INSERT INTO projection (workspace) VALUES ($1) ON CONFLICT DO NOTHING", workspace_);
  work.commit();
}

ProjectionStore::~ProjectionStore() = default;

dispatch::Sequence ProjectionStore::position() {
  pqxx::work work(*connection_);
  return work.exec_params1("SELECT position FROM projection WHERE workspace = $1", workspace_)[0]
      .as<dispatch::Sequence>();
}

bool ProjectionStore::write(const ProjectedRows& rows, dispatch::Sequence from, dispatch::Sequence to) {
  pqxx::work work(*connection_);
  const auto moved = work.exec_params("UPDATE projection SET position = $3 WHERE workspace = $1 AND position = $2",
                                      workspace_, from, to);
  if (moved.affected_rows() == 0) return false;
  take_in(work, workspace_, rows);
  work.commit();
  return true;
}

void ProjectionStore::clear() {
  pqxx::work work(*connection_);
  for (const char* table : {"contact", "offer", "agent_session"}) {
    work.exec_params0(std::string("DELETE FROM ") + table + " WHERE workspace = $1", workspace_);
  }
  work.exec_params0("UPDATE projection SET position = 0 WHERE workspace = $1", workspace_);
  work.commit();
}

std::optional<v1::Offer> ProjectionStore::offer(dispatch::ContactId contact, dispatch::OfferId offer) {
  pqxx::work work(*connection_);
  const auto found = work.exec_params(
      std::string("SELECT ") + kOfferColumns + " FROM offer WHERE workspace = $1 AND contact = $2 AND offer = $3",
      workspace_, dispatch::raw(contact), dispatch::raw(offer));
  if (found.empty()) return std::nullopt;
  return offer_of(found[0], contact);
}

std::optional<ProjectedRows::Session> ProjectionStore::session(dispatch::SessionId session) {
  pqxx::work work(*connection_);
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

std::optional<ContactHistory> read_contact(pqxx::connection_base& connection, const std::string& workspace,
                                           dispatch::ContactId contact) {
  pqxx::read_transaction work(connection);
  const auto found = work.exec_params("SELECT message FROM contact WHERE workspace = $1 AND contact = $2", workspace,
                                      dispatch::raw(contact));
  if (found.empty()) return std::nullopt;
  ContactHistory history;
  parse(found[0][0], &history.contact);
  const auto offers = work.exec_params(
      std::string("SELECT ") + kOfferColumns + " FROM offer WHERE workspace = $1 AND contact = $2 ORDER BY offer",
      workspace, dispatch::raw(contact));
  for (const auto& row : offers) history.offers.push_back(offer_of(row, contact));
  return history;
}

ContactPage read_contacts(pqxx::connection_base& connection, const std::string& workspace,
                          const ContactFilter& filter) {
  pqxx::read_transaction work(connection);
  const auto found = work.exec_params(
      "SELECT message FROM contact WHERE workspace = $1 AND contact > $2 AND ($3 = '' OR queue_id = $3)"
      " AND ($4 = '' OR agent_id = $4) AND ($5 = '{}' OR state = ANY ($5::smallint[])) ORDER BY contact LIMIT $6",
      workspace, dispatch::raw(filter.after), filter.queue_id, filter.agent_id, array_literal(filter.states),
      filter.limit + 1);
  ContactPage page;
  page.more = found.size() > filter.limit;
  for (const auto& row : found) {
    if (page.contacts.size() == filter.limit) break;
    parse(row[0], &page.contacts.emplace_back());
  }
  return page;
}

}  // namespace muster::node
