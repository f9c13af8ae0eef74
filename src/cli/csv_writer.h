#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace muster::cli {

/// A line of comma-separated values, quoted where RFC 4180 asks for it.
void write_csv_row(std::ostream& out, const std::vector<std::string>& fields);

}  // namespace muster::cli
