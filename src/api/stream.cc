#include "muster/api/stream.h"

namespace muster::api {

bool StreamRegistry::add(std::shared_ptr<Stream> stream) {
  std::lock_guard lock(mutex_);
  if (refusing_) return false;
  ++count(stream->kind()).open;
  streams_.insert(std::move(stream));
  return true;
}

void StreamRegistry::remove(const std::shared_ptr<Stream>& stream) {
  std::lock_guard lock(mutex_);
  if (streams_.erase(stream) != 0) --count(stream->kind()).open;
}

void StreamRegistry::refuse() {
  std::lock_guard lock(mutex_);
  refusing_ = true;
}

void StreamRegistry::stop() {
  refuse();
  for (const auto& stream : all()) stream->stop();
}

void StreamRegistry::recheck(Gate& gate) {
  for (const auto& stream : all()) stream->recheck(gate);
}

std::vector<std::shared_ptr<Stream>> StreamRegistry::all() {
  std::lock_guard lock(mutex_);
  return {streams_.begin(), streams_.end()};
}

bool StreamRegistry::wait_until_gone(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return gone_.wait_for(lock, timeout, [&] { return living_ == 0; });
}

void StreamRegistry::born() {
  std::lock_guard lock(mutex_);
  ++living_;
}

void StreamRegistry::gone() {
  std::lock_guard lock(mutex_);
  if (--living_ == 0) gone_.notify_all();
}

void StreamRegistry::fell_behind(StreamKind kind) {
  std::lock_guard lock(mutex_);
  ++count(kind).fell_behind;
}

std::vector<StreamMetrics> StreamRegistry::metrics() const {
  std::vector<StreamMetrics> metrics;
  std::lock_guard lock(mutex_);
  for (std::size_t kind = 0; kind < kStreamKinds.size(); ++kind) {
    metrics.push_back({kStreamKinds[kind], counts_[kind].open, counts_[kind].fell_behind});
  }
  return metrics;
}

std::shared_ptr<grpc::Alarm> call_after(std::chrono::milliseconds delay, std::function<void(bool on_time)> call) {
  auto alarm = std::make_shared<grpc::Alarm>();
  // The alarm keeps its function until it is destroyed. What the function holds, such as whoever holds the alarm, must
  // not live that long.
  alarm->Set(std::chrono::system_clock::now() + delay, [call = std::move(call)](bool on_time) mutable {
    const auto once = std::exchange(call, nullptr);
    once(on_time);
  });
  return alarm;
}

}  // namespace muster::api
