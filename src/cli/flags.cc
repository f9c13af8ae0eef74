#include "flags.h"

#include <google/protobuf/descriptor.h>

#include <charconv>
#include <optional>

#include "duration.h"
#include "error.h"
#include "i18n.h"
#include "muster/v1/routing.pb.h"

namespace muster::cli {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr int kOffersMax = 50;  // PolicyStep.offers

[[noreturn]] void refuse(const std::string& flag, const std::string& text, const std::string& expected) {
  throw UsageError(say("{0}: “{1}” is not {2}", flag, text, expected));
}

std::string spelling(const EnumDescriptor* type, int index) {
  // CHANNEL_UNSPECIFIED tells the prefix of all.
  const std::string zero = type->value(0)->name();
  const std::size_t prefix = zero.size() - std::string{"UNSPECIFIED"}.size();
  std::string name = type->value(index)->name().substr(prefix);
  for (char& letter : name) letter = letter == '_' ? '-' : static_cast<char>(std::tolower(letter));
  return name;
}

std::optional<int> to_int(const std::string& text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

int parse_int(const std::string& flag, const std::string& text) {
  const auto value = to_int(text);
  if (!value) refuse(flag, text, tr("a number"));
  return *value;
}

double parse_double(const std::string& flag, const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) refuse(flag, text, tr("a number"));
  return value;
}

int parse_enum(const EnumDescriptor* type, const std::string& flag, const std::string& text) {
  for (int i = 1; i < type->value_count(); ++i) {
    if (spelling(type, i) == text) return type->value(i)->number();
  }
  refuse(flag, text, say("one of {0}", CLI::detail::join(enum_names(type), ", ")));
}

Duration parse_span(const std::string& flag, const std::string& text) {
  const auto span = parse_duration(text);
  if (!span) refuse(flag, text, tr("a span of time such as 20s, 5m, 1h30m or 250ms"));
  return *span;
}

/// "a=b" as {a, b}; without "=", b is `fallback`.
std::pair<std::string, std::string> split_pair(const std::string& text, const std::string& fallback) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) return {text, fallback};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

v1::SkillRequirement parse_requirement(const std::string& flag, const std::string& text) {
  const auto [skill, levels] = split_pair(text, "0");
  const std::size_t dots = levels.find("..");
  v1::SkillRequirement requirement;
  requirement.set_skill_id(skill);
  requirement.set_min_level(parse_int(flag, levels.substr(0, dots)));
  if (dots != std::string::npos) requirement.set_max_level(parse_int(flag, levels.substr(dots + 2)));
  return requirement;
}

google::protobuf::Timestamp parse_moment(const std::string& flag, const std::string& text) {
  const auto moment = parse_time(text, wall_now());
  if (!moment) refuse(flag, text, tr("a moment such as 09:30, “2026-03-01 09:30” or 2026-03-01T09:30:00Z"));
  return to_proto(*moment);
}

v1::SkillLevel parse_skill(const std::string& flag, const std::string& text) {
  const std::size_t at = text.find('@');
  const auto [skill, level] = split_pair(text.substr(0, at), "");
  if (level.empty()) refuse(flag, text, tr("a pair such as NAME=VALUE"));
  v1::SkillLevel parsed;
  parsed.set_skill_id(skill);
  parsed.set_level(parse_int(flag, level));
  if (at != std::string::npos) *parsed.mutable_expire_time() = parse_moment(flag, text.substr(at + 1));
  return parsed;
}

/// To how many agents at once. 0 would be as good as unset.
int parse_offers(const std::string& flag, const std::string& text) {
  const auto offers = to_int(text);
  if (!offers || *offers < 1 || *offers > kOffersMax) {
    refuse(flag, text, say("a number of agents from 1 to {0}, such as 30s/5:english", kOffersMax));
  }
  return *offers;
}

v1::PolicyStep parse_step(const std::string& flag, const std::string& text) {
  const std::size_t colon = text.find(':');
  const std::string when = text.substr(0, colon);
  const std::size_t slash = when.find('/');
  v1::PolicyStep step;
  *step.mutable_after() = to_proto(parse_span(flag, when.substr(0, slash)));
  if (slash != std::string::npos) step.set_offers(parse_offers(flag, when.substr(slash + 1)));
  if (colon == std::string::npos) return step;
  for (const std::string& requirement : CLI::detail::split(text.substr(colon + 1), ',')) {
    if (!requirement.empty()) *step.add_requirements() = parse_requirement(flag, requirement);
  }
  return step;
}

v1::ChannelInterruption parse_interruption(const std::string& flag, const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos)
    refuse(flag, text, tr("a channel and those it interrupts, such as voice=email,ticket"));
  const auto channel = [&](const std::string& name) {
    return static_cast<v1::Channel>(parse_enum(v1::Channel_descriptor(), flag, name));
  };
  v1::ChannelInterruption parsed;
  parsed.set_channel(channel(text.substr(0, equals)));
  for (const std::string& other : CLI::detail::split(text.substr(equals + 1), ',')) {
    if (!other.empty()) parsed.add_interrupts(channel(other));
  }
  return parsed;
}

/// Fills a message of two fields from a pair of texts.
void set_pair(Message& message, const std::string& flag, const std::string& first, const std::string& second) {
  set_field(message, message.GetDescriptor()->field(0), flag, first);
  set_field(message, message.GetDescriptor()->field(1), flag, second);
}

void add_message(Message& message, const FieldDescriptor* field, const std::string& flag, const std::string& text) {
  Message* added = message.GetReflection()->AddMessage(&message, field);
  if (field->message_type() == v1::PolicyStep::descriptor()) {
    added->CopyFrom(parse_step(flag, text));
  } else if (field->message_type() == v1::SkillRequirement::descriptor()) {
    added->CopyFrom(parse_requirement(flag, text));
  } else if (field->message_type() == v1::SkillLevel::descriptor()) {
    added->CopyFrom(parse_skill(flag, text));
  } else if (field->message_type() == v1::ChannelInterruption::descriptor()) {
    added->CopyFrom(parse_interruption(flag, text));
  } else {
    const auto [first, second] = split_pair(text, "");
    if (second.empty()) refuse(flag, text, tr("a pair such as NAME=VALUE"));
    set_pair(*added, flag, first, second);
  }
}

void set_message(Message& message, const FieldDescriptor* field, const std::string& flag, const std::string& text) {
  Message* value = message.GetReflection()->MutableMessage(&message, field);
  if (field->message_type() == google::protobuf::Timestamp::descriptor()) {
    value->CopyFrom(parse_moment(flag, text));
  } else {
    value->CopyFrom(to_proto(parse_span(flag, text)));
  }
}

std::string placeholder(const FieldDescriptor* field) {
  if (field->is_map()) return "KEY=VALUE";
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_INT32) return "N";
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE) return "NUMBER";
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
    return "{" + CLI::detail::join(enum_names(field->enum_type()), ",") + "}";
  }
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    return field->name().ends_with("id") || field->name().ends_with("ids") ? "ID" : "TEXT";
  }
  const std::string type = field->message_type()->name();
  if (type == "Timestamp") return "TIME";
  if (type == "Duration") return "SPAN";
  if (type == "PolicyStep") return "SPAN[/N][:SKILL[=MIN[..MAX]],...]";
  if (type == "ExamSection") return "BANK=N";
  if (type == "QuestionOption" || type == "AnnouncementOption") return "ID=TEXT";
  if (type == "AssessmentAnswer") return "ITEM=N";
  if (type == "SkillRequirement") return "SKILL[=MIN[..MAX]]";
  if (type == "ChannelInterruption") return "CHANNEL=[CHANNEL,...]";
  if (type == "SkillWeight") return "SKILL=WEIGHT";
  return type == "SkillLevel" ? "SKILL=LEVEL[@TIME]" : "CHANNEL=N";
}

}  // namespace

std::vector<std::string> enum_names(const EnumDescriptor* type) {
  std::vector<std::string> names;
  for (int i = 1; i < type->value_count(); ++i) names.push_back(spelling(type, i));
  return names;
}

void set_field(Message& message, const FieldDescriptor* field, const std::string& flag, const std::string& text) {
  const auto* reflection = message.GetReflection();
  const bool repeated = field->is_repeated();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      repeated ? reflection->AddString(&message, field, text) : reflection->SetString(&message, field, text);
      break;
    case FieldDescriptor::CPPTYPE_INT32:
      reflection->SetInt32(&message, field, parse_int(flag, text));
      break;
    case FieldDescriptor::CPPTYPE_DOUBLE:
      reflection->SetDouble(&message, field, parse_double(flag, text));
      break;
    case FieldDescriptor::CPPTYPE_BOOL:
      reflection->SetBool(&message, field, text == "true");
      break;
    case FieldDescriptor::CPPTYPE_ENUM: {
      const int value = parse_enum(field->enum_type(), flag, text);
      repeated ? reflection->AddEnumValue(&message, field, value) : reflection->SetEnumValue(&message, field, value);
      break;
    }
    default:
      repeated ? add_message(message, field, flag, text) : set_message(message, field, flag, text);
  }
}

CLI::Option* add_duration(CLI::App& command, const std::string& flag, Duration& value, const std::string& help) {
  const std::string name = CLI::detail::split(flag, ',').back();
  return command
      .add_option_function<std::string>(
          flag, [&value, name](const std::string& text) { value = parse_span(name, text); }, help)
      ->type_name("SPAN");
}

CLI::Option* FieldFlags::add(const std::string& flag, const std::string& field_name, const std::string& help) {
  const FieldDescriptor* field = type_->FindFieldByName(field_name);
  CLI::Option* option = nullptr;
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL) {
    option = command_.add_flag(flag, help);
  } else {
    option = command_.add_option(flag, help)->type_name(placeholder(field));
    // A value may begin with a dash or hold any character; a repeated flag takes one value each time.
    option->expected(1)->multi_option_policy(field->is_repeated() ? CLI::MultiOptionPolicy::TakeAll
                                                                  : CLI::MultiOptionPolicy::Throw);
    if (field->is_repeated()) option->expected(1, CLI::detail::expected_max_vector_size)->allow_extra_args(false);
  }
  flags_.push_back({option->get_single_name(), field, option});
  return option;
}

std::function<google::protobuf::FieldMask(Message&)> FieldFlags::filler() const {
  return [flags = flags_](Message& message) {
    google::protobuf::FieldMask given;
    for (const Flag& flag : flags) {
      if (flag.option->count() == 0) continue;
      given.add_paths(flag.field->name());
      for (const std::string& text : flag.option->results()) {
        set_field(message, flag.field, "--" + flag.name, text);
      }
    }
    return given;
  };
}

}  // namespace muster::cli
