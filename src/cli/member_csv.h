#pragma once

#include <string>

#include "context.h"
#include "muster/v1/member_service.pb.h"

namespace muster::cli {

struct ImportOptions {
  std::string path;
  bool check = false;  ///< change nothing
  std::string report;  ///< CSV file to write; empty: none
};

/// Creates and changes members as a CSV file says, and tells what came of each row that was refused. The exit code is
/// that of a refusal if there was one.
int import_members(Context& context, const ImportOptions& options);

/// Writes the members that the request asks for, in the form that import_members() reads.
int export_members(Context& context, const v1::ListMembersRequest& request);

}  // namespace muster::cli
