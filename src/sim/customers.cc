#include "customers.h"

#include <charconv>

namespace muster::sim {
namespace {

using ContactStub = v1::ContactService::StubInterface::async_interface;

}  // namespace

std::int64_t Floor::arrival_of(const std::string& customer_ref) const {
  if (customer_ref.rfind(prefix, 0) != 0) return -1;
  std::size_t index = 0;
  const char* end = customer_ref.data() + customer_ref.size();
  const auto [stop, error] = std::from_chars(customer_ref.data() + prefix.size(), end, index);
  return error == std::errc() && stop == end && index < contacts.size() ? static_cast<std::int64_t>(index) : -1;
}

int Floor::units_of(v1::Channel channel) const {
  const auto found = channel_units.find(channel);
  return found == channel_units.end() ? 0 : found->second;
}

void Customers::play() {
  const auto& arrivals = floor_.workload.arrivals;
  const double now_s = floor_.clock.now_s();
  for (; !all_arrived() && arrivals[next_].at_s <= now_s; ++next_) {
    floor_.totals.lateness_ms.push_back((now_s - arrivals[next_].at_s) / floor_.clock.speed() * 1000);
    create(next_);
  }
  if (!all_arrived()) floor_.loop.after(floor_.clock.until(arrivals[next_].at_s), [this] { play(); });
}

void Customers::create(std::size_t index) {
  const Arrival& arrival = floor_.workload.arrivals[index];
  const QueuePlan& queue = floor_.workload.queues[arrival.queue];
  v1::CreateContactRequest request;
  request.set_request_id(floor_.ids.next());
  request.set_queue_id(floor_.prefix + queue.id);
  request.set_priority(arrival.priority);
  request.set_customer_ref(floor_.ref_of(index));
  request.set_display_name(fmt::format("{} #{}", queue.display_name, index + 1));
  for (const SkillLevel& skill : arrival.requirements) {
    v1::SkillRequirement* requirement = request.add_requirements();
    requirement->set_skill_id(floor_.prefix + skill.skill);
    requirement->set_min_level(skill.level);
  }
  ++floor_.totals.arrivals;
  ++pending_;
  floor_.contacts[index].sent = Loop::Clock::now();
  floor_.caller.call(stub_.async(), &ContactStub::CreateContact, std::move(request),
                     [this, index](const grpc::Status& status, const v1::CreateContactResponse& response,
                                   int attempts) { created(index, status, response, attempts); });
}

void Customers::created(std::size_t index, const grpc::Status& status, const v1::CreateContactResponse& response,
                        int attempts) {
  --pending_;
  if (!status.ok()) {
    if (status.error_code() != grpc::StatusCode::RESOURCE_EXHAUSTED) throw ServerError(Caller::describe(status));
    ++floor_.totals.rejected;
    return;
  }
  ++floor_.totals.created;
  CustomerContact& contact = floor_.contacts[index];
  contact.contact_id = response.contact_id();
  contact.attempts = attempts;
  floor_.audit.created(floor_.ref_of(index), contact.contact_id);
  const Arrival& arrival = floor_.workload.arrivals[index];
  if (!arrival.patience_s) return;
  const Duration passed = std::chrono::duration_cast<Duration>(Loop::Clock::now() - contact.sent);
  floor_.loop.after(std::max(Duration(0), floor_.clock.real(*arrival.patience_s) - passed),
                    [this, index] { leave(index); });
}

void Customers::leave(std::size_t index) {
  const CustomerContact& contact = floor_.contacts[index];
  if (contact.answered || contact.ended) return;
  v1::AbandonContactRequest request;
  request.set_request_id(floor_.ids.next());
  request.set_contact_id(contact.contact_id);
  ++pending_;
  floor_.caller.call(stub_.async(), &ContactStub::AbandonContact, std::move(request),
                     [this, index](const grpc::Status& status, const v1::AbandonContactResponse&, int) {
                       --pending_;
                       // FAILED_PRECONDITION: an agent was quicker, or the contact has ended.
                       if (!status.ok()) return;
                       CustomerContact& left = floor_.contacts[index];
                       left.ended = true;
                       floor_.audit.ended(left.contact_id, v1::CONTACT_STATE_ABANDONED);
                     });
}

}  // namespace muster::sim
