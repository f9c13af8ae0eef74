#pragma once

#include <compare>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "alert_store.h"
#include "baselines.h"
#include "muster/node/node.h"
#include "standing.h"

namespace muster::alerts {

/// What a look tells of an alert whose level changes.
struct Seen {
  v1::Alert alert;  ///< its row, and the level and value from now on
  v1::AlertLevel before = v1::ALERT_LEVEL_UNSPECIFIED;
  bool has_receivers = false;
};

/// Looks at the floor by the rules. Keeps what it must know from look to look; not thread-safe.
class Evaluation {
 public:
  /// Both must outlive it.
  Evaluation(node::Node& node, const Baselines& baselines) : node_(node), baselines_(baselines) {}

  /// `open`: the alerts that are there.
  [[nodiscard]] std::vector<Seen> look(const std::vector<v1::AlertRule>& rules, const std::vector<AlertRecord>& open,
                                       TimePoint now);
  /// Nobody looked for a while: for how long something has been so is not known.
  void forget() { standings_.clear(); }

 private:
  struct RuleKey {
    std::string tenant, rule;
    auto operator<=>(const RuleKey&) const = default;
  };
  struct RowKey {
    std::string tenant, row;
    auto operator<=>(const RowKey&) const = default;
  };
  struct Judged {
    Judgement judgement{};
    std::string row_name{};
  };
  using Rows = std::map<RowKey, Judged>;
  struct Watched {
    const v1::AlertRule* rule = nullptr;  ///< null: gone or disabled
    std::map<RowKey, v1::AlertLevel> alerts{};
  };
  struct Standings {
    TimePoint looked;
    google::protobuf::Timestamp rule_time{};  ///< when the rule was changed
    std::map<RowKey, Standing> rows{};
  };
  using View = std::tuple<kpi::Dimension, node::KpiWindow, std::string>;

  static std::map<RuleKey, Watched> by_rule(const std::vector<v1::AlertRule>& rules,
                                            const std::vector<AlertRecord>& open);
  static Seen seen(const RuleKey& key, const RowKey& row, const Judged& judged, const v1::AlertRule* rule,
                   v1::AlertLevel before, v1::AlertLevel next);
  /// One table for all rules of a look that ask for it.
  const node::KpiTable& table(const v1::AlertRule& rule);
  /// The rows of which something is to be said: those with an alert, and those for which the condition holds. Nothing
  /// if nothing can be said now.
  [[nodiscard]] std::optional<Rows> judge_rows(const Watched& watched);
  void look_at(const RuleKey& key, const Watched& watched, TimePoint now, std::vector<Seen>& changed);

  node::Node& node_;
  const Baselines& baselines_;
  std::map<RuleKey, Standings> standings_;
  std::map<View, std::shared_ptr<const node::KpiTable>> tables_;  ///< of this look
};

/// Enters in the tables what a look told of an alert: a new one, one that comes back, or one that goes on. Does nothing
/// if it is not as the look found it. REQUIRES: hold_changes().
void settle(TenantTransaction& t, const Seen& seen, TimePoint now);

}  // namespace muster::alerts
