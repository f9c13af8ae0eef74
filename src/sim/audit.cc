#include "audit.h"

#include <fmt/format.h>

#include <algorithm>

#include "language.h"

namespace muster::sim {
namespace {

std::string name_of(v1::ContactState state) {
  return v1::ContactState_Name(state).substr(std::string_view("CONTACT_STATE_").size());
}

}  // namespace

bool is_final(v1::ContactState state) {
  switch (state) {
    case v1::CONTACT_STATE_COMPLETED:
    case v1::CONTACT_STATE_ABANDONED:
    case v1::CONTACT_STATE_CANCELLED:
    case v1::CONTACT_STATE_EXPIRED:
    case v1::CONTACT_STATE_DEFLECTED:
    case v1::CONTACT_STATE_DROPPED:
      return true;
    default:
      return false;
  }
}

void Audit::agent(const std::string& agent_id, int capacity_units) {
  agents_[agent_id].capacity_units = capacity_units;
}

void Audit::created(const std::string& ref, const std::string& contact_id) { created_[ref].insert(contact_id); }

void Audit::ended(const std::string& contact_id, v1::ContactState state) { endings_[contact_id].insert(state); }

void Audit::with_agent(const std::string& agent_id, const Load& load, std::int64_t sequence) {
  AgentLedger& ledger = agents_[agent_id];
  ledger.last_sequence = std::max(ledger.last_sequence, sequence);
  set_units(agent_id, ledger, load, sequence);
}

void Audit::left_agent(const std::string& agent_id, const std::string& contact_id, std::int64_t sequence) {
  AgentLedger& ledger = agents_[agent_id];
  ledger.last_sequence = std::max(ledger.last_sequence, sequence);
  end_stay(agent_id, ledger, contact_id, sequence);
}

void Audit::session_opened(const std::string& agent_id, const std::vector<Load>& loads, std::int64_t sequence) {
  AgentLedger& ledger = agents_[agent_id];
  std::vector<std::string> gone;
  for (const auto& [contact_id, held] : ledger.contacts) {
    const bool still_there = std::any_of(loads.begin(), loads.end(),
                                         [&, &id = contact_id](const Load& load) { return load.contact_id == id; });
    if (!still_there) gone.push_back(contact_id);
  }
  for (const std::string& contact_id : gone) end_stay(agent_id, ledger, contact_id, ledger.last_sequence);
  ledger.last_sequence = std::max(ledger.last_sequence, sequence);
  for (const Load& load : loads) set_units(agent_id, ledger, load, sequence);
}

void Audit::seen(const std::string& agent_id, std::int64_t sequence) {
  AgentLedger& ledger = agents_[agent_id];
  ledger.last_sequence = std::max(ledger.last_sequence, sequence);
}

void Audit::listed(const std::string& contact_id, const std::string& ref, v1::ContactState state) {
  if (!listed_.emplace(contact_id, Listing{ref, state}).second) {
    ++listed_twice_;
    find(say("contact {} is listed twice", "会话 {} 被列出两次", contact_id));
  }
}

void Audit::set_units(const std::string& agent_id, AgentLedger& ledger, const Load& load, std::int64_t sequence) {
  Held& held = ledger.contacts.try_emplace(load.contact_id, Held{.begin = sequence}).first->second;
  const int growth = load.units - held.units;
  held.units = load.units;
  ledger.used_units += growth;
  if (growth <= 0 || ledger.used_units <= ledger.capacity_units) return;
  ++over_capacity_;
  find(say("agent {} had {} of {} units at sequence {}", "坐席 {} 占用 {}/{} 单位（序号 {}）", agent_id,
           ledger.used_units, ledger.capacity_units, sequence));
}

void Audit::end_stay(const std::string& agent_id, AgentLedger& ledger, const std::string& contact_id,
                     std::int64_t end) {
  const auto found = ledger.contacts.find(contact_id);
  if (found == ledger.contacts.end()) return;
  ledger.used_units -= found->second.units;
  stays_[contact_id].push_back({agent_id, found->second.begin, end});
  ledger.contacts.erase(found);
}

AuditCounts Audit::finish() {
  for (auto& [agent_id, ledger] : agents_) {
    while (!ledger.contacts.empty()) {
      const std::string contact_id = ledger.contacts.begin()->first;
      end_stay(agent_id, ledger, contact_id, ledger.last_sequence);
    }
  }
  AuditCounts counts{.duplicated = listed_twice_, .over_capacity = over_capacity_};
  compare_creations(counts);
  compare_endings(counts);
  compare_stays(counts);
  return counts;
}

void Audit::compare_creations(AuditCounts& counts) {
  for (const auto& [ref, contact_ids] : created_) {
    if (contact_ids.size() > 1) {
      counts.duplicated += static_cast<std::int64_t>(contact_ids.size()) - 1;
      find(say("customer {} was told {} contacts for one request", "客户 {} 的一次请求得到了 {} 个会话", ref,
               contact_ids.size()));
    }
    for (const std::string& contact_id : contact_ids) {
      if (listed_.contains(contact_id)) continue;
      ++counts.lost;
      find(say("contact {} of customer {} was acknowledged and is gone", "客户 {1} 的会话 {0} 已确认却不见了",
               contact_id, ref));
    }
  }
  for (const auto& [contact_id, listing] : listed_) {
    const auto creation = created_.find(listing.ref);
    if (creation != created_.end() && creation->second.contains(contact_id)) continue;
    ++counts.duplicated;
    find(say("contact {} (customer \"{}\") was created by nobody", "会话 {}（客户“{}”）无人创建", contact_id,
             listing.ref));
  }
}

void Audit::compare_endings(AuditCounts& counts) {
  for (const auto& [contact_id, listing] : listed_) {
    if (!is_final(listing.state)) {
      ++counts.unaccounted;
      find(say("contact {} is still {}", "会话 {} 仍为 {}", contact_id, name_of(listing.state)));
      continue;
    }
    endings_[contact_id].insert(listing.state);
  }
  for (const auto& [contact_id, states] : endings_) {
    if (states.size() < 2) continue;
    ++counts.duplicated;
    find(say("contact {} ended as {} and as {}", "会话 {} 既以 {} 又以 {} 结束", contact_id, name_of(*states.begin()),
             name_of(*states.rbegin())));
  }
}

void Audit::compare_stays(AuditCounts& counts) {
  for (auto& [contact_id, stays] : stays_) {
    std::sort(stays.begin(), stays.end(), [](const Stay& a, const Stay& b) { return a.begin < b.begin; });
    const Stay* longest = nullptr;  // of those seen, the one that ends last
    for (const Stay& stay : stays) {
      if (longest != nullptr && stay.begin < longest->end && stay.agent_id != longest->agent_id) {
        ++counts.double_held;
        find(say("contact {} was with {} and {} at sequence {}", "会话 {0} 在序号 {3} 同时属于 {1} 和 {2}", contact_id,
                 longest->agent_id, stay.agent_id, stay.begin));
        break;
      }
      if (longest == nullptr || stay.end > longest->end) longest = &stay;
    }
  }
}

void Audit::find(std::string finding) {
  if (findings_.size() < kFindingsMax) findings_.push_back(std::move(finding));
}

}  // namespace muster::sim
