#include "muster/csv/csv_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>

namespace muster::csv {
namespace {

constexpr std::size_t kLineMax = 64 * 1024;

template <class... Args>
std::string say(const std::string& pattern, const Args&... args) {
  return fmt::format(fmt::runtime(pattern), args...);
}

}  // namespace

CsvReader::CsvReader(std::string path, Texts texts)
    : path_(std::move(path)), texts_(std::move(texts)), file_(gzopen(path_.c_str(), "rb")) {
  if (!file_) throw InputError(say(texts_.unreadable, path_, std::strerror(errno)));
  if (!read_line()) throw InputError(say(texts_.empty, path_));
  split();
  header_ = fields_;
}

bool CsvReader::has_column(std::string_view name) const {
  return std::find(header_.begin(), header_.end(), name) != header_.end();
}

std::size_t CsvReader::column(std::string_view name) const {
  const auto found = std::find(header_.begin(), header_.end(), name);
  if (found == header_.end()) {
    throw InputError(say(texts_.no_column, path_, name));
  }
  return static_cast<std::size_t>(found - header_.begin());
}

bool CsvReader::next() {
  do {
    if (!read_line()) return false;
  } while (line_.empty());
  split();
  if (fields_.size() != header_.size()) {
    fail_at(1, say(texts_.field_count, fields_.size(), header_.size()));
  }
  return true;
}

double CsvReader::number(std::size_t column) const {
  const std::string& field = fields_[column];
  double value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (error != std::errc() || end != field.data() + field.size() || !std::isfinite(value)) {
    fail(column, say(texts_.no_number, field));
  }
  return value;
}

double CsvReader::span(std::size_t column) const {
  const double value = number(column);
  if (value < 0) fail(column, say(texts_.below_zero, value));
  return value;
}

void CsvReader::fail(std::size_t column, std::string_view message) const {
  fail_at(positions_[column], fmt::format("{}: {}", header_[column], message));
}

void CsvReader::fail_at(std::size_t position, std::string_view message) const {
  throw InputError(fmt::format("{}:{}:{}: {}", path_, line_number_, position, message));
}

bool CsvReader::read_line() {
  line_.resize(kLineMax);
  const bool got = gzgets(file_.get(), line_.data(), static_cast<int>(kLineMax)) != nullptr;
  ++line_number_;
  int error = Z_OK;
  const char* message = gzerror(file_.get(), &error);
  // A plain file gives Z_OK at its end; a cut-off compressed one gives Z_BUF_ERROR.
  if (error != Z_OK) throw InputError(say(texts_.damaged, message));
  if (!got) return false;
  line_.resize(std::strlen(line_.data()));
  if (line_.size() == kLineMax - 1) fail_at(kLineMax, say(texts_.line_too_long));
  while (!line_.empty() && (line_.back() == '\n' || line_.back() == '\r')) line_.pop_back();
  return true;
}

void CsvReader::split() {
  fields_.clear();
  positions_.clear();
  std::size_t at = 0;
  while (true) {
    positions_.push_back(at + 1);
    std::string field;
    if (at < line_.size() && line_[at] == '"') {
      for (++at;; ++at) {
        if (at >= line_.size()) fail_at(positions_.back(), say(texts_.open_quote));
        if (line_[at] != '"') {
          field += line_[at];
        } else if (at + 1 < line_.size() && line_[at + 1] == '"') {
          field += line_[++at];
        } else {
          break;
        }
      }
      ++at;
      if (at < line_.size() && line_[at] != ',') fail_at(at + 1, say(texts_.no_comma));
    } else {
      const std::size_t end = std::min(line_.find(',', at), line_.size());
      field = line_.substr(at, end - at);
      at = end;
    }
    fields_.push_back(std::move(field));
    if (at >= line_.size()) return;
    ++at;  // the comma
  }
}

}  // namespace muster::csv
