#include "badge_check.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <memory>

namespace muster::cli {
namespace {

using namespace std::chrono_literals;

constexpr const char* kKid = "https://muster.example/badges/keys/k1";
constexpr const char* kName = "k1";

std::string base64url(const std::string& bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  text.resize(static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                                       reinterpret_cast<const unsigned char*>(bytes.data()),
                                                       static_cast<int>(bytes.size()))));
  while (text.ends_with('=')) text.pop_back();
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text;
}

/// Whoever signs; the seed makes the key.
class Signer {
 public:
  explicit Signer(char seed)
      : key_(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr,
                                          reinterpret_cast<const unsigned char*>(std::string(32, seed).data()), 32),
             EVP_PKEY_free) {}

  [[nodiscard]] std::string jwks() const {
    std::size_t size = 32;
    std::string bytes(size, '\0');
    EVP_PKEY_get_raw_public_key(key_.get(), reinterpret_cast<unsigned char*>(bytes.data()), &size);
    return std::string(R"({"keys":[{"kty":"OKP","crv":"Ed25519","kid":")") + kName + R"(","x":")" + base64url(bytes) +
           "\"}]}";
  }
  [[nodiscard]] std::string badge(const std::string& claims, const std::string& header = good_header()) const {
    const std::string message = base64url(header) + "." + base64url(claims);
    std::size_t size = 64;
    std::string signature(size, '\0');
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get());
    EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                   reinterpret_cast<const unsigned char*>(message.data()), message.size());
    return message + "." + base64url(signature);
  }
  static std::string good_header() { return std::string(R"({"alg":"EdDSA","typ":"JWT","kid":")") + kKid + "\"}"; }

 private:
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
};

std::string claims(const std::string& type = "AchievementCredential", const std::string& subject = "urn:li.na") {
  return R"({"id":"urn:uuid:5e0cd8f2-7d3c-4f0e-9a54-3d1f7f3b8a11","jti":"urn:uuid:5e0cd8f2-7d3c-4f0e-9a54-3d1f7f3b8a11",
    "type":["VerifiableCredential",")" +
         type + R"("],"iss":"https://muster.example/badges/issuer",
    "issuer":{"id":"https://muster.example/badges/issuer"},"sub":")" +
         subject + R"(","validFrom":"2026-01-01T00:00:00Z","nbf":1767225600,
    "validUntil":"2027-01-01T00:00:00Z","exp":1798761600,"credentialSubject":{"id":"urn:li.na","identifier":[
    {"identityType":"systemId","identityHash":"li.na"},{"identityType":"name","identityHash":"李娜"}],
    "achievement":{"name":"退款"}}})";
}

const TimePoint kNow(1'780'000'000s);

class BadgeCheck : public ::testing::Test {
 protected:
  [[nodiscard]] BadgeTrouble check(const std::string& badge, TimePoint now = kNow) const {
    return check_badge(badge, signer.jwks(), now).trouble;
  }
  const Signer signer{'a'};
};

TEST_F(BadgeCheck, WhatTheIssuerSignedIsValidAndSaysWhoHoldsWhat) {
  const BadgeVerdict verdict = check_badge(signer.badge(claims()) + "\n", signer.jwks(), kNow);
  EXPECT_EQ(verdict.trouble, BadgeTrouble::kNone);
  ASSERT_TRUE(verdict.badge);
  EXPECT_EQ(verdict.badge->credential_id, "5e0cd8f2-7d3c-4f0e-9a54-3d1f7f3b8a11");
  EXPECT_EQ(verdict.badge->holder, "李娜");
  EXPECT_EQ(verdict.badge->holder_id, "li.na");
  EXPECT_EQ(verdict.badge->name, "退款");
}

TEST_F(BadgeCheck, OneCharacterChangedAnywhereIsNoticed) {
  const std::string badge = signer.badge(claims());
  for (std::size_t i = 0; i < badge.size(); i += 7) {
    std::string changed = badge;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_NE(check(changed), BadgeTrouble::kNone) << i;
  }
}

TEST_F(BadgeCheck, AnotherPayloadUnderTheSignatureIsTampered) {
  const std::string good = signer.badge(claims());
  const std::string other = signer.badge(claims("OpenBadgeCredential"));
  const std::string mixed = other.substr(0, other.rfind('.')) + good.substr(good.rfind('.'));
  EXPECT_EQ(check(mixed), BadgeTrouble::kTampered);
  EXPECT_EQ(check(good.substr(0, good.rfind('.') + 1)), BadgeTrouble::kTampered);
}

TEST_F(BadgeCheck, AnAlgorithmOfTheBadgesOwnChoiceIsRefused) {
  const std::string none = signer.badge(claims(), R"({"alg":"none"})");
  EXPECT_EQ(check(none), BadgeTrouble::kWrongAlgorithm);
  EXPECT_EQ(check(none.substr(0, none.rfind('.') + 1)), BadgeTrouble::kWrongAlgorithm);
  EXPECT_EQ(check(signer.badge(claims(), std::string(R"({"alg":"HS256","kid":")") + kKid + "\"}")),
            BadgeTrouble::kWrongAlgorithm);
}

TEST_F(BadgeCheck, AKeyThatTheBadgeBringsAlongIsNotTrusted) {
  const Signer other('b');
  EXPECT_EQ(check(other.badge(claims())), BadgeTrouble::kTampered) << "it uses the name of a key that is known";
  EXPECT_EQ(check(other.badge(claims(), R"({"alg":"EdDSA","kid":"https://evil.example/key"})")),
            BadgeTrouble::kUnknownKey);
  EXPECT_EQ(check(other.badge(claims(), R"({"alg":"EdDSA"})")), BadgeTrouble::kUnknownKey);
  EXPECT_EQ(check(signer.badge(claims(), std::string(R"({"alg":"EdDSA","jwk":{},"kid":")") + kKid + "\"}")),
            BadgeTrouble::kNotABadge);
}

TEST_F(BadgeCheck, AKeyIsKnownByItsNameWhereverTheServerWasReachedThen) {
  for (const char* kid : {"https://old.example/badges/keys/k1", "k1"}) {
    EXPECT_EQ(check(signer.badge(claims(), std::string(R"({"alg":"EdDSA","kid":")") + kid + "\"}")),
              BadgeTrouble::kNone)
        << kid;
  }
}

TEST_F(BadgeCheck, DatesCount) {
  const std::string badge = signer.badge(claims());
  EXPECT_EQ(check(badge, TimePoint(1'767'225'599s)), BadgeTrouble::kNotYetValid);
  EXPECT_EQ(check(badge, TimePoint(1'767'225'600s)), BadgeTrouble::kNone);
  EXPECT_EQ(check(badge, TimePoint(1'798'761'599s)), BadgeTrouble::kNone);
  EXPECT_EQ(check(badge, TimePoint(1'798'761'600s)), BadgeTrouble::kExpired);
}

TEST_F(BadgeCheck, WhatIsSignedAndIsNoBadgeIsNone) {
  EXPECT_EQ(check(signer.badge(claims("Diploma"))), BadgeTrouble::kNotABadge);
  EXPECT_EQ(check(signer.badge(claims("AchievementCredential", "urn:somebody-else"))), BadgeTrouble::kNotABadge);
  EXPECT_EQ(check(signer.badge(R"({"iss":"muster","sub":"admin","exp":1798761600})")), BadgeTrouble::kNotABadge);
  EXPECT_EQ(check(signer.badge("[]")), BadgeTrouble::kNotABadge);
  for (const char* text : {"", "x", "..", "a.b.c", "{}", "eyJ9.e30.AA"}) {
    EXPECT_EQ(check(text), BadgeTrouble::kNotABadge) << text;
  }
}

TEST_F(BadgeCheck, KeysThatCannotBeReadAreNone) {
  const std::string badge = signer.badge(claims());
  for (const char* keys : {"", "[]", "{}", R"({"keys":[]})", R"({"keys":[{"kty":"RSA"}]})"}) {
    EXPECT_EQ(check_badge(badge, keys, kNow).trouble, BadgeTrouble::kUnknownKey) << keys;
  }
}

}  // namespace
}  // namespace muster::cli
