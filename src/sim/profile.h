#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "workload.h"

namespace muster::sim {

/// One kind of contact, with a queue of its own. Times in simulated seconds.
struct TypeProfile {
  std::string id;
  std::string display_name;
  v1::Channel channel = v1::CHANNEL_VOICE;
  double share = 0;  ///< of all arrivals, relative to the other types' shares
  double handle_mean_s = 180;
  double handle_cv = 1;
  double wrap_up_mean_s = 0;   ///< 0: no wrap-up
  double patience_mean_s = 0;  ///< 0: the customer waits as long as it takes
  int priority = 0;
  std::vector<SkillLevel> requirements;
  double widen_after_s = 0;
  std::vector<SkillLevel> widened;
  double service_level_target_s = 20;
};

/// Agents who are alike.
struct TeamProfile {
  std::string id;
  double share = 0;  ///< of all agents, relative to the other teams' shares
  std::vector<SkillLevel> skills;
  int capacity_units = 100;
  std::map<v1::Channel, int> channel_limits;
};

/// A generated day.
struct Profile {
  std::string name;
  std::string description;
  int start_hour = 9;  ///< the hour of the day at which a run begins
  int agents = 0;
  std::array<double, 24> arrivals_per_hour{};
  Behaviour behaviour;
  std::vector<TypeProfile> types;
  std::vector<TeamProfile> teams;
};

/// Reads a profile from TOML (docs/simulator.md lists the keys). `source` names it in errors.
/// Throws InputError with line and column.
Profile parse_profile(std::string_view toml, const std::string& source);

/// A built-in profile by its name, or else the TOML file of this path. Throws InputError.
Profile load_profile(const std::string& name_or_path);

/// The TOML text of a built-in profile, if there is one of this name.
std::optional<std::string_view> builtin_profile(std::string_view name);

/// The names of the built-in profiles.
std::vector<std::string_view> builtin_profile_names();

}  // namespace muster::sim
