#pragma once

#include <zlib.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "workload.h"

namespace muster::sim {

/// Reads a comma-separated file with a header line, plain or gzip-compressed, row by row. Fields may be quoted
/// (RFC 4180) but not run over a line's end. Lines of up to 64 KiB.
///
/// Debian's only C or C++ library for this, libcsv, does not tell where in the file a field stands, which is what a
/// person needs to mend one.
class CsvReader {
 public:
  /// Opens the file and reads the header. Throws InputError.
  explicit CsvReader(std::string path);

  /// Where a column of the header stands. Throws InputError if there is none of this name.
  std::size_t column(std::string_view name) const;
  bool has_column(std::string_view name) const;

  /// Moves on to the next row; false at the end. Blank lines are skipped. Throws InputError if the row has another
  /// number of fields than the header, or the file is damaged.
  bool next();

  /// A field of the present row.
  const std::string& text(std::size_t column) const { return fields_[column]; }
  /// A field as a number; an empty one is an error. Throws InputError.
  double number(std::size_t column) const;
  /// As number, but not below 0.
  double span(std::size_t column) const;

  /// Throws an InputError that points at a field of the present row.
  [[noreturn]] void fail(std::size_t column, std::string_view message) const;

 private:
  struct Close {
    void operator()(gzFile file) const { gzclose(file); }
  };

  bool read_line();
  void split();
  [[noreturn]] void fail_at(std::size_t position, std::string_view message) const;

  std::string path_;
  std::unique_ptr<gzFile_s, Close> file_;
  std::size_t line_number_ = 0;
  std::string line_;
  std::vector<std::string> header_;
  std::vector<std::string> fields_;
  std::vector<std::size_t> positions_;  ///< where each field begins in the line, counted from 1
};

}  // namespace muster::sim
