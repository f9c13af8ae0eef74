#include "caller.h"

#include <algorithm>
#include <random>

#include "muster/base/uuid.h"

namespace muster::sim {
namespace {

constexpr std::chrono::seconds kOutageGap{2};

}  // namespace

void Outage::failed(const std::string& why) {
  const auto now = Loop::Clock::now();
  if (!last_failure_ || now - *last_failure_ > kOutageGap) ++outages_;
  last_failure_ = now;
  if (!since_) since_ = now;
  if (now - *since_ <= limit_) return;
  throw ServerError(say("no server for {} s: {}", "{} 秒内无法连接服务器：{}",
                        std::chrono::duration_cast<std::chrono::seconds>(limit_).count(), why));
}

RequestIds::RequestIds()
    : random_([] {
        std::random_device device;
        return (std::uint64_t{device()} << 32) | device();
      }()) {}

std::string RequestIds::next() {
  const std::uint64_t high = (random_() & ~0xf000ULL) | 0x4000ULL;                         // version 4
  const std::uint64_t low = (random_() & ~0xc000000000000000ULL) | 0x8000000000000000ULL;  // variant 1
  return format_uuid(high, low);
}

bool is_retryable(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::CANCELLED:  // by a server that stops, or by its transport
    case grpc::StatusCode::UNKNOWN:
    case grpc::StatusCode::INTERNAL:
      return true;
    default:
      return false;
  }
}

Duration backoff(int attempt, Random& random) {
  const std::uint64_t longest = std::min<std::uint64_t>(50'000ULL << std::min(attempt - 1, 10), 1'000'000);
  return Duration(static_cast<std::int64_t>(longest / 2 + random.below(longest / 2)));
}

bool Caller::again(const grpc::Status& status, Loop::Clock::time_point first) {
  const auto code = status.error_code();
  if (code == grpc::StatusCode::UNAVAILABLE || code == grpc::StatusCode::DEADLINE_EXCEEDED) {
    outage_.failed(describe(status));
    return true;
  }
  outage_.heard();
  return is_retryable(code) && Loop::Clock::now() - first < outage_.limit();
}

void Caller::stop() {
  stopping_ = true;
  for (grpc::ClientContext* context : active_) context->TryCancel();
  loop_.run_until([this] { return active_.empty(); });
}

std::string Caller::describe(const grpc::Status& status) {
  return fmt::format("{} (gRPC {})", status.error_message(), static_cast<int>(status.error_code()));
}

}  // namespace muster::sim
