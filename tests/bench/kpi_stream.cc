#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "command.h"
#include "load_client.h"
#include "muster/base/uuid.h"
#include "muster/client/channel.h"
#include "muster/v1/board_service.grpc.pb.h"
#include "muster/v1/contact_service.grpc.pb.h"
#include "muster/v1/routing_service.grpc.pb.h"
#include "samples.h"
#include "system_measure.h"
#include "system_population.h"
#include "system_process.h"
#include "system_servers.h"
#include "system_setup.h"

// What it costs a server to show metrics to many supervisors, and how soon they see what happened.
namespace muster::bench {
namespace {

using Boards = v1::BoardService::Stub;
using std::chrono::milliseconds;

constexpr int kConnections = 8;   // of the agents
constexpr int kViewChannels = 4;  // of those who watch
constexpr const char* kProbeQueue = "probe";

struct Options {
  int agents = 4'000;
  int queues = 200;
  int supervisors = 200;
  double lives_per_second = 20;
  int rounds = 3;
  double seconds = 10;  ///< of each measurement of CPU time
  int probes = 60;      ///< of latency, for each interval
};

/// Eight metrics of a dimension, today's.
v1::WatchKpisRequest view_of(v1::KpiDimension dimension, int page_size, milliseconds interval) {
  v1::WatchKpisRequest request;
  request.set_dimension(dimension);
  for (const char* metric :
       {"handled", "completed", "aht", "talk", "offers_made", "offers_accepted", "accept_rate", "offered"}) {
    request.add_metric_ids(metric);
  }
  request.set_window(v1::KPI_WINDOW_TODAY);
  request.set_page_size(page_size);
  request.mutable_interval()->set_seconds(interval.count() / 1000);
  request.mutable_interval()->set_nanos(static_cast<std::int32_t>(interval.count() % 1000 * 1'000'000));
  return request;
}

/// A stream that is read for as long as the object lives.
class View final : public grpc::ClientReadReactor<v1::WatchKpisResponse> {
 public:
  View(Boards& boards, v1::WatchKpisRequest request) : request_(std::move(request)) {
    boards.async()->WatchKpis(&context_, &request_, this);
    StartRead(&response_);
    StartCall();
  }
  ~View() override {
    context_.TryCancel();
    while (!done_) std::this_thread::sleep_for(milliseconds(1));
  }

 private:
  void OnReadDone(bool ok) override {
    if (ok) StartRead(&response_);
  }
  void OnDone(const grpc::Status&) override { done_ = true; }

  const v1::WatchKpisRequest request_;
  v1::WatchKpisResponse response_;
  grpc::ClientContext context_;
  std::atomic<bool> done_{false};
};

/// One server with its floor at work.
class Floor {
 public:
  explicit Floor(const Options& options)
      : options_(options), population_(options.agents, options.agents, options.queues), server_(start_musterd()) {
    register_population(server_->address(), population_);
    for (int i = 0; i < kViewChannels; ++i) {
      grpc::ChannelArguments arguments;
      arguments.SetInt("muster.view", i);  // else they would be one connection
      channels_.push_back(
          client::make_channel(server_->address(), arguments, client::credentials_for(server_->address())));
      boards_.push_back(v1::BoardService::NewStub(channels_.back()));
    }
    make_probe_queue();
    load_ = std::make_unique<LoadClient>(server_->address(), population_,
                                         LoadClient::Options{0, options.agents, kConnections, 1});
    load_->start_open_loop(options.lives_per_second);
  }

  /// Share of a core that the server takes, over a while.
  double cpu() const {
    const auto start = Clock::now();
    const std::int64_t before = cpu_time_us(server_->pid());
    std::this_thread::sleep_for(std::chrono::duration<double>(options_.seconds));
    return static_cast<double>(cpu_time_us(server_->pid()) - before) / 1e6 / seconds_since(start);
  }

  /// Supervisors who watch the agents, each by one of the metrics, and the queues.
  void watch() {
    for (int i = 0; i < options_.supervisors; ++i) {
      Boards& boards = *boards_[static_cast<std::size_t>(i) % boards_.size()];
      auto agents = view_of(v1::KPI_DIMENSION_AGENT, 100, milliseconds(1000));
      agents.set_sort_metric_id(agents.metric_ids(i % agents.metric_ids_size()));
      agents.set_descending(true);
      views_.push_back(std::make_unique<View>(boards, agents));
      views_.push_back(
          std::make_unique<View>(boards, view_of(v1::KPI_DIMENSION_QUEUE, options_.queues, milliseconds(1000))));
      std::this_thread::sleep_for(milliseconds(1000) / options_.supervisors);  // they do not come all at once
    }
  }
  void leave() { views_.clear(); }

  /// From the acknowledged creation of a contact to the first response that counts it, in milliseconds.
  std::vector<double> latencies(milliseconds interval) {
    std::vector<std::int64_t> acknowledged, shown;
    std::mutex mutex;  // guards `shown`
    grpc::ClientContext context;
    auto request = view_of(v1::KPI_DIMENSION_QUEUE, 1, interval);
    request.add_row_ids(kProbeQueue);
    const int offered = request.metric_ids_size() - 1;
    const auto reader = boards_[0]->WatchKpis(&context, request);
    v1::WatchKpisResponse response;
    if (!reader->Read(&response) || response.rows_size() != 1) throw std::runtime_error("no view of the probe");
    const double first = response.rows(0).values(offered);
    std::thread reading([&] {
      while (reader->Read(&response)) {
        const std::int64_t now = now_ns();
        const std::lock_guard lock(mutex);
        if (response.rows_size() == 0) continue;
        shown.resize(static_cast<std::size_t>(response.rows(0).values(offered) - first), now);
      }
    });
    Random random(1);
    for (int i = 0; i < options_.probes; ++i) {
      std::this_thread::sleep_for(interval / 4 + interval * static_cast<int>(random.below(1000)) / 1000);
      create_probe();
      acknowledged.push_back(now_ns());
    }
    std::this_thread::sleep_for(4 * interval);
    context.TryCancel();
    reading.join();
    if (shown.size() != acknowledged.size()) throw std::runtime_error("not every contact was shown once");
    std::vector<double> latencies;
    for (std::size_t i = 0; i < shown.size(); ++i) {
      latencies.push_back(static_cast<double>(std::max<std::int64_t>(shown[i] - acknowledged[i], 0)) / 1e6);
    }
    return latencies;
  }

  /// From the call to the whole of a first view, all agents and all queues at once, in milliseconds.
  double cold_start() {
    const auto start = Clock::now();
    const auto first_view = [&](v1::KpiDimension dimension, int rows) {
      grpc::ClientContext context;
      const auto reader = boards_[0]->WatchKpis(&context, view_of(dimension, 5000, milliseconds(1000)));
      v1::WatchKpisResponse response;
      if (!reader->Read(&response) || response.rows_size() < rows) std::abort();
      context.TryCancel();
    };
    std::thread queues([&] { first_view(v1::KPI_DIMENSION_QUEUE, options_.queues); });
    first_view(v1::KPI_DIMENSION_AGENT, options_.agents);
    queues.join();
    return seconds_since(start) * 1e3;
  }

 private:
  static void expect_ok(const grpc::Status& status) {
    if (!status.ok()) throw std::runtime_error(status.error_message());
  }

  /// Nobody serves it: what is created there is only counted.
  void make_probe_queue() {
    v1::CreateQueueRequest request;
    request.set_request_id(format_uuid(0x4001, 0x8000'0000'0000'0000));
    request.mutable_queue()->set_queue_id(kProbeQueue);
    request.mutable_queue()->set_channel(v1::CHANNEL_TASK);
    request.mutable_queue()->set_policy_id(kPolicyId);
    request.mutable_queue()->set_paused(true);
    grpc::ClientContext context;
    v1::CreateQueueResponse response;
    expect_ok(v1::RoutingService::NewStub(channels_[0])->CreateQueue(&context, request, &response));
  }

  void create_probe() {
    v1::CreateContactRequest request;
    request.set_request_id(format_uuid(0x4001, 0x8000'0000'0000'0000 | ++probes_));
    request.set_queue_id(kProbeQueue);
    grpc::ClientContext context;
    v1::CreateContactResponse response;
    expect_ok(contacts().CreateContact(&context, request, &response));
  }
  v1::ContactService::Stub& contacts() {
    if (!contacts_) contacts_ = v1::ContactService::NewStub(channels_[0]);
    return *contacts_;
  }

  const Options options_;
  const Population population_;
  const std::unique_ptr<Server> server_;
  std::vector<std::shared_ptr<grpc::Channel>> channels_;
  std::vector<std::unique_ptr<Boards>> boards_;
  std::unique_ptr<v1::ContactService::Stub> contacts_;
  std::unique_ptr<LoadClient> load_;
  std::vector<std::unique_ptr<View>> views_;
  std::uint64_t probes_ = 0;
};

boost::json::object spread(const std::vector<double>& values) {
  return {{"p50", percentile(values, 0.5)}, {"p99", percentile(values, 0.99)}};
}

boost::json::object run(const Options& options) {
  raise_file_limit();
  Floor floor(options);
  std::fprintf(stderr, "%d agents of %d queues at work\n", options.agents, options.queues);
  std::vector<double> alone, watched, starts;
  for (int round = 0; round < options.rounds; ++round) {
    alone.push_back(floor.cpu());
    floor.watch();
    watched.push_back(floor.cpu());
    std::fprintf(stderr, "%.1f %% of a core, with %d supervisors %.1f %%\n", 100 * alone.back(), options.supervisors,
                 100 * watched.back());
    if (round + 1 < options.rounds) floor.leave();
  }
  const auto each_second = floor.latencies(milliseconds(1000)), quick = floor.latencies(milliseconds(250));
  for (int i = 0; i < 20; ++i) {
    starts.push_back(floor.cold_start());
    std::this_thread::sleep_for(milliseconds(200));  // past the table that is shared
  }
  double load[1] = {};
  getloadavg(load, 1);
  return {{"bench", "kpi-stream"},
          {"environment", describe_environment("")},
          {"agents", options.agents},
          {"queues", options.queues},
          {"supervisors", options.supervisors},
          {"lives_per_second", options.lives_per_second},
          {"cpu_alone", median(alone)},
          {"cpu_watched", median(watched)},
          {"cpu_of_watching", median(watched) - median(alone)},
          {"latency_ms_at_1s", spread(each_second)},
          {"latency_ms_at_250ms", spread(quick)},
          {"cold_start_ms", spread(starts)},
          {"load_average", load[0]}};
}

}  // namespace

Command kpi_stream_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "kpi-stream", "What it costs a server to show metrics to many supervisors, and how soon they see what happened");
  const auto options = std::make_shared<Options>();
  command->add_option("--agents", options->agents, "Agents, all signed in")->capture_default_str();
  command->add_option("--queues", options->queues, "Queues")->capture_default_str();
  command->add_option("--supervisors", options->supervisors, "Who watch agents and queues")->capture_default_str();
  command->add_option("--lives", options->lives_per_second, "Contacts a second, from creation to completion")
      ->capture_default_str();
  command->add_option("--rounds", options->rounds, "Rounds; the median counts")->capture_default_str();
  command->add_option("--seconds", options->seconds, "Of each measurement of CPU time")->capture_default_str();
  command->add_option("--probes", options->probes, "Contacts whose latency is measured")->capture_default_str();
  return {command, [options] { return run(*options); }};
}

}  // namespace muster::bench
