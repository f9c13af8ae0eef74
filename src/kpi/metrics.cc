#include "muster/kpi/metrics.h"

#include <algorithm>

namespace muster::kpi {
namespace {

using enum Fact;
using enum Unit;
using enum Direction;

/// So many of a hundred.
std::vector<Term> percent(std::vector<Term> terms) {
  for (Term& term : terms) term.factor *= 100;
  return terms;
}

constexpr std::string_view kAnswers = "OfferAccepted, ContactRequeued, ContactEnded";
constexpr std::string_view kHandlings =
    "OfferAccepted, ContactHeld, ContactResumed, ContactWrapUpStarted, ContactCompleted, ContactTransferred, "
    "ContactRequeued, ContactEnded";
constexpr std::string_view kAgentTime =
    "SessionOpened, SessionEnded, PresenceChanged, OfferMade, OfferEnded and those of AHT";
constexpr std::string_view kOutcomes = "ContactOutcomeRecorded";

std::vector<Metric> now() {
  std::vector<Metric> list;
  const auto add = [&](std::string_view id, std::string_view en, std::string_view zh, Gauge gauge,
                       Direction direction = kNeutral) {
    Metric metric{id, 1, en, zh, kCount, direction};
    metric.gauge = gauge;
    metric.events = "all of contacts, offers, sessions";
    list.push_back(metric);
  };
  add("waiting", "Waiting now", "当前排队", Gauge::kWaiting, kLowerIsBetter);
  add("ringing", "Ringing now", "当前振铃", Gauge::kRinging);
  add("in_hand", "In hand now", "当前处理中", Gauge::kInHand);
  add("agents_signed_in", "Agents signed in", "签入坐席", Gauge::kSignedIn);
  add("agents_ready", "Agents ready", "示闲坐席", Gauge::kReady);
  add("agents_handling", "Agents handling", "通话或会话中坐席", Gauge::kHandling);
  add("agents_wrap_up", "Agents in wrap-up", "话后整理坐席", Gauge::kWrapUp);
  add("agents_break", "Agents on break", "小休坐席", Gauge::kBreak);
  Metric longest{"longest_wait_now", 1, "Longest wait now", "当前最长等待", kDuration, kLowerIsBetter};
  longest.longest_wait_now = true;
  longest.events = "all of contacts";
  list.push_back(longest);
  return list;
}

std::vector<Metric> contacts() {
  return {
      {"offered",
       1,
       "Offered",
       "进线量",
       kCount,
       kNeutral,
       {{kOffered}},
       {},
       {},
       {},
       false,
       "ContactCreated, ContactQueued",
       "Contacts that became due in the queue; transfers count apart.",
       "到期进入队列的会话；转接另计。"},
      {"answered",
       1,
       "Answered",
       "接听量",
       kCount,
       kHigherIsBetter,
       {{kAnswered}},
       {},
       {},
       {},
       false,
       kAnswers,
       "Accepted by an agent for the first time. A failed setup takes it back, in the interval of the answer.",
       "首次被坐席接起。接通失败会从原时段扣回。"},
      {"abandoned",
       1,
       "Abandoned",
       "放弃量",
       kCount,
       kLowerIsBetter,
       {{kAbandoned}},
       {},
       {},
       {},
       false,
       "ContactEnded",
       "The customer left unanswered.",
       "客户未被接听即离开。"},
      {"abandon_rate",
       1,
       "Abandon rate",
       "放弃率",
       kPercent,
       kLowerIsBetter,
       percent({{kAbandoned}}),
       {{kAnswered}, {kAbandoned}, {kDeflected}},
       {},
       {},
       false,
       kAnswers,
       "Of those that left the queue by an answer, by leaving, or solved without an agent (Amazon Connect and Genesys "
       "divide by those queued).",
       "占离开队列者（接听、放弃、未经坐席解决）的比例。"},
      {"abandon_rate_without_short",
       1,
       "Abandon rate without short ones",
       "放弃率（不计短时放弃）",
       kPercent,
       kLowerIsBetter,
       percent({{kAbandoned}, {kAbandonedShort, -1}}),
       {{kAnswered}, {kAbandoned}, {kDeflected}, {kAbandonedShort, -1}},
       {},
       {},
       false,
       kAnswers,
       "Short: within the queue's short_abandon, 5 s unless set.",
       "短时：在队列 short_abandon（默认 5 秒）以内。"},
      {"asa",
       1,
       "Average speed of answer (ASA)",
       "平均应答时长 (ASA)",
       kDuration,
       kLowerIsBetter,
       {{kAnswerWait}},
       {{kAnswered}},
       {},
       {},
       false,
       kAnswers,
       "From when the contact was due until it was accepted.",
       "从到期到被接起。"},
      {"abandon_wait",
       1,
       "Average wait of those who left",
       "放弃者平均等待",
       kDuration,
       kNeutral,
       {{kAbandonWait}},
       {{kAbandoned}},
       {},
       {},
       false,
       "ContactEnded",
       "",
       ""},
      {"longest_wait",
       1,
       "Longest wait",
       "最长等待",
       kDuration,
       kLowerIsBetter,
       {{kLongestWait}},
       {},
       {},
       {},
       false,
       kAnswers,
       "Of those answered or abandoned in the time asked for.",
       "所选时段内已接听或已放弃者。"},
      {"deflected",
       1,
       "Solved without an agent",
       "未经坐席解决",
       kCount,
       kNeutral,
       {{kDeflected}},
       {},
       {},
       {},
       false,
       "ContactEnded",
       "",
       ""},
      {"transfer_rate",
       1,
       "Transfer rate",
       "转接率",
       kPercent,
       kLowerIsBetter,
       percent({{kTransferredOut}}),
       {{kHandled}},
       {},
       {},
       false,
       kHandlings,
       "",
       ""},
      {"requeued",
       1,
       "Taken from agents",
       "被收回",
       kCount,
       kLowerIsBetter,
       {{kRequeued}},
       {},
       {},
       {},
       false,
       "ContactRequeued",
       "The agent was lost, or the setup failed.",
       "坐席失联或接通失败。"},
      {"starved",
       1,
       "Starved",
       "超过等待上限",
       kCount,
       kLowerIsBetter,
       {{kStarved}},
       {},
       {},
       {},
       false,
       "ContactStarving",
       "Waited for as long as the policy bounds.",
       "等待达到策略上限。"},
  };
}

// The names and formulas of 4PS and ICMI (SL1 to SL5), of Genesys Cloud with short abandons left out (SL6), and of
// Amazon Connect (SL7).
std::vector<Metric> service_levels() {
  const auto level = [](std::string_view id, std::string_view en, std::string_view zh, std::vector<Term> met,
                        std::vector<Term> counted, std::string_view note_en, std::string_view note_zh) {
    return Metric{id, 1,  en,    zh,       kPercent, kHigherIsBetter, percent(std::move(met)), std::move(counted),
                  {}, {}, false, kAnswers, note_en,  note_zh};
  };
  return {
      level("service_level", "Service level", "服务水平", {{kServiceMet}}, {{kServiceCounted}},
            "By the method of each queue (Queue.service_level_method), which stands beside the figure; of several "
            "queues, each contact by its own queue's.",
            "按各队列自己的算法（显示在数字旁）；多队列合计时每个会话按其队列的算法计。"),
      level("service_level_sl1", "Service level SL1: abandoned in target served", "服务水平 SL1：目标内放弃计为已服务",
            {{kAnsweredInTarget}, {kAbandonedInTarget}}, {{kAnswered}, {kAbandoned}}, "ICMI; Cisco \"positive\".",
            "ICMI；Cisco“正向”。"),
      level("service_level_sl2", "Service level SL2: answered only", "服务水平 SL2：仅计已接听", {{kAnsweredInTarget}},
            {{kAnswered}}, "ICMI; Genesys without abandons.", "ICMI；Genesys 不计放弃。"),
      level("service_level_sl3", "Service level SL3: strict", "服务水平 SL3：严格", {{kAnsweredInTarget}},
            {{kAnswered}, {kAbandoned}}, "ICMI; Cisco \"negative\"; Genesys by default.",
            "ICMI；Cisco“负向”；Genesys 默认。"),
      level("service_level_sl4", "Service level SL4: abandoned in target ignored", "服务水平 SL4：目标内放弃不计",
            {{kAnsweredInTarget}}, {{kAnswered}, {kAbandoned}, {kAbandonedInTarget, -1}},
            "ICMI; Cisco \"ignore\". The default of a queue.", "ICMI；Cisco“忽略”。队列默认算法。"),
      level("service_level_sl5", "Service level SL5: short abandon served", "服务水平 SL5：短时放弃计为已服务",
            {{kAnsweredInTarget}, {kAbandonedShort}}, {{kAnswered}, {kAbandoned}}, "4PS.", "4PS。"),
      level("service_level_sl6", "Service level SL6: short abandon ignored", "服务水平 SL6：短时放弃不计",
            {{kAnsweredInTarget}}, {{kAnswered}, {kAbandoned}, {kAbandonedShort, -1}},
            "Genesys with short abandons left out.", "Genesys，剔除短时放弃。"),
      level("service_level_sl7", "Service level SL7: left in target", "服务水平 SL7：目标内离队",
            {{kAnsweredInTarget}, {kAbandonedInTarget}, {kDeflectedInTarget}},
            {{kAnswered}, {kAbandoned}, {kDeflected}}, "Amazon Connect: whatever made the contact leave the queue.",
            "Amazon Connect：无论因何离开队列。"),
  };
}

std::vector<Metric> waits() {
  std::vector<Metric> list;
  const auto add = [&](std::string_view id, std::string_view en, std::string_view zh, int percentile) {
    Metric metric{id, 1, en, zh, kDuration, kLowerIsBetter};
    metric.percentile = percentile;
    metric.events = kAnswers;
    metric.note_en = "Of those answered; the upper end of its bucket, the exact value within a bucket is not kept.";
    metric.note_zh = "已接听者；取所在区间上限，区间内精确值不保留。";
    list.push_back(metric);
  };
  add("wait_p50", "Wait, median", "等待中位数", 50);
  add("wait_p90", "Wait, 90th percentile", "等待 P90", 90);
  add("wait_p95", "Wait, 95th percentile", "等待 P95", 95);
  add("wait_p99", "Wait, 99th percentile", "等待 P99", 99);
  list.push_back({"estimate_error",
                  1,
                  "Error of the estimated wait",
                  "预计等待误差",
                  kDuration,
                  kLowerIsBetter,
                  {{kEstimateError}},
                  {{kEstimated}},
                  {},
                  {},
                  false,
                  kAnswers,
                  "Mean difference between what was estimated on arrival and the wait, without sign.",
                  "到达时预计等待与实际等待之差的绝对值均值。"});
  list.push_back({"estimate_excess",
                  1,
                  "Excess of the estimated wait",
                  "预计等待偏差",
                  kDuration,
                  kNeutral,
                  {{kEstimateExcess}},
                  {{kEstimated}},
                  {},
                  {},
                  false,
                  kAnswers,
                  "Above 0: too long.",
                  "大于 0：估得偏长。"});
  return list;
}

std::vector<Metric> handling() {
  return {
      {"handled",
       1,
       "Handled",
       "处理量",
       kCount,
       kHigherIsBetter,
       {{kHandled}},
       {},
       {},
       {},
       false,
       kHandlings,
       "Each hold of an agent on a contact that ended: completed, handed on, taken away, or left by the customer; not "
       "failed setups.",
       "坐席对会话的每次处理结束即计一次：完成、转出、被收回或客户离开；接通失败不计。"},
      {"completed",
       1,
       "Completed",
       "完成量",
       kCount,
       kHigherIsBetter,
       {{kCompleted}},
       {},
       {},
       {},
       false,
       "ContactCompleted",
       "",
       ""},
      {"aht",
       1,
       "Average handle time (AHT)",
       "平均处理时长 (AHT)",
       kDuration,
       kNeutral,
       {{kTalk}, {kHold}, {kWrapUp}},
       {{kHandled}},
       {},
       {},
       false,
       kHandlings,
       "Talk, hold and wrap-up. A band to stay in, not a minimum.",
       "通话、保持与话后整理之和。应在区间内，并非越短越好。"},
      {"talk",
       1,
       "Average talk time",
       "平均通话时长",
       kDuration,
       kNeutral,
       {{kTalk}},
       {{kHandled}},
       {},
       {},
       false,
       kHandlings,
       "",
       ""},
      {"hold",
       1,
       "Average hold time",
       "平均保持时长",
       kDuration,
       kLowerIsBetter,
       {{kHold}},
       {{kHandled}},
       {},
       {},
       false,
       kHandlings,
       "",
       ""},
      {"wrap_up",
       1,
       "Average wrap-up time (ACW)",
       "平均话后整理时长",
       kDuration,
       kLowerIsBetter,
       {{kWrapUp}},
       {{kHandled}},
       {},
       {},
       false,
       kHandlings,
       "",
       ""},
      {"data_completeness",
       1,
       "Data completeness",
       "数据完整率",
       kPercent,
       kHigherIsBetter,
       percent({{kCompletedWithDisposition}}),
       {{kCompleted}},
       {},
       {},
       false,
       "ContactCompleted",
       "Contacts completed by an agent who said what came of them.",
       "完成时填写了处置结果的会话占比。"},
  };
}

std::vector<Metric> offers() {
  return {
      {"offers_made",
       1,
       "Offers made",
       "派单量",
       kCount,
       kNeutral,
       {{kOffersMade}},
       {},
       {},
       {},
       false,
       "OfferMade",
       "",
       ""},
      {"offers_accepted",
       1,
       "Offers accepted",
       "接单量",
       kCount,
       kHigherIsBetter,
       {{kOffersAccepted}},
       {},
       {},
       {},
       false,
       "OfferAccepted",
       "",
       ""},
      {"offers_declined",
       1,
       "Offers declined",
       "拒单量",
       kCount,
       kLowerIsBetter,
       {{kOffersDeclined}},
       {},
       {},
       {},
       false,
       "OfferEnded",
       "",
       ""},
      {"offers_missed",
       1,
       "Offers missed",
       "漏接量",
       kCount,
       kLowerIsBetter,
       {{kOffersMissed}},
       {},
       {},
       {},
       false,
       "OfferEnded",
       "Nobody answered in time (RONA).",
       "超时未应答 (RONA)。"},
      {"offers_withdrawn",
       1,
       "Offers withdrawn",
       "撤单量",
       kCount,
       kNeutral,
       {{kOffersWithdrawn}},
       {},
       {},
       {},
       false,
       "OfferEnded",
       "The customer left, or another agent was faster.",
       "客户离开，或其他坐席先接。"},
      {"accept_rate",
       1,
       "Accept rate",
       "接单率",
       kPercent,
       kHigherIsBetter,
       percent({{kOffersAccepted}}),
       {{kOffersAccepted}, {kOffersDeclined}, {kOffersMissed}},
       {},
       {},
       false,
       "OfferAccepted, OfferEnded",
       "Of the offers that the agent answered or let pass; what was withdrawn is nobody's fault.",
       "坐席已应答或错过的派单中；撤回的不计。"},
      {"missed_offer_rate",
       1,
       "Missed offer rate",
       "漏接率",
       kPercent,
       kLowerIsBetter,
       percent({{kOffersMissed}}),
       {{kOffersAccepted}, {kOffersDeclined}, {kOffersMissed}},
       {},
       {},
       false,
       "OfferAccepted, OfferEnded",
       "Without those whose customer left while it rang (Amazon Connect's second agent non-response).",
       "不含振铃时客户离开者。"},
  };
}

std::vector<Metric> agent_time() {
  const std::vector<Term> at_work = {{kHandlingTime}, {kWrapUpTime}};
  const std::vector<Term> on_queue = {{kHandlingTime}, {kWrapUpTime}, {kRingingTime}, {kReadyTime}};
  const std::vector<Term> signed_in = {{kHandlingTime}, {kWrapUpTime}, {kRingingTime},
                                       {kReadyTime},    {kBreakTime},  {kNotRespondingTime}};
  return {
      {"occupancy",
       1,
       "Occupancy",
       "工时利用率",
       kPercent,
       kNeutral,
       percent(at_work),
       on_queue,
       {},
       {},
       false,
       kAgentTime,
       "Clock time at work over clock time on the queue, whatever the number of contacts at once (Amazon "
       "Connect). 80 to 88 is healthy, above 90 burns out.",
       "工作时间占在线接单时间，与并发数无关。80–88 为宜，高于 90 易倦怠。"},
      {"utilization",
       1,
       "Utilization in capacity units",
       "容量利用率",
       kPercent,
       kNeutral,
       percent({{kUnitTime}}),
       {{kCapacityTime}},
       {},
       {},
       false,
       kAgentTime,
       "Capacity units in use over those there to be used. Elsewhere the word has other meanings.",
       "已用容量单位占可用容量单位。其他系统对该词另有定义。"},
      {"signed_in_time",
       1,
       "Time signed in",
       "签入时长",
       kDuration,
       kNeutral,
       signed_in,
       {},
       {},
       {},
       false,
       kAgentTime,
       "",
       ""},
      {"ready_time",
       1,
       "Time ready",
       "示闲时长",
       kDuration,
       kNeutral,
       {{kReadyTime}},
       {},
       {},
       {},
       false,
       kAgentTime,
       "",
       ""},
      {"break_time",
       1,
       "Time on break",
       "小休时长",
       kDuration,
       kNeutral,
       {{kBreakTime}},
       {},
       {},
       {},
       false,
       kAgentTime,
       "",
       ""},
      {"not_responding_time",
       1,
       "Time not responding",
       "无应答时长",
       kDuration,
       kLowerIsBetter,
       {{kNotRespondingTime}},
       {},
       {},
       {},
       false,
       kAgentTime,
       "",
       ""},
  };
}

std::vector<Metric> outcomes() {
  const auto outcome = [](std::string_view id, std::string_view en, std::string_view zh, Unit unit, Direction direction,
                          std::vector<Term> numerator, std::vector<Term> denominator, std::string_view note_en,
                          std::string_view note_zh) {
    return Metric{id, 1,  en,    zh,        unit,    direction, std::move(numerator), std::move(denominator),
                  {}, {}, false, kOutcomes, note_en, note_zh};
  };
  return {
      outcome("csat", "Customer satisfaction (CSAT)", "客户满意度 (CSAT)", kPercent, kHigherIsBetter,
              percent({{kCsatSatisfied}}), {{kCsatAnswers}}, "Answers of 4 or 5.", "4 分或 5 分的占比。"),
      outcome("csat_top_box", "CSAT top box", "非常满意率", kPercent, kHigherIsBetter, percent({{kCsatTopBox}}),
              {{kCsatAnswers}}, "Answers of 5.", "5 分的占比。"),
      outcome("csat_mean", "CSAT, mean", "满意度均分", kNumber, kHigherIsBetter, {{kCsatPoints}}, {{kCsatAnswers}}, "",
              ""),
      outcome("dsat", "Dissatisfaction (DSAT)", "不满意率 (DSAT)", kPercent, kLowerIsBetter,
              percent({{kCsatDissatisfied}}), {{kCsatAnswers}}, "Answers of 1 or 2.", "1 分或 2 分的占比。"),
      outcome("survey_response_rate", "Survey response rate", "评价回收率", kPercent, kHigherIsBetter,
              percent({{kCsatAnswers}}), {{kSurveysSent}}, "CSAT answers over surveys sent.", "CSAT 回收数占发出数。"),
      outcome("nps", "Net promoter score (NPS)", "净推荐值 (NPS)", kNumber, kHigherIsBetter,
              percent({{kNpsPromoters}, {kNpsDetractors, -1}}), {{kNpsAnswers}}, "9 and 10 less 0 to 6; -100 to 100.",
              "9–10 分占比减 0–6 分占比；-100 至 100。"),
      outcome("ces", "Customer effort score (CES)", "客户费力度 (CES)", kNumber, kHigherIsBetter, {{kCesPoints}},
              {{kCesAnswers}}, "Mean of 1 to 7; 7 is effortless.", "1–7 分均值；7 为毫不费力。"),
      outcome("fcr_survey", "First contact resolution by survey (FCR)", "首次解决率（调查）", kPercent, kHigherIsBetter,
              percent({{kResolved}}), {{kResolvedAnswers}}, "", ""),
      outcome("conversion", "Conversion", "转化率", kPercent, kHigherIsBetter, percent({{kOrders}}), {{kHandled}},
              "Orders over contacts handled.", "订单数占处理量。"),
      outcome("orders", "Orders", "订单数", kCount, kHigherIsBetter, {{kOrders}}, {}, "Those taken back are left out.",
              "不含已撤回订单。"),
      outcome("revenue", "Revenue", "销售额", kMoney, kHigherIsBetter, {{kRevenue}}, {}, "Less what was taken back.",
              "已扣除撤回金额。"),
      outcome("average_order_value", "Average order value", "客单价", kMoney, kHigherIsBetter, {{kRevenue}},
              {{kOrders}}, "", ""),
      outcome("recall_of_answered", "Recall rate of those reached", "召回率（按接通）", kPercent, kHigherIsBetter,
              percent({{kReactivated}}), {{kAnswered}}, "", ""),
      outcome("recall_of_offered", "Recall rate of those due", "召回率（按拨打）", kPercent, kHigherIsBetter,
              percent({{kReactivated}}), {{kOffered}}, "", ""),
      outcome("cost_per_contact", "Cost per contact", "单次成本", kMoney, kLowerIsBetter, {{kCost}}, {{kHandled}},
              "Costs as told by outcomes.", "成本由结果接口上报。"),
      outcome("cost_per_resolution", "Cost per resolution", "单次解决成本", kMoney, kLowerIsBetter, {{kCost}},
              {{kResolved}}, "", ""),
  };
}

std::int64_t sum(const std::vector<Term>& terms, const Facts& facts) {
  std::int64_t total = 0;
  for (const Term& term : terms) total += term.factor * facts[term.fact];
  return total;
}

/// The bucket in which that many of a hundred of the answered had been answered.
Figure percentile_of(int percent, const Facts& facts) {
  const std::int64_t answered = facts[kAnswered];
  if (answered <= 0) return {};
  std::int64_t seen = 0;
  for (std::size_t i = 0; i < kWaitBounds.size(); ++i) {
    seen += facts.at(kNamedFacts + i);
    if (seen * 100 >= answered * percent) return {Duration(std::chrono::seconds(kWaitBounds[i])).count(), 1};
  }
  return {facts[kLongestWait], 1};
}

std::string text(const std::vector<Term>& terms) {
  std::string text;
  for (const Term& term : terms) {
    if (!text.empty()) text += term.factor < 0 ? " - " : " + ";
    text += name_of(index_of(term.fact));
  }
  return terms.size() > 1 ? "(" + text + ")" : text;
}

}  // namespace

const std::vector<Metric>& metrics() {
  static const std::vector<Metric> all = [] {
    std::vector<Metric> list;
    for (auto part : {now(), contacts(), service_levels(), waits(), handling(), offers(), agent_time(), outcomes()}) {
      list.insert(list.end(), part.begin(), part.end());
    }
    return list;
  }();
  return all;
}

const Metric* find_metric(std::string_view id) {
  const auto& all = metrics();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Metric& metric) { return metric.id == id; });
  return found == all.end() ? nullptr : &*found;
}

Figure figure(const Metric& metric, const Sample& sample) {
  if (metric.gauge) return {sample.gauges[static_cast<std::size_t>(*metric.gauge)], 1};
  if (metric.longest_wait_now) {
    return sample.longest_wait_now ? Figure{sample.longest_wait_now->count(), 1} : Figure{};
  }
  if (metric.percentile) return percentile_of(*metric.percentile, sample.facts);
  return {sum(metric.numerator, sample.facts), metric.denominator.empty() ? 1 : sum(metric.denominator, sample.facts)};
}

std::string formula(const Metric& metric) {
  if (metric.gauge) return std::string(name_of(*metric.gauge)) + " now";
  if (metric.longest_wait_now) return "longest wait of those waiting now";
  if (metric.percentile) return "P" + std::to_string(*metric.percentile) + " of the waits of answered";
  const bool hundredfold = metric.numerator.front().factor % 100 == 0;
  std::string formula = (hundredfold ? "100 * " : "") + text(metric.numerator);
  if (!metric.denominator.empty()) formula += " / " + text(metric.denominator);
  return formula;
}

std::string_view name_of(Gauge gauge) {
  static constexpr std::array<std::string_view, kGaugeCount> kNames = {"waiting", "ringing",  "in_hand", "signed_in",
                                                                       "ready",   "handling", "wrap_up", "break"};
  return kNames[static_cast<std::size_t>(gauge)];
}

}  // namespace muster::kpi
