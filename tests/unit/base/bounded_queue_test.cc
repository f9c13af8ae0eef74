#include "muster/base/bounded_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>

namespace muster {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kPast = Clock::time_point::min();
constexpr auto kNever = std::chrono::hours(1);  // far enough to fail by the test's own time limit

TEST(BoundedQueue, ItemsComeOutAllAtOnceInTheOrderTheyWentIn) {
  BoundedQueue<int> queue(8);
  for (const int item : {1, 2, 3}) EXPECT_TRUE(queue.try_push(int{item}));
  std::vector<int> out = {99};
  EXPECT_TRUE(queue.take_all(out, kPast));
  EXPECT_EQ(out, (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(queue.size(), 0u);
}

TEST(BoundedQueue, FullQueueRefusesAndLeavesTheItemAlone) {
  BoundedQueue<std::unique_ptr<int>> queue(1);
  EXPECT_TRUE(queue.try_push(std::make_unique<int>(1)));
  auto second = std::make_unique<int>(2);
  EXPECT_FALSE(queue.try_push(std::move(second)));
  ASSERT_NE(second, nullptr);  // NOLINT(bugprone-use-after-move): that is the promise
  EXPECT_EQ(*second, 2);
}

TEST(BoundedQueue, ClosedQueueRefusesButGivesWhatItHolds) {
  BoundedQueue<int> queue(8);
  EXPECT_TRUE(queue.try_push(1));
  queue.close();
  EXPECT_FALSE(queue.try_push(2));
  EXPECT_FALSE(queue.push(3));
  std::vector<int> out;
  EXPECT_TRUE(queue.take_all(out, kPast));
  EXPECT_EQ(out, (std::vector<int>{1}));
  EXPECT_FALSE(queue.take_all(out, kPast));
}

TEST(BoundedQueue, EmptyOpenQueueIsAliveAtTheDeadline) {
  BoundedQueue<int> queue(8);
  std::vector<int> out;
  EXPECT_TRUE(queue.take_all(out, kPast));
  EXPECT_TRUE(out.empty());
}

TEST(BoundedQueue, SleepingConsumerIsWokenByAnItem) {
  BoundedQueue<int> queue(8);
  std::vector<int> out;
  std::thread consumer([&] { queue.take_all(out, Clock::now() + kNever); });
  EXPECT_TRUE(queue.try_push(7));
  consumer.join();
  EXPECT_EQ(out, (std::vector<int>{7}));
}

TEST(BoundedQueue, SleepingConsumerIsWokenByTheClosing) {
  BoundedQueue<int> queue(8);
  std::vector<int> out;
  bool alive = true;
  std::thread consumer([&] { alive = queue.take_all(out, Clock::now() + kNever); });
  queue.close();
  consumer.join();
  EXPECT_FALSE(alive);
}

TEST(BoundedQueue, ProducerWaitingForRoomGoesOnWhenTheConsumerTakes) {
  BoundedQueue<int> queue(1);
  EXPECT_TRUE(queue.push(1));
  bool pushed = false;
  std::thread producer([&] { pushed = queue.push(2); });
  std::vector<int> all;
  std::vector<int> out;
  while (all.size() < 2) {
    ASSERT_TRUE(queue.take_all(out, Clock::now() + kNever));
    all.insert(all.end(), out.begin(), out.end());
  }
  producer.join();
  EXPECT_TRUE(pushed);
  EXPECT_EQ(all, (std::vector<int>{1, 2}));
}

TEST(BoundedQueue, ProducerWaitingForRoomGivesUpWhenTheQueueCloses) {
  BoundedQueue<int> queue(1);
  EXPECT_TRUE(queue.push(1));
  bool pushed = true;
  std::thread producer([&] { pushed = queue.push(2); });
  queue.close();
  producer.join();
  EXPECT_FALSE(pushed);
}

TEST(BoundedQueue, NothingIsLostBetweenManyProducersAndOneConsumer) {
  constexpr int kProducers = 4;
  constexpr int kEach = 5'000;
  BoundedQueue<int> queue(64);
  std::vector<std::thread> producers;
  for (int p = 0; p < kProducers; ++p) {
    producers.emplace_back([&queue, p] {
      for (int i = 0; i < kEach; ++i) queue.push(p * kEach + i);
    });
  }
  std::vector<int> seen(kProducers * kEach, 0);
  std::vector<int> next(kProducers, 0);
  std::vector<int> out;
  for (int count = 0; count < kProducers * kEach;) {
    ASSERT_TRUE(queue.take_all(out, Clock::now() + kNever));
    ASSERT_LE(out.size(), queue.capacity());
    for (const int item : out) {
      ++seen[static_cast<std::size_t>(item)];
      EXPECT_EQ(item % kEach, next[static_cast<std::size_t>(item / kEach)]++);  // each producer's order is kept
    }
    count += static_cast<int>(out.size());
  }
  for (std::thread& producer : producers) producer.join();
  EXPECT_EQ(std::count(seen.begin(), seen.end(), 1), kProducers * kEach);
}

}  // namespace
}  // namespace muster
