#pragma once

#include <compare>
#include <map>
#include <string>
#include <vector>

#include "muster/kpi/fold.h"
#include "muster/v1/target.pb.h"

/// Whose target holds for whom.
namespace muster::targets {

/// A row of a dimension at which targets are set.
struct Scope {
  kpi::Dimension dimension{};
  std::string row_id{};     ///< "": the workspace
  std::string tenant_id{};  ///< who may see what is set there
  auto operator<=>(const Scope&) const = default;
};
Scope scope_of(const v1::Target& target);

/// Whether targets may be set there.
bool may_have_targets(kpi::Dimension dimension);
/// Whether rows of `below` belong to one of `above`.
bool is_below(kpi::Dimension below, kpi::Dimension above);

/// Where the targets of a row come from: its own scope first, the workspace last.
std::vector<Scope> scopes_of(const kpi::Key& row, const kpi::Place& place);

/// A metric that adds up over the day, so that a target is for a whole day and for one row: handled, revenue.
bool is_quantity(const kpi::Metric& metric);

/// Targets, by their scopes.
class Cascade {
 public:
  /// Those that hold on the day of the week, 1 (Monday) to 7. Those of metrics that the dictionary has no more do not.
  Cascade(std::vector<v1::Target> targets, int weekday);
  Cascade(const Cascade&) = delete;
  Cascade& operator=(const Cascade&) = delete;

  /// The targets that hold for a row of the dimension, one for each metric, in the order of the dictionary. `scopes`
  /// are its scopes_of().
  [[nodiscard]] std::vector<const v1::Target*> in_force(kpi::Dimension dimension,
                                                        const std::vector<Scope>& scopes) const;

 private:
  std::vector<v1::Target> targets_;
  std::map<Scope, std::vector<const v1::Target*>> by_scope_;
};

}  // namespace muster::targets
