#include <spdlog/spdlog.h>

#include <atomic>
#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <memory>
#include <random>
#include <thread>
#include <utility>

#include "changes.h"
#include "muster/api/caller.h"
#include "muster/base/random.h"
#include "muster/base/thread_name.h"
#include "muster/http_client/http_client.h"
#include "muster/webhooks/webhook_service.h"
#include "signature.h"
#include "webhook_store.h"

namespace muster::webhooks {
namespace {

namespace asio = boost::asio;
using asio::use_awaitable;

/// A webhook's deliveries under way, so that one that is slow leaves room for the others.
constexpr std::size_t kEachMax = 4;
constexpr std::size_t kAnswerBytesMax = 16 << 10;
constexpr std::size_t kErrorBytesMax = 200;
constexpr unsigned kGone = 410;

}  // namespace

/// What the thread works on. It is held by answers of the database that are still to come, too.
class Worker::Deliveries : public std::enable_shared_from_this<Deliveries> {
 public:
  Deliveries(store::TenantPool& pool, Sealer root, const Options& options)
      : pool_(pool), root_(std::move(root)), options_(options) {}

  void start() {
    asio::co_spawn(context_, look(), asio::detached);
    thread_ = std::thread([this] { context_.run(); });
    name_thread(thread_, "webhooks");
  }

  void stop() {
    context_.stop();
    thread_.join();
  }

 private:
  /// Claims what is due, from time to time and whenever an attempt has made room.
  asio::awaitable<void> look() {
    while (true) {
      again_ = false;
      std::vector<Claim> due = co_await claims();
      for (Claim& claim : due) {
        ++under_way_;
        asio::co_spawn(context_, deliver(std::move(claim)), asio::detached);
      }
      if (again_) continue;
      boost::system::error_code woken;
      wake_.expires_after(options_.look);
      co_await wake_.async_wait(asio::redirect_error(use_awaitable, woken));
    }
  }

  asio::awaitable<std::vector<Claim>> claims() {
    // What is awaited gets its arguments by name: GCC 12 mistreats temporaries of such expressions.
    const auto claims = std::make_shared<std::vector<Claim>>();
    if (under_way_ >= options_.attempts_max) co_return *claims;
    const std::size_t room = options_.attempts_max - under_way_;
    try {
      store::TenantPool::Task claim = [claims, room, lease = options_.lease](TenantTransaction& t) {
        *claims = claim_deliveries(t, wall_now(), lease, room, kEachMax);
      };
      co_await transact(std::move(claim));
      if (std::exchange(failing_, false)) spdlog::info("webhooks: deliveries go on");
    } catch (const std::exception& error) {
      claims->clear();
      if (!std::exchange(failing_, true)) spdlog::warn("webhooks: deliveries wait: {}", error.what());
    }
    co_return std::move(*claims);
  }

  asio::awaitable<void> deliver(Claim claim) {
    const Outcome outcome = co_await attempt(claim);
    if (outcome.state == v1::DELIVERY_STATE_DEAD) {
      spdlog::warn("webhooks: {} for {}/{} is dead: {}", claim.delivery_id, claim.tenant_id, claim.webhook_id,
                   outcome.error);
    }
    try {
      store::TenantPool::Task settle = [=](TenantTransaction& t) { settle_delivery(t, claim, outcome, wall_now()); };
      co_await transact(std::move(settle));
    } catch (const std::exception& error) {
      spdlog::warn("webhooks: {} will be delivered again: {}", claim.delivery_id, error.what());
    }
    --under_way_;
    again_ = true;
    wake_.cancel();
  }

  asio::awaitable<Outcome> attempt(const Claim& claim) {
    Outcome outcome;
    if (!claim.enabled) {
      outcome.state = v1::DELIVERY_STATE_DEAD;
      outcome.error = "the webhook is disabled";
      outcome.attempted = false;
      co_return outcome;
    }
    try {
      http_client::Request request = request_of(claim, wall_now());
      http_client::Options limits{
          .timeout = options_.timeout, .bytes_max = kAnswerBytesMax, .public_only = !options_.private_networks};
      const auto response = co_await http_client::exchange(std::move(request), std::move(limits));
      outcome.status = response.status;
      if (response.status / 100 == 2) {
        outcome.state = v1::DELIVERY_STATE_DELIVERED;
        co_return outcome;
      }
      outcome.error = "HTTP " + std::to_string(response.status);
    } catch (const std::exception& error) {
      outcome.error = std::string(error.what()).substr(0, kErrorBytesMax);
    }
    outcome.gone = outcome.status == kGone;
    const auto done = static_cast<std::size_t>(claim.attempts);
    if (outcome.gone || done > options_.retries.size()) {
      outcome.state = v1::DELIVERY_STATE_DEAD;
    } else {
      outcome.next_attempt = wall_now() + lengthened(options_.retries[done - 1]);
    }
    co_return outcome;
  }

  /// Up to a fifth more, so that what failed together is not tried again together.
  Duration lengthened(Duration wait) {
    return wait + Duration(static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(wait.count()) / 5 + 1)));
  }

  [[nodiscard]] http_client::Request request_of(const Claim& claim, TimePoint now) const {
    const auto url = http_client::Url::parse(claim.url);
    if (!url) throw std::runtime_error("the url is none");
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    std::string signatures = signature(opened(claim, claim.secrets.current), claim.delivery_id, seconds, claim.body);
    if (claim.secrets.old_end && *claim.secrets.old_end > now) {
      signatures += " " + signature(opened(claim, claim.secrets.old), claim.delivery_id, seconds, claim.body);
    }
    return {*url,
            {{"Content-Type", "application/json"},
             {"webhook-id", claim.delivery_id},
             {"webhook-timestamp", std::to_string(seconds)},
             {"webhook-signature", signatures}},
            claim.body};
  }

  [[nodiscard]] std::string opened(const Claim& claim, const std::string& sealed) const {
    const auto secret = root_.open(secret_purpose(claim.tenant_id, claim.webhook_id), sealed);
    if (!secret) throw std::runtime_error("the webhook's secret cannot be opened: the root key is another one");
    return *secret;
  }

  /// A transaction of the platform on the pool, which is waited for without holding the thread. Throws what it throws.
  asio::awaitable<void> transact(store::TenantPool::Task work) {
    const auto begin = [&](auto handler) {
      // In this order: what waits goes before what it works on.
      struct Waiting {
        std::shared_ptr<Deliveries> deliveries;
        decltype(handler) resume;
      };
      auto waiting = std::make_shared<Waiting>(Waiting{shared_from_this(), std::move(handler)});
      const auto done = [waiting](const std::exception_ptr& error) {
        asio::post(waiting->deliveries->context_,
                   [resume = std::move(waiting->resume), error]() mutable { std::move(resume)(error); });
      };
      try {
        pool_.post(kPlatformTenant, std::move(work), done);
      } catch (...) {  // the pool is full, or has stopped
        done(std::current_exception());
      }
    };
    co_await asio::async_initiate<decltype(use_awaitable), void(std::exception_ptr)>(begin, use_awaitable);
  }

  store::TenantPool& pool_;
  const Sealer root_;
  const Options options_;
  // Of the thread.
  Random random_{std::random_device{}()};
  std::size_t under_way_ = 0;
  bool again_ = false;    ///< there may be more to claim
  bool failing_ = false;  ///< told in the log already
  asio::io_context context_{1};
  asio::steady_timer wake_{context_};
  std::thread thread_;
};

Worker::Worker(store::TenantPool& pool, Sealer root, const Options& options)
    : deliveries_(std::make_shared<Deliveries>(pool, std::move(root), options)) {
  deliveries_->start();
}

Worker::~Worker() { deliveries_->stop(); }

}  // namespace muster::webhooks
