#include "request_window.h"

#include <gtest/gtest.h>

#include "hash.h"
#include "muster/dispatch/engine.h"

namespace muster::dispatch {
namespace {

AnsweredRequest request(std::uint64_t number) { return {{mix(number), number}, number, number, number}; }

TEST(RequestWindow, RemembersTheNewestOfManyAndNoOthers) {
  constexpr std::uint64_t kCount = 3 * Engine::kRequestsMax;
  RequestWindow window;
  for (std::uint64_t number = 1; number <= kCount; ++number) {
    ASSERT_TRUE(window.add(request(number)));
    ASSERT_FALSE(window.add(request(number)));
  }
  ASSERT_EQ(window.size(), Engine::kRequestsMax);
  for (std::uint64_t number = 1; number <= kCount; ++number) {
    const AnsweredRequest* found = window.find(request(number).id);
    ASSERT_EQ(found != nullptr, number > kCount - Engine::kRequestsMax) << number;
    ASSERT_TRUE(!found || found->sequence == number);
  }
}

}  // namespace
}  // namespace muster::dispatch
