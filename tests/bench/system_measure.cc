#include "system_measure.h"

#include <google/protobuf/stubs/common.h>
#include <grpcpp/grpcpp.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>

#include "system_process.h"

namespace muster::bench {
namespace {

struct CpuTimes {
  std::int64_t server, database, client;
};

CpuTimes cpu_times(pid_t server) {
  rusage own{};
  getrusage(RUSAGE_SELF, &own);
  const auto micros = [](const timeval& time) { return std::int64_t{time.tv_sec} * 1'000'000 + time.tv_usec; };
  return {cpu_time_us(server), descendants_cpu_time_us(server), micros(own.ru_utime) + micros(own.ru_stime)};
}

void sleep_for(double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>(seconds)); }

/// In microseconds. `values` are nanoseconds and change their order.
double quantile(std::vector<std::int64_t>& values, double q) {
  if (values.empty()) return 0;
  const auto rank = static_cast<std::ptrdiff_t>(std::ceil(q * static_cast<double>(values.size()))) - 1;
  const auto at = values.begin() + std::max<std::ptrdiff_t>(rank, 0);
  std::nth_element(values.begin(), at, values.end());
  return static_cast<double>(*at) / 1000.0;
}

boost::json::object summary(const std::vector<Sample>& rounds, double Sample::*member) {
  std::vector<double> values;
  for (const Sample& round : rounds) values.push_back(std::round(round.*member * 10) / 10);
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  return {{"median", median(values)}, {"min", *least}, {"max", *most}};
}

double middle(const std::vector<Sample>& rounds, double Sample::*member) {
  std::vector<double> values;
  for (const Sample& round : rounds) values.push_back(round.*member);
  return std::round(median(values) * 10) / 10;
}

}  // namespace

Sample measure(const Load& load, double warm_up_s, double seconds) {
  wait_for_quiet();
  load.start();
  sleep_for(warm_up_s);
  const CpuTimes cpu_before = cpu_times(load.server);
  const std::int64_t begin = now_ns();
  sleep_for(seconds);
  const std::int64_t end = now_ns();
  const CpuTimes cpu_after = cpu_times(load.server);
  const LoadResult result = load.stop();

  const double span = static_cast<double>(end - begin) / 1e9;
  const auto within = [&](std::int64_t time) { return time >= begin && time < end; };
  std::vector<std::int64_t> life;
  std::vector<std::int64_t> offer;
  std::size_t ended = 0;
  for (const LifeRecord& record : result.lives) {
    if (within(record.end)) ++ended;
    if (!within(load.open_loop ? record.start : record.end)) continue;
    life.push_back(record.end - record.start);
    offer.push_back(record.offered - record.start);
  }
  Sample sample;
  const auto per_life = [&](std::int64_t micros) {
    return ended == 0 ? 0 : static_cast<double>(micros) / static_cast<double>(ended);
  };
  sample.offered_per_second = static_cast<double>(life.size()) / span;
  sample.lives_per_second = static_cast<double>(ended) / span;
  sample.life_p50 = quantile(life, 0.50);
  sample.life_p99 = quantile(life, 0.99);
  sample.offer_p50 = quantile(offer, 0.50);
  sample.offer_p99 = quantile(offer, 0.99);
  sample.server_cpu = per_life(cpu_after.server - cpu_before.server);
  sample.database_cpu = per_life(cpu_after.database - cpu_before.database);
  sample.client_cpu = per_life(cpu_after.client - cpu_before.client);
  sample.refused = result.refused;
  return sample;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

boost::json::object to_json(const std::vector<Sample>& rounds) {
  std::uint64_t refused = 0;
  for (const Sample& round : rounds) refused += round.refused;
  return {
      {"lives_per_second", summary(rounds, &Sample::lives_per_second)},
      {"life_us", {{"p50", middle(rounds, &Sample::life_p50)}, {"p99", middle(rounds, &Sample::life_p99)}}},
      {"create_to_offer_us",
       {{"p50", middle(rounds, &Sample::offer_p50)}, {"p99", middle(rounds, &Sample::offer_p99)}}},
      {"cpu_us_per_life",
       {{"server", middle(rounds, &Sample::server_cpu)},
        {"database", middle(rounds, &Sample::database_cpu)},
        {"client", middle(rounds, &Sample::client_cpu)}}},
      {"refused", refused},
  };
}

boost::json::object describe_environment(const std::string& postgres_version) {
  utsname system{};
  uname(&system);
  return {
      {"grpc", grpc::Version()},
      {"protobuf", google::protobuf::internal::VersionString(GOOGLE_PROTOBUF_VERSION)},
      {"postgresql", postgres_version},
      {"compiler", __VERSION__},
      {"kernel", std::string(system.sysname) + " " + system.release},
      {"cores", sysconf(_SC_NPROCESSORS_ONLN)},
  };
}

}  // namespace muster::bench
