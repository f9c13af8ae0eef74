#pragma once

#include "muster/csv/csv_reader.h"

namespace muster::cli {

/// What people are told of a file that cannot be used, in their language.
csv::Texts csv_texts();

}  // namespace muster::cli
