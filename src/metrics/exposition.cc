#include "muster/metrics/exposition.h"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <utility>

#include "process.h"

namespace muster::metrics {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricType;

/// Everything in one list, in the order in which it is told.
class Families {
 public:
  template <typename Value>
  void gauge(const char* name, const char* help, Value value) {
    single(MetricType::Gauge, name, help, static_cast<double>(value));
  }
  template <typename Value>
  void counter(const char* name, const char* help, Value value) {
    single(MetricType::Counter, name, help, static_cast<double>(value));
  }
  void histogram(const char* name, const char* help, const node::Distribution& distribution);

  /// One that has a label; its values follow by with().
  Families& labelled(MetricType type, const char* name, const char* help, const char* label) {
    add(type, name, help);
    label_ = label;
    return *this;
  }
  template <typename Value>
  Families& with(const char* label_value, Value value) {
    auto& metric = families_.back().metric.emplace_back();
    metric.label.push_back({label_, label_value});
    set(metric, static_cast<double>(value));
    return *this;
  }

  [[nodiscard]] std::string text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  void add(MetricType type, const char* name, const char* help) { families_.push_back({name, help, type, {}}); }
  void single(MetricType type, const char* name, const char* help, double value) {
    add(type, name, help);
    set(families_.back().metric.emplace_back(), value);
  }
  void set(ClientMetric& metric, double value) {
    if (families_.back().type == MetricType::Counter) {
      metric.counter.value = value;
    } else {
      metric.gauge.value = value;
    }
  }

  std::vector<prometheus::MetricFamily> families_;
  const char* label_ = "";  ///< of the last family
};

void Families::histogram(const char* name, const char* help, const node::Distribution& distribution) {
  add(MetricType::Histogram, name, help);
  auto& histogram = families_.back().metric.emplace_back().histogram;
  for (std::size_t i = 0; i < distribution.counts.size(); ++i) {
    histogram.sample_count += distribution.counts[i];
    const bool last = i == distribution.bounds.size();
    histogram.bucket.push_back(
        {histogram.sample_count, last ? std::numeric_limits<double>::infinity() : distribution.bounds[i]});
  }
  histogram.sample_sum = distribution.sum;
}

dispatch::Sequence behind(dispatch::Sequence committed, dispatch::Sequence other) {
  return committed - std::min(committed, other);
}

void add_journal(Families& out, const node::NodeInfo& info, const node::NodeMetrics& node) {
  out.histogram("muster_journal_commit_seconds", "Time that a commit of a row of the journal took, in seconds.",
                node.commit_seconds);
  out.histogram("muster_journal_commit_events",
                "Events in a row of the journal. The sum is the events that this process has committed.",
                node.commit_events);
  out.gauge("muster_epoch", "Epoch of the term of ownership: rises with each takeover and each recovery.", info.epoch);
  out.counter("muster_terms_ended_total",
              "Terms of ownership that ended here: the lease was lost, an append did not answer, or replay differed.",
              node.terms_ended);
  out.gauge("muster_committed_sequence", "Sequence of the last event committed and published.", info.committed);
  out.gauge("muster_projected_sequence", "Sequence of the last event in the reporting tables.", info.projected);
  out.gauge("muster_snapshot_sequence", "Sequence of the last event in the newest snapshot.", info.snapshot);
  out.gauge("muster_projection_lag_events", "Events committed that the reporting tables do not hold yet.",
            behind(info.committed, info.projected));
  out.gauge("muster_snapshot_lag_events", "Events committed after the newest snapshot: replayed at the next start.",
            behind(info.committed, info.snapshot));
}

void add_dispatch(Families& out, const node::NodeInfo& info, const node::NodeMetrics& node) {
  out.gauge("muster_inbox_depth", "Commands and reads that wait for the engine.", node.inbox_depth);
  out.gauge("muster_inbox_capacity", "Commands and reads that may wait for the engine; more are refused as busy.",
            node.inbox_capacity);
  out.labelled(MetricType::Counter, "muster_commands_total",
               "Commands by what became of them, the server's own at the begin of a term included. answered: the "
               "engine decided, and that is durable. busy: the inbox was full. not_serving: the workspace was not "
               "served here. unknown: the journal failed before it answered.",
               "delivery")
      .with("answered", node.commands.answered)
      .with("busy", node.commands.busy)
      .with("not_serving", node.commands.not_serving)
      .with("unknown", node.commands.unknown);
  out.counter("muster_offers_made_total", "Offers of contacts to agents.", node.offers.made);
  out.counter("muster_offers_accepted_total", "Offers that agents accepted.", node.offers.accepted);
  out.counter("muster_offers_declined_total", "Offers that agents declined.", node.offers.declined);
  out.counter("muster_offers_missed_total", "Offers that nobody answered in time.", node.offers.missed);
  out.gauge("muster_contacts_waiting", "Contacts that wait for an agent, those that ring included.",
            node.contacts_waiting);
  out.gauge("muster_contacts_in_hand", "Contacts that agents have, in wrap-up or on hold included.",
            node.contacts_in_hand);
  out.gauge("muster_sessions_open", "Agents' sessions whose stream is open here.", info.open_sessions);
}

void add_access(Families& out, const Figures::Serving& serving) {
  out.labelled(MetricType::Gauge, "muster_streams_open", "Streams that are open, by kind.", "kind");
  for (const auto& stream : serving.streams) out.with(stream.kind, stream.open);
  out.labelled(MetricType::Counter, "muster_streams_fell_behind_total",
               "Streams ended because their readers were too slow, by kind.", "kind");
  for (const auto& stream : serving.streams) out.with(stream.kind, stream.fell_behind);
  out.labelled(MetricType::Counter, "muster_calls_refused_total",
               "Calls refused before they were looked at. unauthenticated: without credentials that are good. denied: "
               "not for the caller. rate: sign-ins after too many that failed.",
               "reason")
      .with("unauthenticated", serving.identity.refused_unauthenticated)
      .with("denied", serving.identity.refused_denied)
      .with("rate", serving.identity.refused_rate);
  out.labelled(MetricType::Gauge, "muster_store_queue_depth",
               "Work that waits for a connection to the database, by pool.", "pool")
      .with("back_office", serving.back_office_queued)
      .with("identity", serving.identity.queued)
      .with("reporting", serving.node.table_reads_queued);
}

void add_process(Families& out, const Figures& figures) {
  const ProcessFigures process = process_figures();
  const std::chrono::duration<double> start_time = figures.start_time.time_since_epoch();
  out.gauge("muster_http_connections", "Connections to the HTTP port that are open, this one included.",
            figures.http_connections);
  out.counter("process_cpu_seconds_total", "CPU time that this process has used, in seconds.", process.cpu_seconds);
  out.gauge("process_resident_memory_bytes", "Memory of this process that is in RAM, in bytes.",
            process.resident_bytes);
  out.gauge("process_open_fds", "File descriptors that are open.", process.open_fds);
  out.gauge("process_max_fds", "File descriptors that may be open.", process.max_fds);
  out.gauge("process_start_time_seconds", "When this process began, in seconds since 1970 in UTC.", start_time.count());
}

}  // namespace

std::string exposition(const Figures& figures) {
  Families out;
  out.labelled(MetricType::Gauge, "muster_build_info", "1, with the version of this server as a label.", "version")
      .with(MUSTER_VERSION, 1);
  out.gauge("muster_ready", "1 when this server takes contacts, else 0.", figures.ready ? 1 : 0);
  if (figures.serving) {
    add_dispatch(out, figures.serving->info, figures.serving->node);
    add_journal(out, figures.serving->info, figures.serving->node);
    add_access(out, *figures.serving);
  }
  add_process(out, figures);
  return out.text();
}

}  // namespace muster::metrics
