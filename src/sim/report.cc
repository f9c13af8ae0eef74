#include "report.h"

#include <boost/json.hpp>
#include <cmath>

#include "language.h"

namespace muster::sim {
namespace {

namespace json = boost::json;

double round3(double value) { return std::round(value * 1000) / 1000; }

json::object to_json(const Spread& spread) {
  return {{"mean", round3(spread.mean)},
          {"p50", round3(spread.p50)},
          {"p95", round3(spread.p95)},
          {"p99", round3(spread.p99)}};
}

json::object to_json(const ServiceLevels& levels, const char* shown) {
  return {{"method", shown},           {"target_s", kServiceTarget}, {"value", round3(levels.sl4)},
          {"SL1", round3(levels.sl1)}, {"SL2", round3(levels.sl2)},  {"SL3", round3(levels.sl3)},
          {"SL4", round3(levels.sl4)}, {"SL5", round3(levels.sl5)}};
}

json::object to_json(const AuditCounts& audit) {
  return {{"lost", audit.lost},
          {"duplicated", audit.duplicated},
          {"double_held", audit.double_held},
          {"over_capacity", audit.over_capacity},
          {"unaccounted", audit.unaccounted}};
}

constexpr const char* kMethod = "SL4";

double milliseconds(Duration span) { return static_cast<double>(span.count()) / 1000; }

void indent(std::string& out, const json::value& value, std::size_t depth) {
  const std::string margin(2 * depth + 2, ' ');
  if (const auto* object = value.if_object(); object != nullptr && !object->empty()) {
    out += "{";
    const char* separator = "\n";
    for (const auto& [key, item] : *object) {
      out += separator + margin + json::serialize(key) + ": ";
      indent(out, item, depth + 1);
      separator = ",\n";
    }
    out += "\n" + std::string(2 * depth, ' ') + "}";
  } else if (const auto* array = value.if_array(); array != nullptr && !array->empty()) {
    out += "[";
    const char* separator = "\n";
    for (const auto& item : *array) {
      out += separator + margin;
      indent(out, item, depth + 1);
      separator = ",\n";
    }
    out += "\n" + std::string(2 * depth, ' ') + "]";
  } else if (const double* number = value.if_double()) {
    out += fmt::format("{}", *number);  // Boost would write 60 as 6E1
  } else {
    out += json::serialize(value);
  }
}

json::object run_json(const Summary& summary) {
  return {{"workload", summary.workload},
          {"prefix", summary.prefix},
          {"server", summary.server},
          {"seed", summary.seed},
          {"speed", summary.speed},
          {"real_duration_s", round3(summary.real_s)},
          {"scaled_ms",
           {{"offer_timeout", milliseconds(summary.scaled.offer_timeout)},
            {"first_miss_pause", milliseconds(summary.scaled.first_miss_pause)},
            {"second_miss_pause", milliseconds(summary.scaled.second_miss_pause)}}}};
}

json::array queues_json(const Summary& summary) {
  json::array queues;
  for (const QueueSummary& queue : summary.queues) {
    queues.push_back(json::object{{"queue_id", queue.queue_id},
                                  {"contacts", queue.contacts},
                                  {"answered", queue.answered},
                                  {"abandoned", queue.abandoned},
                                  {"mean_wait_s", round3(queue.mean_wait_s)},
                                  {"service_level", round3(queue.service.sl4)}});
  }
  return queues;
}

json::object occupancy_json(const Summary& summary) {
  json::object agents;
  for (const auto& [agent_id, times] : summary.desks) {
    agents[agent_id] = {{"busy_s", round3(times.busy_s)},
                        {"available_s", round3(times.available_s)},
                        {"occupancy", round3(times.occupancy())}};
  }
  return {{"mean", round3(summary.occupancy)}, {"agents", std::move(agents)}};
}

json::object connection_json(const Summary& summary) {
  return {{"outages", summary.outages},
          {"sessions_opened", summary.totals.sessions_opened},
          {"sessions_resumed", summary.totals.sessions_resumed},
          {"reconnects", summary.totals.reconnects},
          {"retries", summary.retries}};
}

json::object offers_json(const Summary& summary) {
  json::object latency = to_json(summary.offer_latency_ms);
  latency["measured"] = summary.offers_measured;
  latency["p99_simulated_s"] = round3(summary.offer_latency_ms.p99 / 1000 * summary.speed);
  return {{"seen", summary.totals.offers},         {"accepted", summary.totals.accepted},
          {"declined", summary.totals.declined},   {"missed", summary.totals.missed},
          {"withdrawn", summary.totals.withdrawn}, {"latency_ms", std::move(latency)}};
}

void append_counts(std::string& out, const Summary& summary) {
  const Totals& totals = summary.totals;
  out += say("  Arrivals         {}   answered {}   abandoned {}   refused by the server {}\n",
             "  到达             {}   接起 {}   放弃 {}   被服务器拒绝 {}\n", totals.arrivals, summary.answered,
             summary.abandoned, totals.rejected);
  std::string states;
  for (const auto& [state, count] : summary.by_state) states += fmt::format("   {} {}", state, count);
  out += say("  Final states  {}\n", "  最终状态      {}\n", states);
  if (totals.cancelled_at_end > 0) {
    out += say("  Cancelled at the end, because the drain took too long: {}\n", "  收尾超时后取消：{}\n",
               totals.cancelled_at_end);
  }
  out += say("  Wait (answered)  mean {:.1f} s   p50 {:.1f} s   p95 {:.1f} s   (simulated)\n",
             "  等待（已接起）   平均 {:.1f} 秒   p50 {:.1f} 秒   p95 {:.1f} 秒（模拟时间）\n", summary.waits_s.mean,
             summary.waits_s.p50, summary.waits_s.p95);
  out += say("  Service level    {:.1f} % within {:.0f} s   ({}: answered in time / (answered + abandoned later))\n",
             "  服务水平         {1:.0f} 秒内 {0:.1f} %（{2}：及时接起 /（接起 + 超时后放弃））\n",
             100 * summary.service.sl4, kServiceTarget, kMethod);
}

void append_queues(std::string& out, const Summary& summary) {
  for (const QueueSummary& queue : summary.queues) {
    out += say("    {}: {} contacts, {} answered, {} abandoned, mean wait {:.1f} s, service level {:.1f} %\n",
               "    {}：{} 个会话，接起 {}，放弃 {}，平均等待 {:.1f} 秒，服务水平 {:.1f} %\n", queue.queue_id,
               queue.contacts, queue.answered, queue.abandoned, queue.mean_wait_s, 100 * queue.service.sl4);
  }
}

void append_offers(std::string& out, const Summary& summary) {
  const Totals& totals = summary.totals;
  out += say("  Offers           {}   accepted {}   declined {}   missed {}   withdrawn {}\n",
             "  派单             {}   接受 {}   拒绝 {}   未应答 {}   撤回 {}\n", totals.offers, totals.accepted,
             totals.declined, totals.missed, totals.withdrawn);
  out += say("  Offer latency    p50 {:.2f} ms   p99 {:.2f} ms   (create sent to offer seen, {} offers made at once)\n",
             "  派单延迟         p50 {:.2f} 毫秒   p99 {:.2f} 毫秒（从发出创建到坐席看到派单，{} 次即时派单）\n",
             summary.offer_latency_ms.p50, summary.offer_latency_ms.p99, summary.offers_measured);
  out += say("  At speed {:g} that p99 is {:.2f} simulated s; arrivals were played {:.2f} ms late (p99)\n",
             "  以 {:g} 倍速计，该 p99 合 {:.2f} 模拟秒；到达的播放延迟 p99 为 {:.2f} 毫秒\n", summary.speed,
             summary.offer_latency_ms.p99 / 1000 * summary.speed, summary.lateness_ms.p99);
  out += say("  Occupancy        mean {:.1f} % over {} agents\n", "  占用率           {1} 名坐席平均 {0:.1f} %\n",
             100 * summary.occupancy, summary.agents);
}

void append_connection(std::string& out, const Summary& summary) {
  const Totals& totals = summary.totals;
  out +=
      say("  Connection       {} outages   {} reconnects ({} sessions resumed)   {} retries with the same request id\n",
          "  连接             中断 {} 次   重连 {} 次（恢复会话 {} 个）   以相同请求号重试 {} 次\n", summary.outages,
          totals.reconnects, totals.sessions_resumed, summary.retries);
  out +=
      say("  Server's times   offer timeout {:.0f} ms, pauses after misses {:.0f} ms and {:.0f} ms (scaled by speed)\n",
          "  服务器时间参数   派单超时 {:.0f} 毫秒，未应答暂停 {:.0f} 与 {:.0f} 毫秒（按倍速缩放）\n",
          milliseconds(summary.scaled.offer_timeout), milliseconds(summary.scaled.first_miss_pause),
          milliseconds(summary.scaled.second_miss_pause));
}

void append_audit(std::string& out, const Summary& summary) {
  const AuditCounts& audit = summary.audit;
  out += say("  Audit            lost {}   duplicated {}   double held {}   over capacity {}   unaccounted {}   {}\n",
             "  审计             丢失 {}   重复 {}   双重持有 {}   超容量 {}   未了结 {}   {}\n", audit.lost,
             audit.duplicated, audit.double_held, audit.over_capacity, audit.unaccounted,
             audit.clean() ? tr("clean", "通过") : tr("NOT CLEAN", "未通过"));
  for (const std::string& finding : summary.findings) out += "    " + finding + "\n";
}

}  // namespace

std::string report_json(const Summary& summary) {
  const Totals& totals = summary.totals;
  json::object report;
  report["run"] = run_json(summary);
  report["arrivals"] = totals.arrivals;
  report["created"] = totals.created;
  report["rejected"] = totals.rejected;
  report["answered"] = summary.answered;
  report["abandoned"] = summary.abandoned;
  report["cancelled_at_end"] = totals.cancelled_at_end;
  json::object states;
  for (const auto& [state, count] : summary.by_state) states[state] = count;
  report["by_state"] = std::move(states);
  report["wait_s"] = to_json(summary.waits_s);
  report["service_level"] = to_json(summary.service, kMethod);
  report["queues"] = queues_json(summary);
  report["offers"] = offers_json(summary);
  report["occupancy"] = occupancy_json(summary);
  report["connection"] = connection_json(summary);
  report["lateness_ms"] = to_json(summary.lateness_ms);
  report["audit"] = to_json(summary.audit);
  json::array findings;
  for (const std::string& finding : summary.findings) findings.push_back(json::string(finding));
  report["findings"] = std::move(findings);
  std::string out;
  indent(out, report, 0);
  return out + "\n";
}

std::string report_text(const Summary& summary) {
  std::string out = say("{} at speed {:g} on {} ({}*): {} agents, {:.1f} real s\n",
                        "{}，{:g} 倍速，服务器 {}（{}*）：{} 名坐席，实际用时 {:.1f} 秒\n", summary.workload,
                        summary.speed, summary.server, summary.prefix, summary.agents, summary.real_s);
  append_counts(out, summary);
  append_queues(out, summary);
  append_offers(out, summary);
  append_connection(out, summary);
  append_audit(out, summary);
  return out;
}

}  // namespace muster::sim
