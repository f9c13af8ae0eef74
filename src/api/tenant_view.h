#pragma once

#include "muster/v1/contact_service.pb.h"
#include "muster/v1/routing.pb.h"

/// What a tenant is shown of its own: all but what tells of agents who did not serve it, of others' contacts, or of how
/// the platform arranges its floor.
namespace muster::api {

void show_to_tenant(v1::GetContactResponse* contact);
void show_to_tenant(v1::ContactEvent* event);
void show_to_tenant(v1::WaitEstimate* estimate);
void show_to_tenant(v1::Queue* queue);

}  // namespace muster::api
