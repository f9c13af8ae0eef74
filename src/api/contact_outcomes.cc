#include "contact_outcomes.h"

#include <algorithm>
#include <boost/endian/conversion.hpp>
#include <boost/uuid/name_generator_sha1.hpp>
#include <cstring>
#include <optional>
#include <utility>

#include "muster/api/checker.h"
#include "unary.h"

namespace muster::api {
namespace {

using Kind = v1::ContactOutcomeKind;

constexpr auto kLatest = std::chrono::days(93);
constexpr std::int64_t kMoneyMax = 1'000'000'000'000;

std::pair<std::int64_t, std::int64_t> range_of(Kind kind) {
  switch (kind) {
    case v1::CONTACT_OUTCOME_KIND_CSAT:
      return {1, 5};
    case v1::CONTACT_OUTCOME_KIND_NPS:
      return {0, 10};
    case v1::CONTACT_OUTCOME_KIND_CES:
      return {1, 7};
    case v1::CONTACT_OUTCOME_KIND_RESOLVED:
      return {0, 1};
    case v1::CONTACT_OUTCOME_KIND_ORDER:
      return {-kMoneyMax, kMoneyMax};
    case v1::CONTACT_OUTCOME_KIND_COST:
      return {0, kMoneyMax};
    default:
      return {0, 0};
  }
}

/// The same for the same outcome, whoever tells it.
dispatch::RequestId request_id_of(const v1::RecordContactOutcomeRequest& request) {
  const boost::uuids::name_generator_sha1 name(boost::uuids::ns::url());
  const auto uuid = name("muster:outcome:" + request.contact_id() + ":" + request.outcome().outcome_id());
  dispatch::RequestId id;
  std::memcpy(&id.high, uuid.data, sizeof id.high);
  std::memcpy(&id.low, uuid.data + sizeof id.high, sizeof id.low);
  return {boost::endian::big_to_native(id.high), boost::endian::big_to_native(id.low)};
}

dispatch::ContactId checked_contact(const v1::RecordContactOutcomeRequest& request, Checker& check) {
  const v1::ContactOutcome& outcome = request.outcome();
  check.id("outcome.outcome_id", outcome.outcome_id());
  const bool known =
      outcome.kind() != v1::CONTACT_OUTCOME_KIND_UNSPECIFIED && v1::ContactOutcomeKind_IsValid(outcome.kind());
  if (check.expect(known, "outcome.kind", "must name a kind of outcome")) {
    const auto [least, most] = range_of(outcome.kind());
    check.expect(least <= outcome.value() && outcome.value() <= most, "outcome.value",
                 "must be " + std::to_string(least) + ".." + std::to_string(most) + " for this kind");
  }
  return check.contact_id(request.contact_id());
}

Error outcome_exists(const v1::RecordContactOutcomeRequest& request) {
  const std::string& id = request.outcome().outcome_id();
  return {grpc::StatusCode::ALREADY_EXISTS,
          "OUTCOME_EXISTS",
          "contact " + request.contact_id() + " has another outcome " + id,
          {{"contact_id", request.contact_id()}, {"outcome_id", id}},
          {},
          {}};
}

Error outcome_too_late(const v1::RecordContactOutcomeRequest& request) {
  return {grpc::StatusCode::FAILED_PRECONDITION,
          "OUTCOME_TOO_LATE",
          "contact " + request.contact_id() + " ended more than 93 days ago",
          {{"contact_id", request.contact_id()}},
          {},
          {}};
}

/// What the tables say of it: the end of the call, or nothing.
std::optional<grpc::Status> known_already(const v1::RecordContactOutcomeRequest& request,
                                          const node::ContactHistory& history,
                                          v1::RecordContactOutcomeResponse* response) {
  const v1::ContactOutcome& told = request.outcome();
  const auto kept = std::find_if(history.outcomes.begin(), history.outcomes.end(),
                                 [&](const auto& each) { return each.outcome_id() == told.outcome_id(); });
  if (kept != history.outcomes.end()) {
    if (kept->kind() != told.kind() || kept->value() != told.value()) return to_status(outcome_exists(request));
    *response->mutable_outcome() = *kept;
    return grpc::Status::OK;
  }
  const bool ended = history.contact.has_end_time();
  if (ended && node::from_proto(history.contact.end_time()) < wall_now() - kLatest) {
    return to_status(outcome_too_late(request));
  }
  return std::nullopt;
}

}  // namespace

void record_outcome(node::Node& node, const std::string& tenant, const v1::RecordContactOutcomeRequest* request,
                    v1::RecordContactOutcomeResponse* response, grpc::ServerUnaryReactor* reactor) {
  Checker check;
  const auto contact = checked_contact(*request, check);
  if (!check.ok()) return reactor->Finish(to_status(check.error()));
  node.get_contact(
      contact, tenant,
      [=, &node](node::StoreStatus status, std::optional<node::ContactHistory> history, const std::string& trouble) {
        if (status != node::StoreStatus::kRead) return reactor->Finish(not_read(status, trouble));
        if (!history) return reactor->Finish(to_status(not_found("CONTACT", "contact_id", request->contact_id())));
        if (const auto known = known_already(*request, *history, response)) return reactor->Finish(*known);
        const v1::Contact& about = history->contact;
        const TimePoint now = wall_now();
        const v1::ContactOutcome& outcome = request->outcome();
        dispatch::Command command{
            request_id_of(*request),
            dispatch::RecordContactOutcome{contact, about.queue_id(), about.agent_id(),
                                           about.has_end_time() ? node::from_proto(about.end_time()) : now,
                                           static_cast<dispatch::ContactOutcomeKind>(outcome.kind()), outcome.value(),
                                           outcome.outcome_id()},
            about.tenant_id()};  // its queue may have been deleted, and another tenant's have the name now
        node.submit(std::move(command), [=](const node::Answer& answer) {
          const bool taken = answer.delivery == node::Delivery::kAnswered &&
                             answer.reply.outcome == dispatch::Outcome::kRequestIdReused;
          if (taken) return reactor->Finish(to_status(outcome_exists(*request)));
          if (answer.delivery != node::Delivery::kAnswered || !answer.reply.ok()) {
            return reactor->Finish(to_status(answer_error(answer, *request)));
          }
          *response->mutable_outcome() = request->outcome();
          node::to_proto(now, response->mutable_outcome()->mutable_record_time());
          reactor->Finish(grpc::Status::OK);
        });
      });
}

}  // namespace muster::api
