#include "keys.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "secrets.h"

namespace muster::identity {
namespace {

namespace json = boost::json;

/// RFC 8037, appendix A.
constexpr const char* kEd25519X = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
constexpr const char* kEd25519Seed = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
constexpr const char* kEd25519Text = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
constexpr const char* kEd25519Signature =
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
/// RFC 7515, appendix A.3.
constexpr const char* kP256 = R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
                              R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","kid":"ec"})";
constexpr const char* kP256Text =
    "eyJhbGciOiJFUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
constexpr const char* kP256Signature =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

std::string bytes(const char* base64url) { return from_base64url(base64url).value(); }

json::object object(const std::string& text) { return json::parse(text).as_object(); }

std::string set_of(const std::string& jwks) { return "{\"keys\":[" + jwks + "]}"; }

TEST(Keys, Ed25519IsThatOfRfc8037) {
  EXPECT_TRUE(PublicKey::ed25519(bytes(kEd25519X)).verify(kEd25519Text, bytes(kEd25519Signature)));
  const SigningKey key = SigningKey::from_seed(bytes(kEd25519Seed));
  EXPECT_EQ(key.public_bytes(), bytes(kEd25519X));
  EXPECT_EQ(key.sign(kEd25519Text), bytes(kEd25519Signature));
  EXPECT_EQ(key.kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

TEST(Keys, Es256IsThatOfRfc7515) {
  const auto key = PublicKey::parse(object(kP256));
  ASSERT_TRUE(key);
  EXPECT_EQ(key->algorithm(), Algorithm::kEs256);
  std::string signature = bytes(kP256Signature);
  EXPECT_TRUE(key->verify(kP256Text, signature));
  EXPECT_FALSE(key->verify("other", signature));
  EXPECT_FALSE(key->verify(kP256Text, signature + "x"));
  EXPECT_FALSE(key->verify(kP256Text, std::string(64, '\0')));
  signature[5] ^= 1;
  EXPECT_FALSE(key->verify(kP256Text, signature));
}

TEST(Keys, ASignatureIsOfOneKeyAndOneText) {
  const SigningKey key = SigningKey::generate(), other = SigningKey::generate();
  std::string signature = key.sign("text");
  const PublicKey open = PublicKey::ed25519(key.public_bytes());
  EXPECT_TRUE(open.verify("text", signature));
  EXPECT_FALSE(open.verify("texT", signature));
  EXPECT_FALSE(open.verify("text", ""));
  EXPECT_FALSE(PublicKey::ed25519(other.public_bytes()).verify("text", signature));
  signature[0] ^= 1;
  EXPECT_FALSE(open.verify("text", signature));
}

TEST(Keys, ASigningKeyComesBackFromItsSeed) {
  const SigningKey key = SigningKey::generate();
  EXPECT_EQ(SigningKey::from_seed(key.seed()).kid(), key.kid());
  EXPECT_THROW(SigningKey::from_seed("short"), std::runtime_error);
}

TEST(Keys, OursAreReadFromTheirOwnJwk) {
  const SigningKey key = SigningKey::generate();
  const KeySet set = parse_key_set(set_of(json::serialize(to_jwk(key.public_bytes()))));
  ASSERT_EQ(set.size(), 1u);
  EXPECT_EQ(set.begin()->first, key.kid());
  EXPECT_TRUE(set.begin()->second.verify("text", key.sign("text")));
}

TEST(Keys, OtherKindsAndUsesAreLeftOut) {
  const KeySet set =
      parse_key_set(set_of(std::string(kP256) + R"(,{"kty":"EC","crv":"P-521","kid":"a"},{"kty":"new","kid":"b"},)"
                                                R"({"kty":"RSA","use":"enc","n":"AQAB","e":"AQAB","kid":"c"},)"
                                                R"({"kty":"RSA","alg":"RS512","n":"AQAB","e":"AQAB","kid":"d"})"));
  ASSERT_EQ(set.size(), 1u);
  EXPECT_EQ(set.begin()->first, "ec");
}

TEST(Keys, AKeySetThatIsNotRightIsRefused) {
  const std::string ec = kP256;
  const std::string rsa_of_1024_bits = to_base64url(std::string(128, '\xff'));
  const std::string rsa_of_2048_bits = to_base64url(std::string(256, '\xff'));
  const std::vector<std::string> wrong = {
      "",
      "[]",
      "{}",
      R"({"keys":{}})",
      R"({"keys":[]})",
      R"({"keys":[1]})",
      set_of(ec) + "x",
      set_of(ec + "," + ec),                                                // a kid twice
      set_of(R"({"kty":"EC","crv":"P-256","x":"AA","y":"AA","kid":"a"})"),  // too short
      set_of(R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
             R"("y":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","kid":"a"})"),  // not on the curve
      set_of(R"({"kty":"OKP","crv":"Ed25519","x":"AA","kid":"a"})"),
      set_of(R"({"kty":"OKP","crv":"Ed25519","x":"+/==","kid":"a"})"),
      set_of(std::string(R"({"kty":"OKP","crv":"Ed25519","x":")") + kEd25519X + "\"}"),  // no kid
      set_of(std::string(R"({"kty":"OKP","crv":"Ed25519","kid":"a","d":"AA","x":")") + kEd25519X + "\"}"),
      set_of(R"({"kty":"RSA","e":"AQAB","kid":"a","n":")" + rsa_of_1024_bits + "\"}"),
      set_of(R"({"kty":"RSA","e":"AQ","kid":"a","n":")" + rsa_of_2048_bits + "\"}"),  // exponent 1
      set_of(R"({"kty":"oct","k":"AAAA","kid":"a"})"),
  };
  for (const std::string& text : wrong) EXPECT_THROW(parse_key_set(text), std::runtime_error) << text;
}

TEST(Keys, Base64urlHasOneForm) {
  EXPECT_EQ(to_base64url("\xfb\xff"), "-_8");
  EXPECT_EQ(from_base64url("-_8"), "\xfb\xff");
  EXPECT_EQ(from_base64url(""), "");
  for (const char* text : {"-_8=", "+/8", "-_9", "-_8 ", "-", " ", "\xad_8",
                           "-\xdf"
                           "8"})
    EXPECT_FALSE(from_base64url(text)) << text;
}

}  // namespace
}  // namespace muster::identity
