#include "tenant_view.h"

namespace muster::api {

void show_to_tenant(v1::GetContactResponse* contact) {
  v1::GetContactResponse served;
  for (auto& offer : *contact->mutable_offers()) {
    if (offer.state() != v1::OFFER_STATE_ACCEPTED) continue;
    offer.clear_explanation();
    *served.add_offers() = std::move(offer);
  }
  contact->mutable_offers()->Swap(served.mutable_offers());
}

void show_to_tenant(v1::ContactEvent* event) {
  event->clear_cause_request_id();
  event->clear_explanation();
  switch (event->kind()) {
    case v1::CONTACT_EVENT_KIND_STEP_CHANGED:
    case v1::CONTACT_EVENT_KIND_OFFER_MADE:
    case v1::CONTACT_EVENT_KIND_OFFER_ENDED:
    case v1::CONTACT_EVENT_KIND_ASSIGNED:
    case v1::CONTACT_EVENT_KIND_RELEASED:
      event->clear_agent_id();
      event->clear_offer_id();
      event->clear_reason();
      break;
    default:
      break;
  }
}

void show_to_tenant(v1::WaitEstimate* estimate) {
  estimate->clear_servers();
  estimate->clear_contacts_ahead();
}

void show_to_tenant(v1::Queue* queue) {
  queue->clear_policy_id();
  queue->clear_share();
  queue->clear_idle_reserve();
  queue->clear_reserve_skill_id();
  queue->clear_open_pool_ids();
  queue->clear_held_pool_ids();
}

}  // namespace muster::api
