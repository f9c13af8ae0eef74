#include "webhook_store.h"

#include <pqxx/pqxx>

#include "muster/node/render.h"
#include "muster/webhooks/webhooks.h"

namespace muster::webhooks {
namespace {

using store::limit_of;
using store::micros;
using store::read_time;
using store::time_in;
using store::time_param;

const std::string kWebhooks =
    "SELECT number, tenant_id, webhook_id, display_name, url, enabled, " + read_time("create_time") + ", " +
    read_time("last_success_time") +
    ", last_error, (SELECT count(*) FROM webhook_delivery d WHERE d.tenant_id = w.tenant_id AND d.webhook_id ="
    " w.webhook_id AND d.state = 1), (SELECT count(*) FROM webhook_delivery d WHERE d.tenant_id = w.tenant_id AND"
    " d.webhook_id = w.webhook_id AND d.state = 3) FROM webhook w ";

/// `body`: a column, or ''.
std::string deliveries(const std::string& body) {
  return "SELECT number, tenant_id, delivery_id, webhook_id, type, state, attempts, last_status, last_error, " +
         read_time("create_time") + ", " + read_time("next_attempt_time") + ", " + read_time("end_time") + ", " + body +
         " FROM webhook_delivery ";
}

void read(const pqxx::field& field, google::protobuf::Timestamp* out) { node::to_proto(time_in(field), out); }

v1::Webhook webhook_in(const pqxx::row& row) {
  v1::Webhook webhook;
  webhook.set_tenant_id(row[1].as<std::string>());
  webhook.set_webhook_id(row[2].as<std::string>());
  webhook.set_display_name(row[3].as<std::string>());
  webhook.set_url(row[4].as<std::string>());
  webhook.set_enabled(row[5].as<bool>());
  read(row[6], webhook.mutable_create_time());
  if (!row[7].is_null()) read(row[7], webhook.mutable_last_success_time());
  webhook.set_last_error(row[8].as<std::string>());
  webhook.set_pending_count(row[9].as<std::int64_t>());
  webhook.set_dead_count(row[10].as<std::int64_t>());
  return webhook;
}

v1::Delivery delivery_in(const pqxx::row& row) {
  v1::Delivery delivery;
  delivery.set_tenant_id(row[1].as<std::string>());
  delivery.set_delivery_id(row[2].as<std::string>());
  delivery.set_webhook_id(row[3].as<std::string>());
  delivery.set_type(row[4].as<std::string>());
  delivery.set_state(static_cast<v1::DeliveryState>(row[5].as<int>()));
  delivery.set_attempts(row[6].as<int>());
  delivery.set_last_status(row[7].as<int>());
  delivery.set_last_error(row[8].as<std::string>());
  read(row[9], delivery.mutable_create_time());
  if (delivery.state() == v1::DELIVERY_STATE_PENDING) read(row[10], delivery.mutable_next_attempt_time());
  if (!row[11].is_null()) read(row[11], delivery.mutable_end_time());
  delivery.set_body(row[12].as<std::string>());
  return delivery;
}

std::optional<v1::Webhook> only_webhook(const pqxx::result& rows) {
  if (rows.empty()) return std::nullopt;
  return webhook_in(rows[0]);
}

std::string bytes_in(const pqxx::field& field) {
  if (field.is_null()) return "";
  const pqxx::binarystring bytes(field);
  return {bytes.get(), bytes.get() + bytes.size()};
}

Claim claim_in(const pqxx::row& row) {
  Claim claim;
  claim.tenant_id = row[0].as<std::string>();
  claim.delivery_id = row[1].as<std::string>();
  claim.webhook_id = row[2].as<std::string>();
  claim.body = row[3].as<std::string>();
  claim.attempts = row[4].as<int>();
  claim.url = row[5].as<std::string>();
  claim.enabled = row[6].as<bool>();
  claim.secrets = {bytes_in(row[7]), bytes_in(row[8]), std::nullopt};
  if (!row[9].is_null()) claim.secrets.old_end = time_in(row[9]);
  claim.until = time_in(row[10]);
  return claim;
}

/// Rows that cleaning up takes at once.
constexpr int kBatch = 1'000;
/// Of one tenant, whose receivers may all be slow, so many are under way at once.
constexpr int kTenantMax = 64;

}  // namespace

// --- webhooks ---

bool insert_webhook(TenantTransaction& t, const v1::Webhook& webhook, const std::string& sealed_secret) {
  const auto done = t.sql().exec_params(
      "INSERT INTO webhook (tenant_id, webhook_id, display_name, url, enabled, secret, create_time)"
      " VALUES ($1, $2, $3, $4, $5, $6, " +
          time_param(7) + ") ON CONFLICT DO NOTHING",
      webhook.tenant_id(), webhook.webhook_id(), webhook.display_name(), webhook.url(), webhook.enabled(),
      pqxx::binarystring(sealed_secret), micros(node::from_proto(webhook.create_time())));
  return done.affected_rows() == 1;
}

std::optional<v1::Webhook> find_webhook(TenantTransaction& t, const std::string& tenant_id,
                                        const std::string& webhook_id) {
  return only_webhook(
      t.sql().exec_params(kWebhooks + "WHERE tenant_id = $1 AND webhook_id = $2", tenant_id, webhook_id));
}

std::optional<v1::Webhook> lock_webhook(TenantTransaction& t, const std::string& tenant_id,
                                        const std::string& webhook_id) {
  return only_webhook(t.sql().exec_params(kWebhooks + "WHERE tenant_id = $1 AND webhook_id = $2 FOR UPDATE OF w",
                                          tenant_id, webhook_id));
}

void update_webhook(TenantTransaction& t, const v1::Webhook& webhook) {
  t.sql().exec_params(
      "UPDATE webhook SET display_name = $3, url = $4, enabled = $5 WHERE tenant_id = $1 AND webhook_id = $2",
      webhook.tenant_id(), webhook.webhook_id(), webhook.display_name(), webhook.url(), webhook.enabled());
}

void replace_secret(TenantTransaction& t, const v1::Webhook& webhook, const std::string& sealed_secret,
                    TimePoint old_end) {
  t.sql().exec_params("UPDATE webhook SET old_secret = secret, secret = $3, old_secret_end = " + time_param(4) +
                          " WHERE tenant_id = $1 AND webhook_id = $2",
                      webhook.tenant_id(), webhook.webhook_id(), pqxx::binarystring(sealed_secret), micros(old_end));
}

void delete_webhook(TenantTransaction& t, const v1::Webhook& webhook) {
  t.sql().exec_params("DELETE FROM webhook WHERE tenant_id = $1 AND webhook_id = $2", webhook.tenant_id(),
                      webhook.webhook_id());
}

Page<v1::Webhook> list_webhooks(TenantTransaction& t, const std::string& tenant_id, const PageRequest& page) {
  const auto rows =
      t.sql().exec_params(kWebhooks + "WHERE number > $1 AND ($3 = '' OR tenant_id = $3) ORDER BY number LIMIT $2",
                          page.after, limit_of(page), tenant_id);
  return store::page_of<v1::Webhook>(rows, page, webhook_in);
}

int lock_and_count_webhooks(TenantTransaction& t, const std::string& tenant_id) {
  t.sql().exec_params("SELECT FROM tenant WHERE tenant_id = $1 FOR NO KEY UPDATE", tenant_id);
  return t.sql().exec_params1("SELECT count(*) FROM webhook WHERE tenant_id = $1", tenant_id)[0].as<int>();
}

std::optional<std::string> unknown_of(TenantTransaction& t, const std::string& tenant_id,
                                      const std::vector<std::string>& webhook_ids) {
  const auto rows = t.sql().exec_params(
      "SELECT asked.id FROM unnest($2::text[]) WITH ORDINALITY AS asked (id, place) WHERE NOT EXISTS"
      " (SELECT FROM webhook WHERE tenant_id = $1 AND webhook_id = asked.id) ORDER BY place LIMIT 1",
      tenant_id, store::to_array(webhook_ids));
  if (rows.empty()) return std::nullopt;
  return rows[0][0].as<std::string>();
}

// --- deliveries ---

std::vector<std::string> insert_deliveries(TenantTransaction& t, const std::string& tenant_id,
                                           const std::vector<std::string>& webhook_ids, const std::string& type,
                                           const std::string& body, TimePoint now) {
  const auto rows = t.sql().exec_params(
      "INSERT INTO webhook_delivery (tenant_id, delivery_id, webhook_id, type, body, create_time, next_attempt_time)"
      " SELECT tenant_id, 'msg_' || replace(gen_random_uuid()::text, '-', ''), webhook_id, $3, $4, " +
          time_param(5) + ", " + time_param(5) +
          " FROM webhook WHERE tenant_id = $1 AND webhook_id = ANY ($2::text[]) AND enabled RETURNING delivery_id",
      tenant_id, store::to_array(webhook_ids), type, body, micros(now));
  std::vector<std::string> ids;
  for (const auto& row : rows) ids.push_back(row[0].as<std::string>());
  return ids;
}

std::optional<v1::Delivery> find_delivery(TenantTransaction& t, const std::string& tenant_id,
                                          const std::string& delivery_id) {
  const auto rows =
      t.sql().exec_params(deliveries("body") + "WHERE tenant_id = $1 AND delivery_id = $2", tenant_id, delivery_id);
  if (rows.empty()) return std::nullopt;
  return delivery_in(rows[0]);
}

Page<v1::Delivery> list_deliveries(TenantTransaction& t, const DeliveryFilter& filter, const PageRequest& page) {
  std::vector<std::string> states;
  for (const v1::DeliveryState state : filter.states) states.push_back(std::to_string(static_cast<int>(state)));
  const auto rows =
      t.sql().exec_params(deliveries("''") +
                              "WHERE number > $1 AND ($3 = '' OR tenant_id = $3) AND ($4 = '' OR webhook_id = $4)"
                              " AND ($5 = '{}' OR state = ANY ($5::int[])) ORDER BY number LIMIT $2",
                          page.after, limit_of(page), filter.tenant_id, filter.webhook_id, store::to_array(states));
  return store::page_of<v1::Delivery>(rows, page, delivery_in);
}

bool revive_delivery(TenantTransaction& t, const v1::Delivery& delivery, TimePoint now) {
  const auto done = t.sql().exec_params(
      "UPDATE webhook_delivery SET state = 1, attempts = 0, last_status = 0, last_error = '', end_time = NULL,"
      " next_attempt_time = " +
          time_param(3) + " WHERE tenant_id = $1 AND delivery_id = $2 AND state = 3",
      delivery.tenant_id(), delivery.delivery_id(), micros(now));
  return done.affected_rows() == 1;
}

bool delete_deliveries(TenantTransaction& t, v1::DeliveryState state, TimePoint before) {
  const auto deleted = t.sql().exec_params(
      "DELETE FROM webhook_delivery WHERE state = $1 AND (tenant_id, delivery_id) IN (SELECT tenant_id, delivery_id"
      " FROM webhook_delivery WHERE state <> 1 AND state = $1 AND end_time < " +
          time_param(2) + " ORDER BY end_time LIMIT $3 FOR UPDATE SKIP LOCKED)",
      static_cast<int>(state), micros(before), kBatch);
  return deleted.affected_rows() == kBatch;
}

bool give_up_deliveries(TenantTransaction& t, TimePoint before, TimePoint now) {
  const auto given_up = t.sql().exec_params(
      "UPDATE webhook_delivery SET state = 3, last_error = 'it waited too long', end_time = " + time_param(2) +
          " WHERE state = 1 AND (tenant_id, delivery_id) IN (SELECT tenant_id, delivery_id FROM webhook_delivery"
          " WHERE state = 1 AND next_attempt_time < " +
          time_param(1) + " AND coalesce(claimed_until, '-infinity') <= " + time_param(2) +
          " ORDER BY next_attempt_time LIMIT $3 FOR UPDATE SKIP LOCKED)",
      micros(before), micros(now), kBatch);
  return given_up.affected_rows() == kBatch;
}

// --- attempts ---

std::vector<Claim> claim_deliveries(TenantTransaction& t, TimePoint now, Duration lease, std::size_t limit,
                                    std::size_t each_max) {
  const std::string due = "state = 1 AND next_attempt_time <= " + time_param(1);
  const std::string unclaimed = "coalesce(claimed_until, '-infinity') <= " + time_param(1);
  std::vector<Claim> claims;
  // Most looks end here.
  const auto any =
      t.sql().exec_params("SELECT FROM webhook_delivery WHERE " + due + " AND " + unclaimed + " LIMIT 1", micros(now));
  if (any.empty()) return claims;
  // The first of each webhook, claimed or not: what is claimed keeps its place, so no more than that is under way.
  const auto rows = t.sql().exec_params(
      "UPDATE webhook_delivery d SET attempts = attempts + 1, claimed_until = " + time_param(2) +
          " FROM webhook w WHERE w.tenant_id = d.tenant_id AND w.webhook_id = d.webhook_id"
          " AND (d.tenant_id, d.delivery_id) IN (SELECT tenant_id, delivery_id FROM webhook_delivery"
          " WHERE (tenant_id, delivery_id) IN (SELECT tenant_id, delivery_id FROM (SELECT f.tenant_id, f.delivery_id,"
          " row_number() OVER (PARTITION BY f.tenant_id ORDER BY f.next_attempt_time, f.number) AS place"
          " FROM webhook v CROSS JOIN LATERAL (SELECT tenant_id, delivery_id, next_attempt_time, number"
          " FROM webhook_delivery WHERE tenant_id = v.tenant_id AND webhook_id = v.webhook_id AND " +
          due + " ORDER BY next_attempt_time, number LIMIT $4) f) first WHERE place <= $5) AND " + due + " AND " +
          unclaimed +
          " ORDER BY next_attempt_time, number LIMIT $3 FOR UPDATE SKIP LOCKED)"
          " RETURNING d.tenant_id, d.delivery_id, d.webhook_id, d.body, d.attempts, w.url, w.enabled, w.secret,"
          " w.old_secret, " +
          read_time("w.old_secret_end") + ", " + read_time("d.claimed_until"),
      micros(now), micros(now + lease), static_cast<std::int64_t>(limit), static_cast<std::int64_t>(each_max),
      kTenantMax);
  for (const auto& row : rows) claims.push_back(claim_in(row));
  return claims;
}

void settle_delivery(TenantTransaction& t, const Claim& claim, const Outcome& outcome, TimePoint now) {
  // First, as who deletes the webhook does.
  t.sql().exec_params("SELECT FROM webhook WHERE tenant_id = $1 AND webhook_id = $2 FOR NO KEY UPDATE", claim.tenant_id,
                      claim.webhook_id);
  std::optional<std::int64_t> next, end;
  if (outcome.next_attempt) next = micros(*outcome.next_attempt);
  if (outcome.state != v1::DELIVERY_STATE_PENDING) end = micros(now);
  const auto settled = t.sql().exec_params(
      "UPDATE webhook_delivery SET state = $4, last_status = CASE WHEN $5 = 0 THEN last_status ELSE $5 END,"
      " last_error = $6, claimed_until = NULL, next_attempt_time = coalesce(" +
          time_param(7) + ", next_attempt_time), end_time = " + time_param(8) +
          " WHERE tenant_id = $1 AND delivery_id = $2 AND claimed_until = " + time_param(3),
      claim.tenant_id, claim.delivery_id, micros(claim.until), static_cast<int>(outcome.state),
      static_cast<int>(outcome.status), outcome.error, next, end);
  if (settled.affected_rows() == 0 || !outcome.attempted) return;
  t.sql().exec_params(
      "UPDATE webhook SET enabled = enabled AND NOT ($3 AND url = $6), last_error = $4, last_success_time ="
      " CASE WHEN $4 = '' THEN " +
          time_param(5) + " ELSE last_success_time END WHERE tenant_id = $1 AND webhook_id = $2",
      claim.tenant_id, claim.webhook_id, outcome.gone, outcome.error, micros(now), claim.url);
}

}  // namespace muster::webhooks
