#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "google/protobuf/duration.pb.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "muster/api/errors.h"
#include "muster/base/time.h"
#include "muster/dispatch/types.h"

namespace muster::api {

/// Checks the fields of one request and gathers everything that is wrong with it, so that the caller learns all at
/// once. Each check gives the value as the engine wants it; the values mean nothing unless ok().
class Checker {
 public:
  /// Violations told to the caller, the first ones: the details must fit into the metadata that clients accept.
  static constexpr std::size_t kViolationsMax = 16;

  [[nodiscard]] bool ok() const { return violations_.empty(); }
  [[nodiscard]] Error error() { return invalid_request(std::move(violations_)); }

  void violate(std::string field, std::string description);
  /// Adds a violation unless `holds`.
  bool expect(bool holds, std::string_view field, std::string_view description);

  /// A UUID in its canonical form, not nil.
  dispatch::RequestId request_id(const std::string& value);
  /// An identifier that clients choose: [a-z0-9][a-z0-9._-]{0,62}.
  const std::string& id(std::string_view field, const std::string& value);
  /// The same, or nothing.
  const std::string& optional_id(std::string_view field, const std::string& value);
  dispatch::ContactId contact_id(const std::string& value);
  dispatch::OfferId offer_id(const std::string& value);
  dispatch::SessionId session_id(const std::string& value);

  /// At most `bytes_max` bytes, no U+0000.
  const std::string& text(std::string_view field, const std::string& value, std::size_t bytes_max = 200);
  /// PostgreSQL's text has no place for U+0000.
  void no_nul(std::string_view field, const std::string& value);
  std::int32_t number(std::string_view field, std::int32_t value, std::int32_t min, std::int32_t max);
  Duration duration(std::string_view field, const google::protobuf::Duration& value, Duration min, Duration max);
  TimePoint time(std::string_view field, const google::protobuf::Timestamp& value);
  /// Whether a list is no longer than allowed, and so worth looking into.
  bool count(std::string_view field, int size, int min, int max);

 private:
  std::vector<FieldViolation> violations_;
};

/// An update's mask names at least one field, and only those that are changeable.
void check_mask(const google::protobuf::FieldMask& mask, std::initializer_list<std::string_view> changeable,
                Checker& check);
/// Whether a request sets the field: those that the mask names. No mask: a creation, which sets all.
[[nodiscard]] bool sets(const google::protobuf::FieldMask* mask, std::string_view field);
/// The size of a page: 0 asks for 100, more than 1,000 for 1,000.
std::size_t page_size(std::int32_t asked, Checker& check);

/// A list's element in a path: indexed("steps", 1) is "steps[1]".
std::string indexed(std::string_view list, int index);

}  // namespace muster::api
