#pragma once

#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/message.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "muster/base/time.h"

namespace muster::cli {

/// The values of an enumeration as they are written on the command line: "voice" for CHANNEL_VOICE.
std::vector<std::string> enum_names(const google::protobuf::EnumDescriptor* type);

/// Sets, or adds to, one field of a message from a flag's text. Understands strings, int32, double, bool, enumerations,
/// spans ("20s"), moments ("09:30"), the pairs CHANNEL=NUMBER and KEY=VALUE, requirements ("english=20..50"), skills
/// with their end ("licence=1@2026-12-31"), steps ("30s:english=60,billing") and what a channel interrupts
/// ("voice=email,ticket"). Throws UsageError, which names `flag`, if the text is none.
void set_field(google::protobuf::Message& message, const google::protobuf::FieldDescriptor* field,
               const std::string& flag, const std::string& text);

/// A flag for a span of time.
CLI::Option* add_duration(CLI::App& command, const std::string& flag, Duration& value, const std::string& help);

/// The flags of a command that fill the fields of a message. Only those that were given touch it.
class FieldFlags {
 public:
  /// `type` is the message that the flags fill.
  FieldFlags(CLI::App& command, const google::protobuf::Descriptor* type) : command_(command), type_(type) {}

  /// Adds a flag for the field of that name.
  CLI::Option* add(const std::string& flag, const std::string& field, const std::string& help);

  /// A function that fills a message with what was given and returns the fields' names. It may outlive this object,
  /// not the command.
  std::function<google::protobuf::FieldMask(google::protobuf::Message&)> filler() const;

 private:
  struct Flag {
    std::string name;
    const google::protobuf::FieldDescriptor* field;
    const CLI::Option* option;
  };

  CLI::App& command_;
  const google::protobuf::Descriptor* type_;
  std::vector<Flag> flags_;
};

}  // namespace muster::cli
