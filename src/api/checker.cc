#include "muster/api/checker.h"

#include <algorithm>
#include <cctype>

#include "muster/node/render.h"

namespace muster::api {
namespace {

bool is_id(std::string_view text) {
  const auto alphanumeric = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (text.empty() || text.size() > 63 || !alphanumeric(text[0])) return false;
  for (const char c : text) {
    if (!alphanumeric(c) && c != '.' && c != '_' && c != '-') return false;
  }
  return true;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<dispatch::RequestId> parse_uuid(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  dispatch::RequestId id;
  int nibble = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const int digit = hex_digit(text[i]);
    if (digit < 0) return std::nullopt;
    std::uint64_t& half = nibble < 16 ? id.high : id.low;
    half = half << 4 | static_cast<std::uint64_t>(digit);
    ++nibble;
  }
  return id;
}

/// A span for people: "50 ms", "20 s", "24 h".
std::string readable(Duration span) {
  using namespace std::chrono;
  if (span % hours(1) == Duration::zero() && span != Duration::zero()) return std::to_string(span / hours(1)) + " h";
  if (span % seconds(1) == Duration::zero()) return std::to_string(span / seconds(1)) + " s";
  return std::to_string(span / milliseconds(1)) + " ms";
}

template <typename Id>
Id server_id(Checker& check, const char* field, const std::string& value, Id parsed) {
  if (check.expect(!value.empty(), field, "is required")) {
    check.expect(parsed != Id::kNone, field, "is not an identifier given by this server");
  }
  return parsed;
}

}  // namespace

void Checker::violate(std::string field, std::string description) {
  if (violations_.size() < kViolationsMax) violations_.push_back({std::move(field), std::move(description)});
}

bool Checker::expect(bool holds, std::string_view field, std::string_view description) {
  if (!holds) violate(std::string(field), std::string(description));
  return holds;
}

dispatch::RequestId Checker::request_id(const std::string& value) {
  if (!expect(!value.empty(), "request_id", "is required")) return {};
  const auto id = parse_uuid(value);
  expect(id && !id->is_nil(), "request_id",
         "must be a UUID, such as 6f1f2c3e-8a52-4a4b-9d0e-5b3c1f6a7e21, and not nil");
  return id.value_or(dispatch::RequestId{});
}

const std::string& Checker::id(std::string_view field, const std::string& value) {
  if (expect(!value.empty(), field, "is required")) optional_id(field, value);
  return value;
}

const std::string& Checker::optional_id(std::string_view field, const std::string& value) {
  expect(value.empty() || is_id(value), field, "must match [a-z0-9][a-z0-9._-]{0,62}");
  return value;
}

dispatch::ContactId Checker::contact_id(const std::string& value) {
  return server_id(*this, "contact_id", value, node::parse_contact_id(value));
}
dispatch::OfferId Checker::offer_id(const std::string& value) {
  return server_id(*this, "offer_id", value, node::parse_offer_id(value));
}
dispatch::SessionId Checker::session_id(const std::string& value) {
  return server_id(*this, "session_id", value, node::parse_session_id(value));
}

const std::string& Checker::text(std::string_view field, const std::string& value, std::size_t bytes_max) {
  if (value.size() > bytes_max) {
    violate(std::string(field),
            "must be at most " + std::to_string(bytes_max) + " bytes, has " + std::to_string(value.size()));
  }
  no_nul(field, value);
  return value;
}

void Checker::no_nul(std::string_view field, const std::string& value) {
  expect(value.find('\0') == std::string::npos, field, "must not hold U+0000");
}

std::int32_t Checker::number(std::string_view field, std::int32_t value, std::int32_t min, std::int32_t max) {
  if (value < min || value > max) {
    violate(std::string(field),
            "must be " + std::to_string(min) + ".." + std::to_string(max) + ", is " + std::to_string(value));
  }
  return value;
}

Duration Checker::duration(std::string_view field, const google::protobuf::Duration& value, Duration min,
                           Duration max) {
  constexpr std::int64_t kSecondsMax = 315'576'000'000;  // of google.protobuf.Duration
  const bool valid = value.seconds() >= -kSecondsMax && value.seconds() <= kSecondsMax &&
                     value.nanos() > -1'000'000'000 && value.nanos() < 1'000'000'000;
  const Duration span = valid ? std::chrono::seconds(value.seconds()) + Duration(value.nanos() / 1'000) : max;
  if (!valid || span < min || span > max) {
    violate(std::string(field), "must be " + readable(min) + ".." + readable(max));
  }
  return span;
}

TimePoint Checker::time(std::string_view field, const google::protobuf::Timestamp& value) {
  constexpr std::int64_t kSecondsMin = -62'135'596'800, kSecondsMax = 253'402'300'799;  // years 1..9999
  if (!expect(value.seconds() >= kSecondsMin && value.seconds() <= kSecondsMax && value.nanos() >= 0 &&
                  value.nanos() < 1'000'000'000,
              field, "is not a valid time")) {
    return {};
  }
  return TimePoint(std::chrono::seconds(value.seconds()) + Duration(value.nanos() / 1'000));
}

bool Checker::count(std::string_view field, int size, int min, int max) {
  if (size >= min && size <= max) return true;
  violate(std::string(field),
          "must have " + std::to_string(min) + ".." + std::to_string(max) + " elements, has " + std::to_string(size));
  return false;
}

void check_mask(const google::protobuf::FieldMask& mask, std::initializer_list<std::string_view> changeable,
                Checker& check) {
  check.expect(mask.paths_size() > 0, "update_mask", "must name at least one field");
  for (const std::string& path : mask.paths()) {
    const bool known = std::find(changeable.begin(), changeable.end(), path) != changeable.end();
    const bool quotable = path.size() <= 64;
    check.expect(
        known, "update_mask",
        (quotable ? "'" + path + "'" : std::string("a path")) + " is not a field that exists and can be changed");
  }
}

bool sets(const google::protobuf::FieldMask* mask, std::string_view field) {
  return !mask || std::find(mask->paths().begin(), mask->paths().end(), field) != mask->paths().end();
}

std::size_t page_size(std::int32_t asked, Checker& check) {
  check.expect(asked >= 0, "page_size", "must not be negative");
  return asked == 0 ? 100 : static_cast<std::size_t>(std::min(asked, 1000));
}

std::string indexed(std::string_view list, int index) { return std::string(list) + "[" + std::to_string(index) + "]"; }

}  // namespace muster::api
