#include <algorithm>
#include <memory>
#include <unordered_set>
#include <utility>

#include "requests.h"

namespace muster::api {
namespace {

constexpr auto kFortnight = std::chrono::days(14);
constexpr int kAttributesMax = 64;
constexpr std::size_t kAttributeKeyBytesMax = 64;
constexpr std::size_t kAttributesBytesMax = 8 * 1024;

dispatch::ContactDetailsPtr details(const v1::CreateContactRequest& request, Checker& check) {
  auto details = std::make_shared<dispatch::ContactDetails>();
  details->customer_ref = check.text("customer_ref", request.customer_ref());
  details->display_name = check.text("display_name", request.display_name());
  std::size_t bytes = 0;
  for (const auto& [key, value] : request.attributes()) bytes += key.size() + value.size();
  if (bytes > kAttributesBytesMax) {
    check.violate("attributes", "must be at most 8192 bytes in all, have " + std::to_string(bytes));
  }
  if (!check.count("attributes", static_cast<int>(request.attributes().size()), 0, kAttributesMax)) return details;
  for (const auto& [key, value] : request.attributes()) {
    check.expect(!key.empty() && key.size() <= kAttributeKeyBytesMax, "attributes", "keys must be 1..64 bytes");
    check.no_nul("attributes", key);
    check.no_nul("attributes", value);
    details->attributes.emplace_back(key, value);
  }
  std::sort(details->attributes.begin(), details->attributes.end());
  return details;
}

std::vector<std::string> excluded_agents(const v1::CreateContactRequest& request, Checker& check) {
  std::vector<std::string> agents;
  const auto& list = request.excluded_agent_ids();
  if (!check.count("excluded_agent_ids", list.size(), 0, 64)) return agents;
  std::unordered_set<std::string_view> seen;
  for (int i = 0; i < list.size(); ++i) {
    const std::string field = indexed("excluded_agent_ids", i);
    agents.push_back(check.id(field, list[i]));
    check.expect(seen.insert(list[i]).second, field, "is named twice");
  }
  return agents;
}

dispatch::Command ended(const std::string& request_id, const std::string& contact_id, dispatch::ContactState state,
                        const std::string& reason, Checker& check) {
  return {check.request_id(request_id),
          dispatch::EndContact{check.contact_id(contact_id), state, check.text("reason", reason)}};
}

}  // namespace

dispatch::NamedRequirement requirement(const std::string& field, const v1::SkillRequirement& asked, Checker& check) {
  const auto& skill = check.id(field + ".skill_id", asked.skill_id());
  const auto min = check.number(field + ".min_level", asked.min_level(), 0, dispatch::kLevelMax);
  const auto max = asked.has_max_level() ? check.number(field + ".max_level", asked.max_level(), 0, dispatch::kLevelMax)
                                         : dispatch::kLevelMax;
  check.expect(!asked.has_max_level() || max >= min, field + ".max_level", "must not be below min_level");
  return {skill, static_cast<std::uint8_t>(min), static_cast<std::uint8_t>(max)};
}

std::vector<dispatch::NamedRequirement> requirements(
    std::string_view field, const google::protobuf::RepeatedPtrField<v1::SkillRequirement>& list, Checker& check) {
  std::vector<dispatch::NamedRequirement> named;
  if (!check.count(field, list.size(), 0, 16)) return named;
  std::unordered_set<std::string_view> seen;
  for (int i = 0; i < list.size(); ++i) {
    const std::string path = indexed(field, i);
    named.push_back(requirement(path, list[i], check));
    check.expect(seen.insert(list[i].skill_id()).second, path + ".skill_id", "is named twice");
  }
  return named;
}

dispatch::Command to_command(const v1::CreateContactRequest& request, Checker& check) {
  dispatch::CreateContact contact;
  contact.queue = check.id("queue_id", request.queue_id());
  contact.priority = static_cast<std::uint8_t>(check.number("priority", request.priority(), 0, 100));
  contact.requirements = requirements("requirements", request.requirements(), check);
  contact.excluded_agents = excluded_agents(request, check);
  contact.details = details(request, check);
  if (request.has_schedule_time()) {
    contact.due = check.time("schedule_time", request.schedule_time());
    check.expect(*contact.due <= wall_now() + kFortnight, "schedule_time", "must be at most 14 days ahead");
  }
  if (request.has_time_to_live()) {
    contact.time_to_live = check.duration("time_to_live", request.time_to_live(), std::chrono::seconds(1), kFortnight);
  }
  contact.preferred_agent = check.optional_id("preferred_agent_id", request.preferred_agent_id());
  return {check.request_id(request.request_id()), std::move(contact)};
}

dispatch::Command to_command(const v1::CancelContactRequest& request, Checker& check) {
  return ended(request.request_id(), request.contact_id(), dispatch::ContactState::kCancelled, request.reason(), check);
}

dispatch::Command to_command(const v1::AbandonContactRequest& request, Checker& check) {
  return ended(request.request_id(), request.contact_id(), dispatch::ContactState::kAbandoned, "", check);
}

dispatch::Command to_command(const v1::DeflectContactRequest& request, Checker& check) {
  return ended(request.request_id(), request.contact_id(), dispatch::ContactState::kDeflected, request.reason(), check);
}

dispatch::Command to_command(const v1::TransferContactRequest& request, Checker& check) {
  return {check.request_id(request.request_id()),
          dispatch::TransferContact{check.contact_id(request.contact_id()), check.id("queue_id", request.queue_id()),
                                    check.text("reason", request.reason())}};
}

dispatch::Command to_command(const v1::PrioritizeContactRequest& request, Checker& check) {
  const auto priority = static_cast<std::uint8_t>(check.number("priority", request.priority(), 0, 100));
  return {check.request_id(request.request_id()),
          dispatch::PrioritizeContact{check.contact_id(request.contact_id()), priority}};
}

dispatch::Command to_command(const v1::AssignContactRequest& request, Checker& check) {
  dispatch::AssignContact assign;
  assign.contact = check.contact_id(request.contact_id());
  assign.agent = check.id("agent_id", request.agent_id());
  if (request.has_wait()) {
    assign.wait = check.duration("wait", request.wait(), Duration::zero(), std::chrono::hours(24));
  }
  assign.reason = check.text("reason", request.reason());
  return {check.request_id(request.request_id()), std::move(assign)};
}

}  // namespace muster::api
