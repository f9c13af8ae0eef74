#include "member_csv.h"

#include <unistd.h>

#include <array>
#include <fstream>
#include <ostream>
#include <vector>

#include "command.h"
#include "csv_texts.h"
#include "csv_writer.h"
#include "error.h"
#include "i18n.h"
#include "muster/csv/csv_reader.h"
#include "muster/v1/member_service.grpc.pb.h"
#include "progress.h"

namespace muster::cli {
namespace {

using Stub = v1::MemberService::Stub;
using Result = v1::ImportMembersResponse::Result;

constexpr int kBatch = 1'000;
constexpr std::array kColumns{"member_id", "display_name", "engagement_type", "base_id",
                              "team_id",   "languages",    "time_zone"};
constexpr std::string_view kEngagementPrefix = "ENGAGEMENT_TYPE_";

std::string upper(std::string text) {
  for (char& c : text) c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  for (std::size_t to = 0; to <= text.size(); ++to) {
    if (to < text.size() && text[to] != at) continue;
    if (to > from) parts.push_back(text.substr(from, to - from));
    from = to + 1;
  }
  return parts;
}

/// Rows of a file as members.
class MemberRows {
 public:
  explicit MemberRows(const std::string& path) : csv_(path, csv_texts()) {
    for (const char* column : kColumns) {
      const bool needed = columns_.size() < 3;
      columns_.push_back(needed || csv_.has_column(column) ? csv_.column(column) : kNone);
    }
  }

  bool next() { return csv_.next(); }
  [[nodiscard]] std::size_t line() const { return csv_.line(); }

  [[nodiscard]] v1::Member member() const {
    v1::Member member;
    member.set_member_id(text(0));
    member.set_display_name(text(1));
    v1::EngagementType type{};
    if (!v1::EngagementType_Parse(std::string(kEngagementPrefix) + upper(text(2)), &type)) {
      csv_.fail(columns_[2], say("\"{0}\" is not one of {1}", text(2), types()));
    }
    member.set_engagement_type(type);
    member.set_base_id(text(3));
    member.set_team_id(text(4));
    for (const std::string& language : split(text(5), '|')) member.add_languages(language);
    member.set_time_zone(text(6));
    return member;
  }

 private:
  static constexpr std::size_t kNone = ~std::size_t{0};

  [[nodiscard]] std::string text(std::size_t column) const {
    return columns_[column] == kNone ? std::string() : csv_.text(columns_[column]);
  }
  static std::string types() { return "own_staff, outsourced, part_time, freelance, student, partner_base"; }

  csv::CsvReader csv_;
  std::vector<std::size_t> columns_;
};

const char* outcome_code(const Result& result) {
  switch (result.outcome()) {
    case Result::OUTCOME_CREATED:
      return "created";
    case Result::OUTCOME_UPDATED:
      return "updated";
    case Result::OUTCOME_UNCHANGED:
      return "unchanged";
    default:
      return "refused";
  }
}

/// What has come of an import so far.
class Import {
 public:
  Import(Context& context, const ImportOptions& options, std::int64_t total)
      : context_(context), options_(options), total_(total) {
    if (options.report.empty()) return;
    report_.open(options.report);
    if (!report_) throw UsageError(say("{0}: cannot be written", options.report));
    write_csv_row(report_, {"line", "member_id", "outcome", "error"});
  }

  void add(std::size_t line, v1::Member member) {
    lines_.push_back(line);
    *request_.add_members() = std::move(member);
    if (request_.members_size() == kBatch) send();
  }

  int finish() {
    if (request_.members_size() > 0) send();
    if (shows_progress()) context_.err << '\n';
    const std::string counts =
        say("{0} created, {1} updated, {2} unchanged, {3} refused.", created_, updated_, unchanged_, refused_);
    if (context_.options.json) {
      context_.print_json(all_);
    } else {
      context_.out << (options_.check ? say("Nothing was changed. Would be: {0}", counts) : counts) << '\n';
    }
    return refused_ > 0 ? kRefused : kDone;
  }

 private:
  [[nodiscard]] bool shows_progress() const { return !context_.options.json && isatty(STDERR_FILENO) != 0; }

  void send() {
    request_.set_validate_only(options_.check);
    const auto response = context_.call(&Stub::ImportMembers, request_);
    for (int i = 0; i < response.results_size(); ++i) take(i, response.results(i));
    done_ += request_.members_size();
    request_.Clear();
    lines_.clear();
    if (shows_progress()) context_.err << '\r' << progress_bar(done_, total_, 40) << std::flush;
  }

  void take(int i, const Result& result) {
    const std::size_t line = lines_[static_cast<std::size_t>(i)];
    const std::string& id = request_.members(i).member_id();
    switch (result.outcome()) {
      case Result::OUTCOME_CREATED:
        ++created_;
        break;
      case Result::OUTCOME_UPDATED:
        ++updated_;
        break;
      case Result::OUTCOME_UNCHANGED:
        ++unchanged_;
        break;
      default:
        ++refused_;
    }
    if (report_.is_open()) {
      write_csv_row(report_, {std::to_string(line), id, outcome_code(result), result.error().message()});
    }
    if (context_.options.json) *all_.add_results() = result;
    if (result.outcome() == Result::OUTCOME_UNSPECIFIED && !context_.options.json) {
      if (shows_progress()) context_.err << '\r';
      context_.err << fmt::format("{}:{}: {}: {}\n", options_.path, line, id, result.error().message());
    }
  }

  Context& context_;
  const ImportOptions& options_;
  const std::int64_t total_;
  std::ofstream report_;
  v1::ImportMembersRequest request_;
  std::vector<std::size_t> lines_;  // of the request's members
  v1::ImportMembersResponse all_;
  std::int64_t done_ = 0;
  int created_ = 0, updated_ = 0, unchanged_ = 0, refused_ = 0;
};

}  // namespace

int import_members(Context& context, const ImportOptions& options) {
  try {
    // Read through first: a file that cannot be read to its end changes nothing.
    std::int64_t total = 0;
    for (MemberRows rows(options.path); rows.next(); ++total) static_cast<void>(rows.member());
    Import import(context, options, total);
    for (MemberRows rows(options.path); rows.next();) import.add(rows.line(), rows.member());
    return import.finish();
  } catch (const csv::InputError& error) {
    throw UsageError(error.what());
  }
}

int export_members(Context& context, const v1::ListMembersRequest& wanted) {
  v1::ListMembersRequest request = wanted;
  write_csv_row(context.out, {kColumns.begin(), kColumns.end()});
  do {
    request.set_page_size(kBatch);
    const auto response = context.call(&Stub::ListMembers, request);
    for (const v1::Member& member : response.members()) {
      std::string languages;
      for (const std::string& language : member.languages()) languages += (languages.empty() ? "" : "|") + language;
      std::string type = v1::EngagementType_Name(member.engagement_type()).substr(kEngagementPrefix.size());
      for (char& c : type) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      write_csv_row(context.out, {member.member_id(), member.display_name(), type, member.base_id(), member.team_id(),
                                  languages, member.time_zone()});
    }
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return kDone;
}

}  // namespace muster::cli
