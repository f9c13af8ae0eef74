#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "muster/dispatch/types.h"
#include "muster/v1/contact.pb.h"

namespace muster::node {

/// A page of contacts to read from the reporting tables, in the order of creation.
struct ContactFilter {
  dispatch::ContactId after{};  ///< keyset: contacts with a higher identifier
  std::size_t limit = 100;
  std::string tenant_id;                       ///< empty: any
  std::string queue_id;                        ///< empty: any
  std::string agent_id;                        ///< empty: any
  std::vector<dispatch::ContactState> states;  ///< empty: any
};

struct ContactPage {
  std::vector<v1::Contact> contacts;
  bool more = false;
  dispatch::Sequence complete_to = 0;  ///< nothing up to here is missing; a watch from here on misses nothing either
};

/// Whether the reporting tables were read.
enum class StoreStatus {
  kRead,
  kBusy,         ///< too many reads wait; try again after a moment
  kNotServing,   ///< the workspace is not served here now
  kUnavailable,  ///< the database fails, or the tables are far behind
};

struct ContactHistory {
  v1::Contact contact;
  std::vector<v1::Offer> offers;
  std::vector<v1::ContactOutcome> outcomes;
};

}  // namespace muster::node
