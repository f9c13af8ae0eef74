#include "json_file.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <fstream>
#include <sstream>

#include "error.h"
#include "i18n.h"

namespace muster::cli {
namespace {

template <class Message>
void parse(const std::string& path, const std::string& text, Message& message) {
  const auto status = google::protobuf::util::JsonStringToMessage(text, &message);
  if (!status.ok()) {
    throw UsageError(say("{0}: {1}", path, std::string{status.message().data(), status.message().size()}));
  }
}

}  // namespace

std::vector<std::string> read_json_file(const std::string& path, google::protobuf::Message& message) {
  std::ifstream file(path);
  std::ostringstream read;
  // Of a directory, which opens, nothing comes; nor of an empty file, in which there is nothing to parse either.
  if (!file || !(read << file.rdbuf())) throw UsageError(say("{0}: cannot be read", path));
  const std::string text = read.str();
  parse(path, text, message);
  google::protobuf::Struct object;  // a message does not know a field at its default from one that is not there
  parse(path, text, object);
  std::vector<std::string> fields;
  const auto* type = message.GetDescriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    const auto& field = *type->field(i);
    if (object.fields().contains(field.name()) || object.fields().contains(field.json_name())) {
      fields.push_back(field.name());
    }
  }
  return fields;
}

}  // namespace muster::cli
