#include "summary.h"

#include <google/protobuf/timestamp.pb.h>

namespace muster::sim {
namespace {

double seconds(const google::protobuf::Timestamp& time) {
  return static_cast<double>(time.seconds()) + time.nanos() * 1e-9;
}

/// Waits of some contacts, told apart by how they ended.
struct Waits {
  std::vector<double> answered;
  std::vector<double> abandoned;
  std::int64_t contacts = 0;

  void add(const ListedContact& contact) {
    ++contacts;
    if (contact.answered) {
      answered.push_back(contact.wait_s);
    } else if (contact.state == v1::CONTACT_STATE_ABANDONED) {
      abandoned.push_back(contact.wait_s);
    }
  }
};

}  // namespace

Spread spread(std::vector<double> values) {
  const double average = mean(values);
  return {average, quantile(values, 0.5), quantile(values, 0.95), quantile(values, 0.99)};
}

ListedContact read_listed(const v1::Contact& contact, double speed) {
  ListedContact listed{.contact_id = contact.contact_id(),
                       .customer_ref = contact.customer_ref(),
                       .queue_id = contact.queue_id(),
                       .state = contact.state(),
                       .answered = contact.has_answer_time()};
  // The difference of the parts, not of the wholes: a double has no microseconds left since 1970.
  const auto& until = contact.has_answer_time() ? contact.answer_time() : contact.end_time();
  const double span = static_cast<double>(until.seconds() - contact.queue_time().seconds()) +
                      (until.nanos() - contact.queue_time().nanos()) * 1e-9;
  listed.wait_s = seconds(until) > 0 ? span * speed : 0;
  return listed;
}

void summarize_contacts(const std::vector<ListedContact>& contacts, Summary& summary) {
  Waits all;
  std::map<std::string, Waits> by_queue;
  for (const ListedContact& contact : contacts) {
    all.add(contact);
    by_queue[contact.queue_id].add(contact);
    const std::string state = v1::ContactState_Name(contact.state);
    ++summary.by_state[state.substr(std::string_view("CONTACT_STATE_").size())];
  }
  summary.answered = static_cast<std::int64_t>(all.answered.size());
  summary.abandoned = static_cast<std::int64_t>(all.abandoned.size());
  summary.waits_s = spread(all.answered);
  summary.service = service_levels(all.answered, all.abandoned);
  for (const auto& [queue_id, waits] : by_queue) {
    summary.queues.push_back({.queue_id = queue_id,
                              .contacts = waits.contacts,
                              .answered = static_cast<std::int64_t>(waits.answered.size()),
                              .abandoned = static_cast<std::int64_t>(waits.abandoned.size()),
                              .mean_wait_s = mean(waits.answered),
                              .service = service_levels(waits.answered, waits.abandoned)});
  }
}

void summarize_floor(const Floor& floor, Summary& summary) {
  DeskTimes all;
  for (const auto& [agent_id, times] : summary.desks) {
    all.busy_s += times.busy_s;
    all.available_s += times.available_s;
  }
  summary.occupancy = all.occupancy();
  std::vector<double> latencies;
  for (const CustomerContact& contact : floor.contacts) {
    // A creation that was sent again says how long the outage took, not the offer.
    if (contact.latency_ms >= 0 && contact.attempts == 1) latencies.push_back(contact.latency_ms);
  }
  summary.offers_measured = static_cast<std::int64_t>(latencies.size());
  summary.offer_latency_ms = spread(std::move(latencies));
  summary.lateness_ms = spread(floor.totals.lateness_ms);
}

}  // namespace muster::sim
