#include "tokens.h"

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include <boost/json.hpp>
#include <functional>

#include "foreign_key.h"
#include "secrets.h"

namespace muster::identity {
namespace {

namespace json = boost::json;

constexpr const char* kIssuer = "https://muster.example";
constexpr const char* kAudience = "muster";
constexpr const char* kForeignIssuer = "https://login.acme.example";
constexpr const char* kSharedIssuer = "https://login.example";  // of several tenants
constexpr const char* kForeignAudience = "muster-at-acme";
const TimePoint kNow{std::chrono::seconds(1'800'000'000)};
const std::int64_t kNowSeconds = 1'800'000'000;

const SigningKey& our_key() {
  static const SigningKey key = SigningKey::generate();
  return key;
}
const SigningKey& stranger() {
  static const SigningKey key = SigningKey::generate();
  return key;
}
const ForeignKey& rsa() {
  static const ForeignKey key(EVP_RSA_gen(2048));
  return key;
}
const ForeignKey& ec() {
  static const ForeignKey key(EVP_EC_gen("P-256"));
  return key;
}

std::string sign_ours(const std::string& text) { return our_key().sign(text); }
std::string sign_stranger(const std::string& text) { return stranger().sign(text); }
std::string sign_rsa(const std::string& text) { return rsa().sign(text); }
std::string sign_ec(const std::string& text) { return ec().sign(text); }
/// The old trick: the public key, which everybody has, as the secret of a MAC.
std::string sign_hmac(const std::string& text) {
  std::string mac(32, '\0');
  unsigned int size = 32;
  const std::string& key = our_key().public_bytes();
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(text), text.size(), bytes_of(mac), &size);
  return mac;
}

TokenVerifier verifier() {
  KeySet ours{{our_key().kid(), PublicKey::ed25519(our_key().public_bytes())}};
  KeySet foreign{{"rsa", *PublicKey::parse(rsa().jwk("rsa"))}, {"ec", *PublicKey::parse(ec().jwk("ec"))}};
  Issuer acme{kForeignIssuer,
              kForeignAudience,
              foreign,
              {Algorithm::kRs256, Algorithm::kEs256},
              {"at+jwt", "jwt"},
              std::chrono::hours(1),
              Issuer::External{"acme", "", {}, "sub", "groups", {{"Muster Admins", v1::ROLE_TENANT_ADMIN}}}};
  Issuer shared = acme;
  shared.issuer = kSharedIssuer;
  shared.external = Issuer::External{"", "/org/name", {{"Acme Inc.", "acme"}}, "/user/name", "", {}};
  return TokenVerifier(
      {Issuer{kIssuer, kAudience, ours, {Algorithm::kEdDsa}, {"at+jwt"}, kAccessTokenLife, {}}, acme, shared});
}

json::object our_header() { return {{"alg", "EdDSA"}, {"typ", "at+jwt"}, {"kid", our_key().kid()}}; }

json::object our_claims() {
  return {{"iss", kIssuer},
          {"aud", kAudience},
          {"sub", "li.na"},
          {"tenant", "acme"},
          {"roles", json::array{"tenant_admin"}},
          {"sid", "0123456789abcdef"},
          {"ver", 3},
          {"jti", "fedcba9876543210"},
          {"iat", kNowSeconds - 60},
          {"nbf", kNowSeconds - 60},
          {"exp", kNowSeconds + 540}};
}

json::object foreign_header() { return {{"alg", "RS256"}, {"typ", "JWT"}, {"kid", "rsa"}}; }

json::object foreign_claims() {
  return {{"iss", kForeignIssuer},   {"aud", json::array{"other", kForeignAudience}},
          {"sub", "248289761001"},   {"groups", json::array{"Muster Admins", "Everybody"}},
          {"iat", kNowSeconds - 60}, {"exp", kNowSeconds + 540}};
}

TEST(Token, OfOursIsTakenForWhoItSays) {
  const Verification answer = verifier().verify(token_of(our_header(), our_claims(), sign_ours), kNow);
  ASSERT_EQ(answer.rejection, Rejection::kNone) << name_of(answer.rejection);
  EXPECT_EQ(answer.caller.tenant_id, "acme");
  EXPECT_EQ(answer.caller.subject, "li.na");
  EXPECT_EQ(answer.caller.session_id, "0123456789abcdef");
  EXPECT_EQ(answer.caller.version, 3);
  EXPECT_EQ(answer.caller.roles, std::vector{v1::ROLE_TENANT_ADMIN});
  EXPECT_EQ(answer.caller.expire_time, TimePoint(std::chrono::seconds(kNowSeconds + 540)));
}

TEST(Token, IssuedIsTakenForWhomItWasIssued) {
  api::Caller caller;
  caller.tenant_id = "platform";
  caller.subject = "li.na";
  caller.agent_id = "li.na";
  caller.session_id = "0123456789abcdef";
  caller.version = 7;
  caller.roles = {v1::ROLE_AGENT, v1::ROLE_COACH};
  const auto issued = issue_token(our_key(), kIssuer, kAudience, caller, kNow);
  EXPECT_EQ(issued.expire_time, kNow + kAccessTokenLife);
  const Verification answer = verifier().verify(issued.token, kNow);
  ASSERT_EQ(answer.rejection, Rejection::kNone) << name_of(answer.rejection);
  caller.expire_time = issued.expire_time;
  EXPECT_EQ(answer.caller, caller);
  EXPECT_EQ(verifier().verify(issued.token, issued.expire_time).rejection, Rejection::kExpired);
}

TEST(Token, IssuedIsNeverIssuedTwice) {
  api::Caller caller;
  EXPECT_NE(issue_token(our_key(), kIssuer, kAudience, caller, kNow).token,
            issue_token(our_key(), kIssuer, kAudience, caller, kNow).token);
}

TEST(Token, OfAnotherIssuerSpeaksForItsTenantOnly) {
  for (const auto& [kid, algorithm, sign] :
       {std::tuple{"rsa", "RS256", Sign(sign_rsa)}, std::tuple{"ec", "ES256", Sign(sign_ec)}}) {
    json::object header = foreign_header(), claims = foreign_claims();
    header["kid"] = kid;
    header["alg"] = algorithm;
    claims["tenant"] = "platform";
    claims["roles"] = json::array{"platform_admin"};
    const Verification answer = verifier().verify(token_of(header, claims, sign), kNow);
    ASSERT_EQ(answer.rejection, Rejection::kNone) << name_of(answer.rejection);
    EXPECT_EQ(answer.caller.tenant_id, "acme");
    EXPECT_EQ(answer.caller.subject, "248289761001");
    EXPECT_EQ(answer.caller.session_id, "");
    EXPECT_EQ(answer.caller.roles, std::vector{v1::ROLE_TENANT_ADMIN});
  }
}

TEST(Token, OfAnIssuerOfSeveralTenantsSaysWhoseUserItNames) {
  json::object claims = foreign_claims();
  claims["iss"] = kSharedIssuer;
  claims["org"] = json::object{{"name", "Acme Inc."}};
  claims["user"] = json::object{{"name", "li.na"}};
  const auto verify = [&] { return verifier().verify(token_of(foreign_header(), claims, sign_rsa), kNow); };
  const Verification answer = verify();
  ASSERT_EQ(answer.rejection, Rejection::kNone) << name_of(answer.rejection);
  EXPECT_EQ(answer.caller.tenant_id, "acme");
  EXPECT_EQ(answer.caller.subject, "li.na");
  EXPECT_TRUE(answer.caller.roles.empty());
  for (const json::value& org : {json::value(json::object{{"name", "Globex"}}), json::value("Acme Inc."),
                                 json::value(json::object{{"name", json::array{"Acme Inc."}}}), json::value()}) {
    claims["org"] = org;
    EXPECT_EQ(verify().rejection, Rejection::kTenant) << json::serialize(org);
  }
  claims["org"] = json::object{{"name", "Acme Inc."}};
  for (const json::value& user : {json::value("li.na"), json::value(json::object{{"name", 7}}), json::value()}) {
    claims["user"] = user;
    EXPECT_EQ(verify().rejection, Rejection::kClaims) << json::serialize(user);
  }
}

/// A token that must be refused, and why.
struct Bad {
  const char* name;
  Rejection rejection;
  std::function<std::string()> token;
};

void PrintTo(const Bad& bad, std::ostream* out) { *out << bad.name; }

class BadToken : public ::testing::TestWithParam<Bad> {};

TEST_P(BadToken, IsRefused) {
  const Verification answer = verifier().verify(GetParam().token(), kNow);
  EXPECT_STREQ(name_of(answer.rejection), name_of(GetParam().rejection));
}

/// Ours, with a member of the header set.
Bad header(const char* name, Rejection rejection, const char* member, json::value value, Sign sign = sign_ours) {
  return {name, rejection, [=] {
            json::object changed = our_header();
            changed[member] = value;
            return token_of(changed, our_claims(), sign);
          }};
}
Bad without_header(const char* name, Rejection rejection, const char* member) {
  return {name, rejection, [=] {
            json::object changed = our_header();
            changed.erase(member);
            return token_of(changed, our_claims(), sign_ours);
          }};
}
/// Ours, with a claim set.
Bad claim(const char* name, Rejection rejection, const char* member, json::value value) {
  return {name, rejection, [=] {
            json::object changed = our_claims();
            changed[member] = value;
            return token_of(our_header(), changed, sign_ours);
          }};
}
Bad without_claim(const char* name, Rejection rejection, const char* member) {
  return {name, rejection, [=] {
            json::object changed = our_claims();
            changed.erase(member);
            return token_of(our_header(), changed, sign_ours);
          }};
}
/// That of another issuer, with a member of the header and a claim set.
Bad foreign(const char* name, Rejection rejection, std::pair<const char*, json::value> member,
            std::pair<const char*, json::value> said, Sign sign = sign_rsa) {
  return {name, rejection, [=] {
            json::object changed = foreign_header(), claims = foreign_claims();
            if (member.first) changed[member.first] = member.second;
            if (said.first) claims[said.first] = said.second;
            return token_of(changed, claims, sign);
          }};
}
constexpr std::pair<const char*, std::nullptr_t> kAsItIs{nullptr, nullptr};

/// A good token with one part replaced.
std::string with_part(int part, const std::function<std::string(const std::string&)>& change) {
  const std::string good = token_of(our_header(), our_claims(), sign_ours);
  const std::size_t first = good.find('.'), second = good.find('.', first + 1);
  std::string parts[] = {good.substr(0, first), good.substr(first + 1, second - first - 1), good.substr(second + 1)};
  parts[part] = change(parts[part]);
  return parts[0] + "." + parts[1] + "." + parts[2];
}

std::string flipped(const std::string& text, std::size_t at) {
  std::string changed = text;
  changed[at] = changed[at] == 'A' ? 'B' : 'A';
  return changed;
}

const std::vector<Bad> kShapes = {
    {"Empty", Rejection::kMalformed, [] { return std::string(); }},
    {"OnePart", Rejection::kMalformed, [] { return std::string("abc"); }},
    {"TwoParts", Rejection::kMalformed, [] { return std::string("e30.e30"); }},
    {"FourParts", Rejection::kMalformed, [] { return token_of(our_header(), our_claims(), sign_ours) + ".e30"; }},
    {"OnlyDots", Rejection::kMalformed, [] { return std::string(".."); }},
    {"NoSignature", Rejection::kMalformed, [] { return with_part(2, [](auto&) { return ""; }); }},
    {"HeaderIsNoJson", Rejection::kMalformed, [] { return token_of("{", "{}", sign_ours); }},
    {"HeaderIsAList", Rejection::kMalformed, [] { return token_of("[]", "{}", sign_ours); }},
    {"HeaderHasMoreBehindIt", Rejection::kMalformed,
     [] { return token_of(json::serialize(our_header()) + "{}", json::serialize(our_claims()), sign_ours); }},
    {"ClaimsAreNoJson", Rejection::kMalformed, [] { return token_of(json::serialize(our_header()), "x", sign_ours); }},
    {"ClaimsAreNested1000Deep", Rejection::kMalformed,
     [] { return token_of(json::serialize(our_header()), std::string(1000, '['), sign_ours); }},
    {"PartsArePadded", Rejection::kMalformed, [] { return with_part(2, [](auto& p) { return p + "=="; }); }},
    {"PartsHaveBlanks", Rejection::kMalformed, [] { return with_part(1, [](auto& p) { return " " + p; }); }},
    {"OrdinaryBase64", Rejection::kMalformed, [] { return with_part(2, [](auto& p) { return "+/" + p.substr(2); }); }},
    {"EncryptedToken", Rejection::kMalformed, [] { return std::string("e30.e30.e30.e30.e30"); }},
    {"TooLong", Rejection::kTooLong,
     [] {
       json::object claims = our_claims();
       claims["note"] = std::string(kTokenBytesMax, 'x');
       return token_of(our_header(), claims, sign_ours);
     }},
    {"Enormous", Rejection::kTooLong, [] { return std::string(10'000'000, 'A'); }},
};
INSTANTIATE_TEST_SUITE_P(Shape, BadToken, ::testing::ValuesIn(kShapes), [](const auto& c) { return c.param.name; });

const std::vector<Bad> kHeaders = {
    header("AlgNone", Rejection::kAlgorithm, "alg", "none", [](auto&) { return "x"; }),
    header("AlgNoneInCapitals", Rejection::kAlgorithm, "alg", "NONE", [](auto&) { return "x"; }),
    header("AlgHmacWithThePublicKey", Rejection::kAlgorithm, "alg", "HS256", sign_hmac),
    header("AlgOfAnotherIssuersKeys", Rejection::kAlgorithm, "alg", "RS256", sign_rsa),
    header("AlgInOtherCase", Rejection::kAlgorithm, "alg", "eddsa"),
    header("AlgUnknown", Rejection::kAlgorithm, "alg", "XX256"),
    header("AlgIsANumber", Rejection::kAlgorithm, "alg", 7),
    without_header("NoAlg", Rejection::kAlgorithm, "alg"),
    header("TypOfAnIdToken", Rejection::kType, "typ", "JWT"),
    header("TypOfALogoutToken", Rejection::kType, "typ", "logout+jwt"),
    without_header("NoTyp", Rejection::kType, "typ"),
    header("KidUnknown", Rejection::kUnknownKey, "kid", "unknown"),
    header("KidOfAnotherIssuer", Rejection::kUnknownKey, "kid", "rsa"),
    header("KidThatWouldInject", Rejection::kUnknownKey, "kid", "' OR 1=1 --"),
    header("KidThatIsAPath", Rejection::kUnknownKey, "kid", "../../dev/null"),
    without_header("NoKid", Rejection::kUnknownKey, "kid"),
    header("BringsItsKey", Rejection::kHeader, "jwk", json::object{{"kty", "OKP"}}, sign_stranger),
    header("SaysWhereItsKeyIs", Rejection::kHeader, "jku", "https://evil.example/keys", sign_stranger),
    header("BringsACertificate", Rejection::kHeader, "x5c", json::array{"AA"}, sign_stranger),
    header("SaysWhereACertificateIs", Rejection::kHeader, "x5u", "https://evil.example/cert", sign_stranger),
    header("DemandsAnExtension", Rejection::kHeader, "crit", json::array{"exp"}),
    header("HasItsPayloadUnencoded", Rejection::kHeader, "b64", false),
};
INSTANTIATE_TEST_SUITE_P(Header, BadToken, ::testing::ValuesIn(kHeaders), [](const auto& c) { return c.param.name; });

const std::vector<Bad> kSignatures = {
    {"OfAnotherKey", Rejection::kSignature, [] { return token_of(our_header(), our_claims(), sign_stranger); }},
    {"OfAnotherText", Rejection::kSignature,
     [] { return token_of(our_header(), our_claims(), [](auto&) { return our_key().sign("other"); }); }},
    {"FirstBitFlipped", Rejection::kSignature, [] { return with_part(2, [](auto& p) { return flipped(p, 0); }); }},
    {"CutShort", Rejection::kSignature, [] { return with_part(2, [](auto& p) { return p.substr(0, 60); }); }},
    {"OnlyZeros", Rejection::kSignature, [] { return with_part(2, [](auto&) { return std::string(86, 'A'); }); }},
    {"ClaimsAltered", Rejection::kSignature,
     [] {
       return with_part(1, [](auto&) {
         json::object claims = our_claims();
         claims["roles"] = json::array{"platform_admin"};
         return to_base64url(json::serialize(claims));
       });
     }},
    {"HeaderAltered", Rejection::kSignature,
     [] {
       return with_part(0, [](auto&) {
         json::object changed = our_header();
         changed["extra"] = 1;
         return to_base64url(json::serialize(changed));
       });
     }},
    {"SameClaimsWrittenOtherwise", Rejection::kSignature,
     [] { return with_part(1, [](auto&) { return to_base64url(" " + json::serialize(our_claims())); }); }},
};
INSTANTIATE_TEST_SUITE_P(Signature, BadToken, ::testing::ValuesIn(kSignatures),
                         [](const auto& c) { return c.param.name; });

const std::vector<Bad> kClaims = {
    claim("IssuerUnknown", Rejection::kUnknownIssuer, "iss", "https://evil.example"),
    claim("IssuerWithASlash", Rejection::kUnknownIssuer, "iss", "https://muster.example/"),
    claim("IssuerIsAList", Rejection::kUnknownIssuer, "iss", json::array{kIssuer}),
    without_claim("NoIssuer", Rejection::kUnknownIssuer, "iss"),
    claim("IssuerIsAnotherWhoseKeyItLacks", Rejection::kAlgorithm, "iss", kForeignIssuer),
    claim("AudienceIsAnother", Rejection::kAudience, "aud", "other"),
    claim("AudienceIsPartOfOurs", Rejection::kAudience, "aud", "mus"),
    claim("AudiencesLackOurs", Rejection::kAudience, "aud", json::array{"a", "b"}),
    claim("AudienceIsEmpty", Rejection::kAudience, "aud", ""),
    claim("AudienceHoldsOursAmongOthersInOneText", Rejection::kAudience, "aud", "other muster"),
    without_claim("NoAudience", Rejection::kAudience, "aud"),
    claim("Expired", Rejection::kExpired, "exp", kNowSeconds - 1),
    claim("ExpiresNow", Rejection::kExpired, "exp", kNowSeconds),
    without_claim("NoExpiry", Rejection::kClaims, "exp"),
    claim("ExpiryIsAText", Rejection::kClaims, "exp", "1800000540"),
    claim("ExpiryIsNegative", Rejection::kClaims, "exp", -1),
    claim("ExpiryOverflows", Rejection::kClaims, "exp", 9'223'372'036'854'775'807),
    claim("ExpiryIsFarAway", Rejection::kLifetime, "exp", kNowSeconds + 3600),
    claim("NotYetValid", Rejection::kNotYet, "nbf", kNowSeconds + 60),
    claim("NotBeforeIsAText", Rejection::kClaims, "nbf", "now"),
    without_claim("NoNotBefore", Rejection::kClaims, "nbf"),
    claim("IssuedInTheFuture", Rejection::kNotYet, "iat", kNowSeconds + 60),
    without_claim("NoIssueTime", Rejection::kClaims, "iat"),
    without_claim("NoSubject", Rejection::kClaims, "sub"),
    claim("SubjectIsANumber", Rejection::kClaims, "sub", 7),
    claim("SubjectIsTooLong", Rejection::kClaims, "sub", json::string(256, 'x')),
    without_claim("NoTenant", Rejection::kClaims, "tenant"),
    without_claim("NoRoles", Rejection::kClaims, "roles"),
    claim("RoleUnknown", Rejection::kClaims, "roles", json::array{"god"}),
    claim("RoleInCapitals", Rejection::kClaims, "roles", json::array{"PLATFORM_ADMIN"}),
    claim("RoleUnspecified", Rejection::kClaims, "roles", json::array{"unspecified"}),
    without_claim("NoSession", Rejection::kClaims, "sid"),
    without_claim("NoVersion", Rejection::kClaims, "ver"),
    without_claim("NoIdentifier", Rejection::kClaims, "jti"),
};
INSTANTIATE_TEST_SUITE_P(Claims, BadToken, ::testing::ValuesIn(kClaims), [](const auto& c) { return c.param.name; });

const std::vector<Bad> kForeign = {
    foreign("KeyOfOneAlgorithmWithAnother", Rejection::kAlgorithm, {"kid", "ec"}, kAsItIs),
    foreign("AlgorithmOfOneKeyWithAnother", Rejection::kAlgorithm, {"alg", "ES256"}, kAsItIs, sign_ec),
    foreign("OurKey", Rejection::kUnknownKey, {"kid", json::string(our_key().kid())}, kAsItIs, sign_ours),
    foreign("OurAlgorithm", Rejection::kAlgorithm, {"alg", "EdDSA"}, kAsItIs, sign_ours),
    foreign("SignedByUs", Rejection::kSignature, kAsItIs, kAsItIs, sign_ours),
    foreign("Rs512", Rejection::kAlgorithm, {"alg", "RS512"}, kAsItIs),
    foreign("OurAudience", Rejection::kAudience, kAsItIs, {"aud", kAudience}),
    foreign("TypeOfNothing", Rejection::kType, {"typ", "secevent+jwt"}, kAsItIs),
    foreign("GoodForADay", Rejection::kLifetime, kAsItIs, {"exp", kNowSeconds + 86'400}),
    foreign("EmptySubject", Rejection::kClaims, kAsItIs, {"sub", ""}),
    foreign("OurIssuer", Rejection::kAlgorithm, kAsItIs, {"iss", kIssuer}),
    foreign("AnotherIssuer", Rejection::kUnknownIssuer, kAsItIs, {"iss", "https://login.evil.example"}),
    foreign("None", Rejection::kAlgorithm, {"alg", "none"}, kAsItIs, [](auto&) { return "x"; }),
    foreign("HmacWithThePublicKey", Rejection::kAlgorithm, {"alg", "HS256"}, kAsItIs, sign_hmac),
    foreign("KidUnknown", Rejection::kUnknownKey, {"kid", "unknown"}, kAsItIs),
    foreign("OutOfDate", Rejection::kExpired, kAsItIs, {"exp", kNowSeconds}),
    foreign("TooEarly", Rejection::kNotYet, kAsItIs, {"nbf", kNowSeconds + 60}),
    foreign("OfTheFuture", Rejection::kNotYet, kAsItIs, {"iat", kNowSeconds + 60}),
    foreign("AsLongAsABook", Rejection::kTooLong, kAsItIs, {"note", json::string(kTokenBytesMax, 'x')}),
    foreign("RoleNotMapped", Rejection::kRoles, kAsItIs, {"groups", json::array{"Everybody"}}),
    foreign("RoleOfOurs", Rejection::kRoles, kAsItIs, {"groups", json::array{"platform_admin"}}),
    foreign("NoRole", Rejection::kRoles, kAsItIs, {"groups", nullptr}),
};
INSTANTIATE_TEST_SUITE_P(Foreign, BadToken, ::testing::ValuesIn(kForeign), [](const auto& c) { return c.param.name; });

TEST(Token, ClocksMayBeALittleApart) {
  json::object claims = our_claims();
  claims["nbf"] = claims["iat"] = kNowSeconds + 29;
  EXPECT_EQ(verifier().verify(token_of(our_header(), claims, sign_ours), kNow).rejection, Rejection::kNone);
}

TEST(Token, NoBitOfATokenCanBeChanged) {
  const TokenVerifier check = verifier();
  const std::string good = token_of(our_header(), our_claims(), sign_ours);
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = good;
      changed[at] = static_cast<char>(changed[at] ^ (1 << bit));
      ASSERT_NE(check.verify(changed, kNow).rejection, Rejection::kNone) << "byte " << at << ", bit " << bit;
    }
  }
}

TEST(Token, RolesAreNamedAsTheyAreRead) {
  for (int i = v1::Role_MIN + 1; i <= v1::Role_MAX; ++i) {
    const auto role = static_cast<v1::Role>(i);
    EXPECT_EQ(role_of(token_name(role)), role);
  }
  EXPECT_EQ(token_name(v1::ROLE_PLATFORM_ADMIN), "platform_admin");
}

}  // namespace
}  // namespace muster::identity
