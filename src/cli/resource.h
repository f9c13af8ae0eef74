#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/reflection.h>

#include <algorithm>
#include <memory>
#include <ostream>
#include <string>

#include "command.h"
#include "flags.h"
#include "i18n.h"
#include "json_file.h"
#include "text.h"

namespace muster::cli {

/// One line for the help page of each command.
struct ResourceHelp {
  std::string list;
  std::string get;
  std::string create;
  std::string update;
  std::string remove;
};

/// What most kinds leave as it is.
struct ResourceDefaults {
  static void list_flags(FieldFlags&) {}
  static auto add_source(CLI::App&) {
    return [](google::protobuf::Message&) { return google::protobuf::FieldMask(); };
  }
  static void complete(google::protobuf::Message&) {}
};

/// For Kind::add_source: the flag --file, with a Message as JSON. `id_field` is the name of its identifier.
template <class Message>
auto json_source(CLI::App& command, const std::string& id_field, const std::string& help) {
  auto path = std::make_shared<std::string>();
  command.add_option("--file", *path, help)->type_name("FILE");
  return [&command, path, id_field](Message& message) {
    google::protobuf::FieldMask fields;
    if (path->empty()) return fields;
    for (const std::string& field : read_json_file(*path, message)) {
      if (field != id_field) fields.add_paths(field);
    }
    const auto* id = Message::descriptor()->FindFieldByName(id_field);
    const std::string named = message.GetReflection()->GetString(message, id);
    if (named.empty() || named == id_of(command)) return fields;
    throw UsageError(say("{0}: is about {1}, not {2}", *path, named, id_of(command)));
  };
}

/// The commands list, get, create, update and, where the kind has kDelete, delete of one kind of resource. `Kind`
/// describes it:
///   Message, kCreate, kGet, kUpdate, kList, kDelete   its message and the methods of the stub
///   kNoun, kPlural                                    its name and its list's in requests and responses
///   kIdField                                          its identifier, if not kNoun with _id
///   kCommand                                          how its commands are reached, if not by kPlural
///   kExampleId, kExampleCreate, kExampleUpdate        arguments for the help pages
///   help()                                            one line for each command, in the order of the methods
///   titles(), row(m), details(m)                      how people see it
///   bind(flags, creating), list_flags(flags)          the flags that fill it, and those that filter a list
///   add_source(command)                               a flag for what the other flags go over, and its reader
///   complete(m)                                       what a new one gets when no flag says otherwise
///   kOfTenant                                         if it is there: its identifier counts within a tenant, --tenant
/// A kind without kCreate makes its own command for that.
template <class Kind>
class ResourceCommands {
 public:
  static void add(CLI::App& group, Context& context) {
    const ResourceHelp help = Kind::help();
    add_list(group, context, help.list);
    add_get(group, context, help.get);
    if constexpr (requires { Kind::kCreate; }) add_create(group, context, help.create);
    add_update(group, context, help.update);
    if constexpr (requires { Kind::kDelete; }) add_delete(group, context, help.remove);
  }

 private:
  using Message = typename Kind::Message;
  template <class Method>
  using RequestOf = typename MethodTraits<std::remove_const_t<Method>>::Request;

  static std::string example(const std::string& rest) {
    std::string group = Kind::kPlural;
    if constexpr (requires { Kind::kCommand; }) group = Kind::kCommand;
    return "  muster " + group + " " + rest;
  }

  static void add_its_id(CLI::App& command, const std::string& help) {
    add_id(command, help);
    if constexpr (requires { Kind::kOfTenant; }) add_tenant(command);
  }

  static void set_id(google::protobuf::Message& message, const CLI::App& command) {
    const auto set = [&](const std::string& name, const std::string& value) {
      message.GetReflection()->SetString(&message, message.GetDescriptor()->FindFieldByName(name), value);
    };
    std::string name = std::string{Kind::kNoun} + "_id";
    if constexpr (requires { Kind::kIdField; }) name = Kind::kIdField;
    set(name, id_of(command));
    if constexpr (requires { Kind::kOfTenant; }) set("tenant_id", tenant_of(command));
  }

  /// Requests about what is of a tenant may say so beside it.
  static void set_tenant(google::protobuf::Message& request, const CLI::App& command) {
    if constexpr (requires { Kind::kOfTenant; }) {
      const auto* field = request.GetDescriptor()->FindFieldByName("tenant_id");
      if (field) request.GetReflection()->SetString(&request, field, tenant_of(command));
    }
  }

  static Message& resource_in(google::protobuf::Message& message) {
    const auto* field = message.GetDescriptor()->FindFieldByName(Kind::kNoun);
    return static_cast<Message&>(*message.GetReflection()->MutableMessage(&message, field));
  }

  /// What the source gives, and over it what the flags do; the names of both's fields.
  template <class Source, class Fill>
  static google::protobuf::FieldMask read_given(Message& resource, const Source& source, const Fill& fill) {
    google::protobuf::FieldMask fields = source(resource);
    Message flagged;
    const google::protobuf::FieldMask given = fill(flagged);
    for (const std::string& path : given.paths()) {
      resource.GetReflection()->ClearField(&resource, Message::descriptor()->FindFieldByName(path));
      if (std::find(fields.paths().begin(), fields.paths().end(), path) == fields.paths().end()) {
        fields.add_paths(path);
      }
    }
    resource.MergeFrom(flagged);
    return fields;
  }

  static void add_list(CLI::App& group, Context& context, const std::string& help) {
    CLI::App& command = add_command(group, "list", help, example("list"));
    FieldFlags flags(command, RequestOf<decltype(Kind::kList)>::descriptor());
    Kind::list_flags(flags);
    add_limit(command);
    on_run(command, context, [&context, &command, fill = flags.filler()] {
      RequestOf<decltype(Kind::kList)> request;
      fill(request);
      const auto response = list_pages(context, Kind::kList, request, limit_of(command), Kind::kPlural);
      if (context.options.json) {
        context.print_json(response);
        return kDone;
      }
      Table table(Kind::titles());
      const auto* things = response.GetDescriptor()->FindFieldByName(Kind::kPlural);
      for (const auto& thing : response.GetReflection()->template GetRepeatedFieldRef<Message>(response, things)) {
        table.add(Kind::row(thing));
      }
      table.print(context.out);
      say_if_more(context, response.next_page_token());
      return kDone;
    });
  }

  static void add_get(CLI::App& group, Context& context, const std::string& help) {
    CLI::App& command = add_command(group, "get", help, example("get " + std::string{Kind::kExampleId}));
    add_its_id(command, tr("Its identifier"));
    on_run(command, context, [&context, &command] {
      RequestOf<decltype(Kind::kGet)> request;
      set_id(request, command);
      auto response = context.call(Kind::kGet, request);
      if (context.options.json) {
        context.print_json(response);
      } else {
        print_details(context.out, Kind::details(resource_in(response)));
      }
      return kDone;
    });
  }

  static void add_create(CLI::App& group, Context& context, const std::string& help) {
    CLI::App& command = add_command(group, "create", help, example("create " + std::string{Kind::kExampleCreate}));
    add_its_id(command, tr("Its identifier: a-z, 0-9, dot, dash and underscore, up to 63 characters"));
    FieldFlags flags(command, Message::descriptor());
    Kind::bind(flags, true);
    on_run(command, context, [&context, &command, source = Kind::add_source(command), fill = flags.filler()] {
      RequestOf<decltype(Kind::kCreate)> request;
      Message& resource = resource_in(request);
      read_given(resource, source, fill);
      set_id(resource, command);
      set_tenant(request, command);
      Kind::complete(resource);
      return acknowledge(context, context.call(Kind::kCreate, request), say("{0} created.", id_of(command)));
    });
  }

  static void add_update(CLI::App& group, Context& context, const std::string& help) {
    CLI::App& command = add_command(group, "update", help, example("update " + std::string{Kind::kExampleUpdate}));
    add_its_id(command, tr("Its identifier"));
    FieldFlags flags(command, Message::descriptor());
    Kind::bind(flags, false);
    on_run(command, context, [&context, &command, source = Kind::add_source(command), fill = flags.filler()] {
      RequestOf<decltype(Kind::kUpdate)> request;
      *request.mutable_update_mask() = read_given(resource_in(request), source, fill);
      set_id(resource_in(request), command);
      set_tenant(request, command);
      if (request.update_mask().paths().empty()) throw UsageError(tr("nothing to change: give at least one flag"));
      return acknowledge(context, context.call(Kind::kUpdate, request), say("{0} updated.", id_of(command)));
    });
  }

  static void add_delete(CLI::App& group, Context& context, const std::string& help) {
    CLI::App& command = add_command(group, "delete", help, example("delete " + std::string{Kind::kExampleId}));
    add_its_id(command, tr("Its identifier"));
    on_run(command, context, [&context, &command] {
      RequestOf<decltype(Kind::kDelete)> request;
      set_id(request, command);
      return acknowledge(context, context.call(Kind::kDelete, request), say("{0} deleted.", id_of(command)));
    });
  }
};

}  // namespace muster::cli
