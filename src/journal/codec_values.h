#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "muster/dispatch/types.h"
#include "muster/journal/error.h"
#include "muster/journal/v1/event.pb.h"

/// What events and snapshots have in common: numbers, times, and the configuration of resources.
/// fill(stored, value) writes, read(stored) reads and refuses what this release does not know.
namespace muster::journal {

template <typename Message>
void check_known(const Message& message) {
  if (!message.GetReflection()->GetUnknownFields(message).empty()) {
    throw Corrupt("journal holds a " + message.GetDescriptor()->full_name() +
                  " with fields that this release does not know: it was written by a newer one");
  }
}

/// A number that must fit a smaller type.
template <typename To, typename From>
To narrow(From number) {
  if (!std::in_range<To>(number)) throw Corrupt("journal holds a number out of range: " + std::to_string(number));
  return static_cast<To>(number);
}

/// An enum's value, counted from 1 to `last`.
template <typename Enum>
Enum known(int number, Enum last) {
  if (number < 1 || number > static_cast<int>(last)) {
    throw Corrupt("journal holds an enum's value that this release does not know: " + std::to_string(number));
  }
  return static_cast<Enum>(number);
}

inline std::int64_t store(TimePoint time) { return time.time_since_epoch().count(); }
inline std::int64_t store(Duration span) { return span.count(); }
inline TimePoint time_of(std::int64_t stored) { return TimePoint(Duration(stored)); }
inline Duration span_of(std::int64_t stored) { return Duration(stored); }

/// Handles and identifiers.
template <typename Handle>
Handle handle_of(std::underlying_type_t<Handle> stored) {
  return static_cast<Handle>(stored);
}

inline dispatch::Channel channel_of(int stored) { return known(stored, dispatch::Channel::kTask); }
inline dispatch::Presence presence_of(int stored) { return known(stored, dispatch::Presence::kSuspended); }
/// Unspecified is none.
inline dispatch::NextPresence next_presence_of(int stored, std::string reason) {
  if (stored == 0) return {};
  return {known(stored, dispatch::Presence::kBreak), std::move(reason)};
}
inline dispatch::OfferState offer_state_of(int stored) { return known(stored, dispatch::OfferState::kSetupFailed); }
inline dispatch::ContactState contact_state_of(int stored) { return known(stored, dispatch::ContactState::kDropped); }

/// One number per channel or gate; index 0, which is unused, is not stored. A list that was written when there were
/// fewer leaves the rest as it is.
template <typename Stored, typename Number, std::size_t kCount>
void fill_indexed(Stored* stored, const std::array<Number, kCount>& values) {
  for (std::size_t i = 1; i < kCount; ++i) stored->Add(values[i]);
}
template <typename Number, std::size_t kCount, typename Stored>
void read_indexed(const Stored& stored, std::array<Number, kCount>& values) {
  if (std::cmp_greater_equal(stored.size(), kCount))
    throw Corrupt("journal holds a list longer than this release knows");
  std::size_t i = 0;
  for (const auto number : stored) values[++i] = narrow<Number>(number);
}

void fill(v1::SkillRequirement& stored, const dispatch::SkillRequirement& requirement);
void fill(v1::Predicate& stored, const dispatch::Predicate& predicate);
void fill(v1::Preferences& stored, const dispatch::Preferences& preferences);
void fill(v1::SkillSpec& stored, const dispatch::SkillSpec& spec);
void fill(v1::Pool& stored, const dispatch::Pool& pool);
void fill(v1::QueuePools& stored, const dispatch::QueuePools& pools);
void fill(v1::PolicySpec& stored, const dispatch::PolicySpec& spec);
void fill(v1::QueueSpec& stored, const dispatch::QueueSpec& spec);
void fill(v1::AgentSpec& stored, const dispatch::AgentSpec& spec);
void fill(v1::Settings& stored, const dispatch::Settings& settings);
void fill(v1::ContactDetails& stored, const dispatch::ContactDetails& details);
void fill(v1::Explanation& stored, const dispatch::Explanation& explanation);

dispatch::SkillRequirement read(const v1::SkillRequirement& stored);
dispatch::Predicate read(const v1::Predicate& stored);
dispatch::Preferences read(const v1::Preferences& stored);
dispatch::SkillSpec read(const v1::SkillSpec& stored);
dispatch::Pool read(const v1::Pool& stored);
dispatch::QueuePools read(const v1::QueuePools& stored);
dispatch::PolicySpec read(const v1::PolicySpec& stored);
dispatch::QueueSpec read(const v1::QueueSpec& stored);
dispatch::AgentSpec read(const v1::AgentSpec& stored);
dispatch::Settings read(const v1::Settings& stored);
dispatch::ContactDetailsPtr read(const v1::ContactDetails& stored);
dispatch::Explanation read(const v1::Explanation& stored);

using StoredRequirements = google::protobuf::RepeatedPtrField<v1::SkillRequirement>;
void fill(StoredRequirements& stored, const std::vector<dispatch::SkillRequirement>& requirements);
std::vector<dispatch::SkillRequirement> read(const StoredRequirements& stored);

/// Lists of handles or identifiers.
template <typename Stored, typename Handle>
void fill_handles(Stored* stored, const std::vector<Handle>& handles) {
  stored->Reserve(static_cast<int>(handles.size()));
  for (const Handle handle : handles) stored->Add(dispatch::raw(handle));
}
template <typename Handle, typename Stored>
void read_handles(const Stored& stored, std::vector<Handle>& handles) {
  handles.reserve(static_cast<std::size_t>(stored.size()));
  for (const auto each : stored) handles.push_back(handle_of<Handle>(each));
}

}  // namespace muster::journal
