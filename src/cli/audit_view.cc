#include "audit_view.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <map>

#include "text.h"
#include "words.h"

namespace muster::cli {
namespace {

using google::protobuf::Struct;
using google::protobuf::Value;
using Fields = std::map<std::string, std::string>;

constexpr const char* kLastChange = "updateTime";

std::string text_of(const Value& value) {
  if (value.kind_case() == Value::kStringValue) return value.string_value();
  if (value.kind_case() == Value::kListValue) {
    std::vector<std::string> parts;
    for (const Value& part : value.list_value().values()) parts.push_back(text_of(part));
    return join(parts);
  }
  std::string text;
  static_cast<void>(google::protobuf::util::MessageToJsonString(value, &text));
  return text;
}

/// Fields of fields with a dot between.
void flatten(const Struct& thing, const std::string& prefix, Fields& fields) {
  for (const auto& [name, value] : thing.fields()) {
    if (value.kind_case() == Value::kStructValue) {
      flatten(value.struct_value(), prefix + name + ".", fields);
    } else if (name != kLastChange) {
      fields[prefix + name] = text_of(value);
    }
  }
}

Fields fields_of(const std::string& json) {
  Fields fields;
  Struct thing;
  if (google::protobuf::util::JsonStringToMessage(json, &thing).ok()) flatten(thing, "", fields);
  return fields;
}

}  // namespace

std::vector<std::string> changed_fields(const v1::AuditEntry& entry) {
  const Fields before = fields_of(entry.before()), after = fields_of(entry.after());
  Fields names = before;
  names.insert(after.begin(), after.end());
  Table table({{""}, {""}, {""}});
  for (const auto& [name, value] : names) {
    const auto old = before.find(name), fresh = after.find(name);
    if (old == before.end()) {
      table.add({"+", name, fresh->second});
    } else if (fresh == after.end()) {
      table.add({"-", name, old->second});
    } else if (old->second != fresh->second) {
      table.add({"~", name, old->second + " → " + fresh->second});
    }
  }
  return table.lines();
}

}  // namespace muster::cli
