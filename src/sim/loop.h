#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>

#include "muster/base/time.h"

namespace muster::sim {

/// The one thread on which customers, desks and reports live; gRPC's threads only post to it, so that nothing of the
/// simulation needs a lock. Only post() may be called from another thread.
class Loop {
 public:
  using Clock = std::chrono::steady_clock;

  /// Runs work on the loop's thread, later.
  void post(std::function<void()> work) { boost::asio::post(context_, std::move(work)); }

  /// Runs work after this much real time.
  void after(Duration delay, std::function<void()> work) {
    auto timer = std::make_shared<boost::asio::steady_timer>(context_, delay);
    timer->async_wait([timer, work = std::move(work)](const boost::system::error_code& error) {
      if (!error) work();
    });
  }

  /// Runs what comes until done() holds or the time is over; returns done(). Exceptions of the work come out here.
  template <class Done>
  bool run_until(Done done, Clock::time_point deadline = Clock::time_point::max()) {
    while (!done()) {
      if (deadline == Clock::time_point::max()) {
        context_.run_one();
      } else if (Clock::now() >= deadline) {
        return false;
      } else {
        context_.run_one_until(deadline);
      }
    }
    return true;
  }

  boost::asio::io_context& context() { return context_; }

 private:
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{context_.get_executor()};
};

}  // namespace muster::sim
