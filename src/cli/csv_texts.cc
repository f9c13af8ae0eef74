#include "csv_texts.h"

#include "i18n.h"

namespace muster::cli {

csv::Texts csv_texts() {
  return {.unreadable = tr("{}: cannot be read: {}"),
          .empty = tr("{}: is empty"),
          .no_column = tr("{}:1: there is no column \"{}\""),
          .field_count = tr("{} fields, but the header has {}"),
          .no_number = tr("\"{}\" is not a number"),
          .below_zero = tr("{} is below 0"),
          .damaged = tr("the file is damaged: {}"),
          .line_too_long = tr("the line is too long"),
          .open_quote = tr("the quote is not closed"),
          .no_comma = tr("expected a comma")};
}

}  // namespace muster::cli
