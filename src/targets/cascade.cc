#include "cascade.h"

#include <algorithm>
#include <utility>

#include "muster/base/tenant.h"

namespace muster::targets {
namespace {

using kpi::Dimension;

const kpi::Metric* metric_of(const v1::Target& target) { return kpi::find_metric(target.metric_id()); }

/// Whether the target, which is set at the scope, is for rows of the dimension there: 0, not; else how narrowly.
int fits(const v1::Target& target, Dimension dimension, bool own) {
  if (target.each_dimension() != v1::KPI_DIMENSION_UNSPECIFIED) {
    return static_cast<Dimension>(target.each_dimension()) == dimension ? 2 : 0;
  }
  return own || !is_quantity(*metric_of(target)) ? 1 : 0;
}

bool holds_on(const v1::Target& target, int weekday) {
  return target.weekdays().empty() ||
         std::find(target.weekdays().begin(), target.weekdays().end(), weekday) != target.weekdays().end();
}

}  // namespace

Scope scope_of(const v1::Target& target) {
  return {static_cast<Dimension>(target.dimension()), target.row_id(), target.tenant_id()};
}

bool may_have_targets(Dimension dimension) {
  return dimension != Dimension::kChannel && dimension != Dimension::kBaseQueue;
}

bool is_below(Dimension below, Dimension above) {
  switch (above) {
    case Dimension::kWorkspace:
      return below != Dimension::kWorkspace && may_have_targets(below);
    case Dimension::kTenant:
      return below == Dimension::kQueue;
    case Dimension::kBase:
      return below == Dimension::kTeam || below == Dimension::kAgent;
    case Dimension::kTeam:
      return below == Dimension::kAgent;
    default:
      return false;
  }
}

std::vector<Scope> scopes_of(const kpi::Key& row, const kpi::Place& place) {
  std::vector<Scope> scopes;
  const auto add = [&](Dimension dimension, const std::string& id, const std::string& tenant = kPlatformTenant) {
    if (!id.empty()) scopes.push_back({dimension, id, tenant});
  };
  switch (row.dimension) {
    case Dimension::kQueue:
      add(Dimension::kQueue, row.id, row.second);
      add(Dimension::kTenant, row.second, row.second);
      break;
    case Dimension::kTenant:
      add(Dimension::kTenant, row.id, row.id);
      break;
    case Dimension::kAgent:
      add(Dimension::kAgent, row.id);
      add(Dimension::kTeam, place.team);
      add(Dimension::kBase, place.base);
      break;
    case Dimension::kTeam:
      add(Dimension::kTeam, row.id);
      add(Dimension::kBase, place.base);
      break;
    case Dimension::kBase:
      add(Dimension::kBase, row.id);
      break;
    default:
      break;
  }
  scopes.push_back({Dimension::kWorkspace, "", kPlatformTenant});
  return scopes;
}

bool is_quantity(const kpi::Metric& metric) {
  const auto peaks = [](const kpi::Term& term) { return kpi::is_peak(kpi::index_of(term.fact)); };
  return !metric.numerator.empty() && metric.denominator.empty() &&
         std::none_of(metric.numerator.begin(), metric.numerator.end(), peaks);
}

Cascade::Cascade(std::vector<v1::Target> targets, int weekday) : targets_(std::move(targets)) {
  for (const v1::Target& target : targets_) {
    if (!metric_of(target)) continue;  // it is of a version that had it
    if (holds_on(target, weekday)) by_scope_[scope_of(target)].push_back(&target);
  }
}

std::vector<const v1::Target*> Cascade::in_force(Dimension dimension, const std::vector<Scope>& scopes) const {
  std::map<const std::ptrdiff_t, const v1::Target*> by_metric;
  for (const Scope& scope : scopes) {
    const auto found = by_scope_.find(scope);
    if (found == by_scope_.end()) continue;
    std::map<const std::ptrdiff_t, std::pair<int, const v1::Target*>> here;
    for (const v1::Target* target : found->second) {
      const int fit = fits(*target, dimension, &scope == &scopes.front());
      auto& best = here[metric_of(*target) - kpi::metrics().data()];
      if (fit > best.first) best = {fit, target};
    }
    for (const auto& [metric, best] : here) {
      if (best.second) by_metric.emplace(metric, best.second);  // unless a narrower scope has its own
    }
  }
  std::vector<const v1::Target*> targets;
  targets.reserve(by_metric.size());
  for (const auto& [metric, target] : by_metric) targets.push_back(target);
  return targets;
}

}  // namespace muster::targets
