#include "signature.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace muster::webhooks {
namespace {

// The example of the specification's reference libraries.
TEST(Signature, IsThatOfTheStandard) {
  EXPECT_EQ(signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
                      R"({"test": 2432232314})"),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(Signature, IsOfTheSecretTheMessageTheTimeAndTheBody) {
  const std::string secret = new_secret();
  const std::string usual = signature(secret, "msg_1", 1, "{}");
  EXPECT_EQ(signature(secret, "msg_1", 1, "{}"), usual);
  EXPECT_NE(signature(new_secret(), "msg_1", 1, "{}"), usual);
  EXPECT_NE(signature(secret, "msg_2", 1, "{}"), usual);
  EXPECT_NE(signature(secret, "msg_1", 2, "{}"), usual);
  EXPECT_NE(signature(secret, "msg_1", 1, "{ }"), usual);
}

TEST(Signature, NeedsASecret) {
  for (const char* bad : {"", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_?"}) {
    EXPECT_THROW(signature(bad, "msg_1", 1, "{}"), std::runtime_error) << bad;
  }
}

TEST(Signature, SecretsAre32BytesAndNoTwoAreEqual) {
  EXPECT_EQ(new_secret().size(), std::string("whsec_").size() + 44);
  EXPECT_NE(new_secret(), new_secret());
}

}  // namespace
}  // namespace muster::webhooks
