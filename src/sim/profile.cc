#include "profile.h"

#include <toml++/toml.h>

#include <fstream>
#include <initializer_list>
#include <sstream>

#include "language.h"
#include "trace.h"

namespace muster::sim {
namespace {

const std::map<std::string, v1::Channel, std::less<>> kChannels = {
    {"voice", v1::CHANNEL_VOICE},   {"chat", v1::CHANNEL_CHAT},     {"email", v1::CHANNEL_EMAIL},
    {"social", v1::CHANNEL_SOCIAL}, {"ticket", v1::CHANNEL_TICKET}, {"task", v1::CHANNEL_TASK}};

/// A table of the file, read key by key; errors point at the place.
class Section {
 public:
  Section(const toml::table& table, std::string source) : table_(table), source_(std::move(source)) {}

  /// Refuses keys other than these: a misspelt one would otherwise silently leave a default in force.
  void allow(std::initializer_list<std::string_view> keys) const {
    for (const auto& [key, node] : table_) {
      if (std::find(keys.begin(), keys.end(), key.str()) == keys.end()) {
        fail(node, say("unknown key \"{}\"", "未知的键“{}”", key.str()));
      }
    }
  }

  double number(std::string_view key, double otherwise, double low, double high) const {
    const toml::node* node = table_.get(key);
    if (node == nullptr) return otherwise;
    const auto value = node->value<double>();
    if (!value || !(*value >= low && *value <= high)) {
      fail(*node, say("{} must be a number from {} to {}", "{} 必须是 {} 到 {} 之间的数字", key, low, high));
    }
    return *value;
  }

  int integer(std::string_view key, int otherwise, int low, int high) const {
    const double value = number(key, otherwise, low, high);
    if (value != static_cast<int>(value)) fail(*table_.get(key), say("{} must be whole", "{} 必须是整数", key));
    return static_cast<int>(value);
  }

  std::string text(std::string_view key, std::optional<std::string> otherwise = {}) const {
    const toml::node* node = table_.get(key);
    if (node == nullptr && otherwise) return *otherwise;
    if (node == nullptr || !node->is_string()) {
      fail(node ? *node : table_, say("{} must be a text", "{} 必须是文本", key));
    }
    return *node->value<std::string>();
  }

  std::vector<SkillLevel> skills(std::string_view key) const {
    std::vector<SkillLevel> skills;
    for_each(key, [&](const toml::node& item) {
      const auto skill = item.value<std::string>();
      if (!skill) fail(item, say("a skill is a text such as \"billing:60\"", "技能应写作“billing:60”这样的文本"));
      try {
        for (SkillLevel& level : parse_skills(*skill)) skills.push_back(std::move(level));
      } catch (const InputError& error) {
        fail(item, error.what());
      }
    });
    return skills;
  }

  /// Calls visit(node) for each item of an array; none if the key is missing.
  template <class Visit>
  void for_each(std::string_view key, Visit visit) const {
    const toml::node* node = table_.get(key);
    if (node == nullptr) return;
    if (!node->is_array()) fail(*node, say("{} must be an array", "{} 必须是数组", key));
    for (const toml::node& item : *node->as_array()) visit(item);
  }

  /// As for_each, for an array of tables that must not be empty.
  template <class Visit>
  void for_each_section(std::string_view key, Visit visit) const {
    int count = 0;
    for_each(key, [&](const toml::node& item) {
      if (!item.is_table()) fail(item, say("[[{}]] must be a table", "[[{}]] 必须是表", key));
      visit(Section(*item.as_table(), source_));
      ++count;
    });
    if (count == 0) fail(table_, say("at least one [[{}]] is needed", "至少需要一个 [[{}]]", key));
  }

  std::map<v1::Channel, int> limits(std::string_view key) const {
    std::map<v1::Channel, int> limits;
    const toml::node* node = table_.get(key);
    if (node == nullptr) return limits;
    if (!node->is_table()) fail(*node, say("{} must be a table", "{} 必须是表", key));
    const Section section(*node->as_table(), source_);
    for (const auto& [name, item] : *node->as_table()) {
      limits[channel_of(name.str(), item)] = section.integer(name.str(), 0, 0, 100);
    }
    return limits;
  }

  v1::Channel channel(std::string_view key) const {
    const std::string name = text(key, "voice");
    return channel_of(name, table_.get(key) ? *table_.get(key) : table_);
  }

  const toml::table& table() const { return table_; }

  [[noreturn]] void fail(const toml::node& node, std::string_view message) const {
    const toml::source_position at = node.source().begin;
    throw InputError(fmt::format("{}:{}:{}: {}", source_, at.line, at.column, message));
  }

 private:
  v1::Channel channel_of(std::string_view name, const toml::node& node) const {
    const auto found = kChannels.find(name);
    if (found == kChannels.end()) fail(node, say("\"{}\" is not a channel", "“{}”不是渠道", name));
    return found->second;
  }

  const toml::table& table_;
  std::string source_;
};

constexpr double kDay = 86400;

TypeProfile read_type(const Section& section) {
  section.allow({"id", "display_name", "channel", "share", "handle_mean_s", "handle_cv", "wrap_up_mean_s",
                 "patience_mean_s", "priority", "requires", "widen_after_s", "widened", "service_level_target_s"});
  TypeProfile type;
  type.id = section.text("id");
  type.display_name = section.text("display_name", type.id);
  type.channel = section.channel("channel");
  type.share = section.number("share", 1, 0, 1e9);
  type.handle_mean_s = section.number("handle_mean_s", 180, 0.1, kDay);
  type.handle_cv = section.number("handle_cv", 1, 0, 10);
  type.wrap_up_mean_s = section.number("wrap_up_mean_s", 0, 0, 900);
  type.patience_mean_s = section.number("patience_mean_s", 0, 0, kDay);
  type.priority = section.integer("priority", 0, 0, 100);
  type.requirements = section.skills("requires");
  type.widen_after_s = section.number("widen_after_s", 0, 0, kDay);
  type.widened = section.skills("widened");
  type.service_level_target_s = section.number("service_level_target_s", 20, 0, kDay);
  return type;
}

TeamProfile read_team(const Section& section) {
  section.allow({"id", "share", "skills", "capacity_units", "limits"});
  TeamProfile team;
  team.id = section.text("id");
  team.share = section.number("share", 1, 0, 1e9);
  team.skills = section.skills("skills");
  team.capacity_units = section.integer("capacity_units", 100, 0, 1000);
  team.channel_limits = section.limits("limits");
  return team;
}

std::array<double, 24> read_arrivals(const Section& section) {
  std::array<double, 24> arrivals{};
  std::size_t hour = 0;
  section.for_each("arrivals_per_hour", [&](const toml::node& item) {
    const auto value = item.value<double>();
    if (!value || !(*value >= 0) || *value > 1e8 || hour == 24) {
      section.fail(item, say("arrivals_per_hour is 24 numbers from 0", "arrivals_per_hour 应为 24 个不小于 0 的数"));
    }
    arrivals[hour++] = *value;
  });
  if (hour != 24) {
    section.fail(section.table(),
                 say("arrivals_per_hour has {} numbers, not 24", "arrivals_per_hour 有 {} 个数，应为 24 个", hour));
  }
  return arrivals;
}

}  // namespace

Profile parse_profile(std::string_view toml, const std::string& source) {
  toml::table table;
  try {
    table = toml::parse(toml, source);
  } catch (const toml::parse_error& error) {
    const toml::source_position at = error.source().begin;
    throw InputError(fmt::format("{}:{}:{}: {}", source, at.line, at.column, error.description()));
  }
  const Section section(table, source);
  section.allow({"name", "description", "start_hour", "agents", "arrivals_per_hour", "decline_probability",
                 "miss_probability", "answer_delay_mean_s", "type", "team"});
  Profile profile;
  profile.name = section.text("name");
  profile.description = section.text("description", "");
  profile.start_hour = section.integer("start_hour", 9, 0, 23);
  profile.agents = section.integer("agents", 10, 1, 100000);
  profile.arrivals_per_hour = read_arrivals(section);
  profile.behaviour.decline_probability = section.number("decline_probability", 0, 0, 1);
  profile.behaviour.miss_probability = section.number("miss_probability", 0, 0, 1);
  profile.behaviour.answer_delay_mean_s = section.number("answer_delay_mean_s", 0, 0, 3600);
  section.for_each_section("type", [&](const Section& type) { profile.types.push_back(read_type(type)); });
  section.for_each_section("team", [&](const Section& team) { profile.teams.push_back(read_team(team)); });
  return profile;
}

Profile load_profile(const std::string& name_or_path) {
  if (const auto toml = builtin_profile(name_or_path)) return parse_profile(*toml, name_or_path);
  std::ifstream file(name_or_path);
  if (!file) {
    throw InputError(say("\"{}\" is neither a built-in profile ({}) nor a file that can be read",
                         "“{}”既不是内置方案（{}），也不是可读取的文件", name_or_path,
                         fmt::join(builtin_profile_names(), ", ")));
  }
  std::ostringstream text;
  text << file.rdbuf();
  return parse_profile(text.str(), name_or_path);
}

}  // namespace muster::sim
