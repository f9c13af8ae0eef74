#include <array>

#include "profile.h"

namespace muster::sim {
namespace {

struct Builtin {
  std::string_view name;
  std::string_view toml;
};

constexpr std::string_view kDemo = R"toml(name = "demo"
description = "A lively weekday of a shop's service floor: calls, chats and e-mails / 电商客服的一个工作日：电话、在线聊天与邮件"

# The hour at which a run begins. A run without --duration plays 24 hours from there.
start_hour = 9
# How many agents work; --agents overrides it.
agents = 60
# Contacts per hour, from midnight. They arrive as a Poisson process.
arrivals_per_hour = [ 40, 25, 15, 15, 20, 40, 90, 200, 420, 620, 680, 640,
                      520, 560, 620, 600, 560, 520, 480, 440, 360, 240, 140, 70]

# What agents do with an offer.
decline_probability = 0.02
miss_probability = 0.01
# Exponential; an agent never takes longer than half the time to answer.
answer_delay_mean_s = 3

# One queue each. Handle times are lognormal (mean, coefficient of variation), wrap-up and patience exponential.
[[type]]
id = "orders"
display_name = "Orders · 订单咨询"
share = 30
handle_mean_s = 200
handle_cv = 0.9
wrap_up_mean_s = 20
patience_mean_s = 300
requires = ["orders:50"]
# After this long the second set of requirements is enough.
widen_after_s = 40
widened = ["orders:20"]

[[type]]
id = "billing"
display_name = "Billing · 账单支付"
share = 18
handle_mean_s = 260
handle_cv = 1.0
wrap_up_mean_s = 30
patience_mean_s = 400
requires = ["billing:50"]

[[type]]
id = "key-accounts"
display_name = "Key accounts · 大客户专线"
share = 5
priority = 3
handle_mean_s = 280
handle_cv = 0.8
wrap_up_mean_s = 40
patience_mean_s = 240
requires = ["orders:70", "billing:50"]
widen_after_s = 30
widened = ["orders:50"]

[[type]]
id = "chat"
display_name = "Live chat · 在线聊天"
channel = "chat"
share = 32
handle_mean_s = 420
handle_cv = 0.8
patience_mean_s = 240
requires = ["chat"]
service_level_target_s = 30

[[type]]
id = "email"
display_name = "E-mail · 邮件"
channel = "email"
share = 15
handle_mean_s = 300
handle_cv = 1.2
requires = ["writing"]
service_level_target_s = 3600

[[team]]
id = "phone"
share = 50
skills = ["orders:60", "billing:30"]

[[team]]
id = "senior"
share = 25
skills = ["orders:80", "billing:80"]

[[team]]
id = "text"
share = 25
skills = ["chat:60", "writing:60"]
# 3 chats of 34 units, or 2 chats and an e-mail.
capacity_units = 102
limits = { chat = 3, email = 2 }
)toml";

constexpr std::string_view kPeak = R"toml(name = "peak"
description = "A promotion starts at 10: far more calls than agents for an hour / 十点大促开场：一小时内来电远超坐席"

start_hour = 9
agents = 120
arrivals_per_hour = [ 30, 20, 10, 10, 20, 40, 100, 300, 700, 1200, 4000, 2200,
                      1500, 1400, 1400, 1300, 1200, 1100, 1300, 1600, 1400, 900, 400, 120]

decline_probability = 0.03
miss_probability = 0.02
answer_delay_mean_s = 3

[[type]]
id = "sales"
display_name = "Sales · 售前"
share = 60
handle_mean_s = 180
handle_cv = 0.8
wrap_up_mean_s = 10
patience_mean_s = 150
requires = ["sales:40"]
widen_after_s = 60
widened = ["sales"]

[[type]]
id = "after-sales"
display_name = "After-sales · 售后"
share = 40
handle_mean_s = 300
handle_cv = 1.0
wrap_up_mean_s = 30
patience_mean_s = 300
requires = ["service:40"]

[[team]]
id = "sales"
share = 50
skills = ["sales:70"]

[[team]]
id = "service"
share = 35
skills = ["service:70"]

[[team]]
id = "floaters"
share = 15
skills = ["sales:30", "service:50"]
)toml";

constexpr std::string_view kCrash = R"toml(name = "crash"
description = "Very many very short contacts: made for killing the server under load / 大量极短会话：用于在负载下反复杀死服务器"

# At --speed 60: 300 contacts a real second.
start_hour = 0
agents = 200
arrivals_per_hour = [18000, 18000, 18000, 18000, 18000, 18000, 18000, 18000, 18000, 18000, 18000, 18000,
                     18000, 18000, 18000, 18000, 18000, 18000, 18000, 18000, 18000, 18000, 18000, 18000]

decline_probability = 0.03
miss_probability = 0.005
answer_delay_mean_s = 1

[[type]]
id = "calls"
display_name = "Calls · 来电"
share = 50
handle_mean_s = 25
handle_cv = 0.8
patience_mean_s = 120
requires = ["calls"]

[[type]]
id = "urgent"
display_name = "Urgent · 紧急来电"
share = 10
priority = 5
handle_mean_s = 20
handle_cv = 0.8
wrap_up_mean_s = 5
patience_mean_s = 90
requires = ["calls:60"]
widen_after_s = 20
widened = ["calls"]

[[type]]
id = "chats"
display_name = "Chats · 聊天"
channel = "chat"
share = 30
handle_mean_s = 50
handle_cv = 0.8
wrap_up_mean_s = 5
patience_mean_s = 120
requires = ["text"]

[[type]]
id = "tickets"
display_name = "Tickets · 工单"
channel = "ticket"
share = 10
handle_mean_s = 60
handle_cv = 1.0
requires = ["text"]

[[team]]
id = "calls"
share = 50
skills = ["calls:50"]

[[team]]
id = "seniors"
share = 20
skills = ["calls:80", "text:50"]

[[team]]
id = "text"
share = 30
skills = ["text:60"]
capacity_units = 122
limits = { chat = 3, ticket = 2 }
)toml";

constexpr std::array<Builtin, 3> kBuiltins = {{{"demo", kDemo}, {"peak", kPeak}, {"crash", kCrash}}};

}  // namespace

std::optional<std::string_view> builtin_profile(std::string_view name) {
  for (const Builtin& builtin : kBuiltins) {
    if (builtin.name == name) return builtin.toml;
  }
  return std::nullopt;
}

std::vector<std::string_view> builtin_profile_names() {
  std::vector<std::string_view> names;
  for (const Builtin& builtin : kBuiltins) names.push_back(builtin.name);
  return names;
}

}  // namespace muster::sim
