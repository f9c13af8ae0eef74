#pragma once

#include <zlib.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace muster::csv {

/// A file that cannot be used. what() names file, line and column where there are any.
class InputError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What people are told, in their language: patterns of fmt, with the places that these have.
struct Texts {
  std::string unreadable = "{}: cannot be read: {}";
  std::string empty = "{}: is empty";
  std::string no_column = "{}:1: there is no column \"{}\"";
  std::string field_count = "{} fields, but the header has {}";
  std::string no_number = "\"{}\" is not a number";
  std::string below_zero = "{} is below 0";
  std::string damaged = "the file is damaged: {}";
  std::string line_too_long = "the line is too long";
  std::string open_quote = "the quote is not closed";
  std::string no_comma = "expected a comma";
};

/// Reads a comma-separated file with a header line, plain or gzip-compressed, row by row. Fields may be quoted
/// (RFC 4180) but not run over a line's end. Lines of up to 64 KiB.
///
/// Debian's only C or C++ library for this, libcsv, does not tell where in the file a field stands, which is what a
/// person needs to mend one.
class CsvReader {
 public:
  /// Opens the file and reads the header. Throws InputError.
  explicit CsvReader(std::string path, Texts texts = {});

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

  /// The line of the present row, counted from 1.
  [[nodiscard]] std::size_t line() const { return line_number_; }
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
  Texts texts_;
  std::unique_ptr<gzFile_s, Close> file_;
  std::size_t line_number_ = 0;
  std::string line_;
  std::vector<std::string> header_;
  std::vector<std::string> fields_;
  std::vector<std::size_t> positions_;  ///< where each field begins in the line, counted from 1
};

}  // namespace muster::csv
