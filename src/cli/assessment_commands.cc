#include <algorithm>
#include <memory>
#include <ostream>

#include "command.h"
#include "duration.h"
#include "flags.h"
#include "i18n.h"
#include "muster/v1/assessment_service.grpc.pb.h"
#include "text.h"
#include "words.h"

namespace muster::cli {
namespace {

using Stub = v1::AssessmentService::Stub;

/// The language that the texts of instruments are asked for in: that of the command line.
std::string language() {
  // A word that both catalogues have tells which one is in use.
  return tr("en");
}

v1::Instrument instrument_named(Context& context, const std::string& id) {
  v1::GetInstrumentRequest request;
  request.set_instrument_id(id);
  request.set_language(language());
  return context.call(&Stub::GetInstrument, request).instrument();
}

void print_instrument(Context& context, const v1::Instrument& instrument) {
  print_details(context.out, {{tr("Instrument"), instrument.instrument_id()},
                              {tr("Title"), instrument.title()},
                              {tr("Version"), std::to_string(instrument.version())},
                              {tr("Description"), instrument.description()},
                              {tr("Advice only"), instrument.notice()},
                              {tr("Source and licence"), instrument.source()},
                              {tr("Purpose"), instrument.purpose()},
                              {tr("Version of the purpose"), std::to_string(instrument.purpose_version())}});
  context.out << '\n';
  for (const v1::InstrumentLabel& label : instrument.labels()) {
    context.out << "  " << label.value() << "  " << printable(label.text()) << '\n';
  }
  context.out << '\n';
  for (const v1::InstrumentItem& item : instrument.items()) {
    context.out << "  " << item.number() << ". " << printable(item.text()) << '\n';
  }
}

void add_instruments(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "instruments", tr("Lists the questionnaires that there are"),
                                  "  muster assessments instruments");
  on_run(command, context, [&context] {
    v1::ListInstrumentsRequest request;
    request.set_language(language());
    const auto response = context.call(&Stub::ListInstruments, request);
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    Table table({{tr("Instrument")}, {tr("Title")}, {tr("Description")}});
    for (const v1::Instrument& each : response.instruments()) {
      table.add({each.instrument_id(), each.title(), each.description()});
    }
    table.print(context.out);
    return kDone;
  });
}

void add_instrument(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "instrument", tr("Shows a questionnaire, its purpose and its items"),
                                  "  muster assessments instrument interests");
  add_id(command, tr("Identifier of the questionnaire"));
  on_run(command, context, [&context, &command] {
    const v1::Instrument instrument = instrument_named(context, id_of(command));
    if (context.options.json) {
      context.print_json(instrument);
    } else {
      print_instrument(context, instrument);
    }
    return kDone;
  });
}

void add_start(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "start", tr("Begins an assessment of yourself, with your consent"),
                                  "  muster assessments instrument interests\n"
                                  "  muster assessments start interests --consent 1");
  add_id(command, tr("Identifier of the questionnaire"));
  FieldFlags flags(command, v1::StartAssessmentRequest::descriptor());
  flags.add("--consent", "purpose_version", tr("You have read this version of the purpose, and consent to it"))
      ->required();
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::StartAssessmentRequest request;
    fill(request);
    request.set_instrument_id(id_of(command));
    request.set_consent(true);
    request.set_language(language());
    const auto response = context.call(&Stub::StartAssessment, request);
    return acknowledge(context, response, say("Assessment {0} begun.", response.assessment().assessment_id()));
  });
}

void add_answer(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "answer", tr("Saves answers, all or some"),
                                  "  muster assessments answer 7 --answer 1=4 --answer 2=0");
  add_id(command, tr("Number of the assessment"));
  FieldFlags flags(command, v1::SaveAssessmentAnswersRequest::descriptor());
  flags.add("--answer", "answers", tr("An item and what you say to it. Repeat it"))->required();
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::SaveAssessmentAnswersRequest request;
    fill(request);
    request.set_assessment_id(id_of(command));
    const auto response = context.call(&Stub::SaveAssessmentAnswers, request);
    return acknowledge(context, response, say("Saved: {0} items are answered.", response.answered_count()));
  });
}

void add_finish(CLI::App& group, Context& context) {
  CLI::App& command =
      add_command(group, "finish", tr("Finishes an assessment of yours"), "  muster assessments finish 7");
  add_id(command, tr("Number of the assessment"));
  on_run(command, context, [&context, &command] {
    v1::FinishAssessmentRequest request;
    request.set_assessment_id(id_of(command));
    return acknowledge(context, context.call(&Stub::FinishAssessment, request),
                       say("Assessment {0} finished. Only you see the result.", id_of(command)));
  });
}

std::string released_text(const v1::Assessment& assessment) {
  return assessment.released() ? tr("shown to staff") : tr("for yourself alone");
}

/// "Realistic 17, Social 12": the highest first.
std::string scores_text(const v1::Assessment& assessment, const v1::Instrument& instrument) {
  std::vector<v1::AssessmentScore> scores(assessment.scores().begin(), assessment.scores().end());
  std::stable_sort(scores.begin(), scores.end(), [](const auto& a, const auto& b) { return a.score() > b.score(); });
  std::vector<std::string> texts;
  for (const v1::AssessmentScore& score : scores) {
    for (const v1::InstrumentScale& scale : instrument.scales()) {
      if (scale.scale_id() != score.scale_id()) continue;
      texts.push_back(scale.title() + " " + std::to_string(score.score()) + "/" + std::to_string(scale.maximum()));
    }
  }
  return join(texts);
}

void add_get(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "get", tr("Shows an assessment and its result"), "  muster assessments get 7");
  add_id(command, tr("Number of the assessment"));
  on_run(command, context, [&context, &command] {
    v1::GetAssessmentRequest request;
    request.set_assessment_id(id_of(command));
    const auto response = context.call(&Stub::GetAssessment, request);
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    const v1::Assessment& assessment = response.assessment();
    const v1::Instrument instrument = instrument_named(context, assessment.instrument_id());
    print_details(context.out, {{tr("Assessment"), assessment.assessment_id()},
                                {tr("Title"), instrument.title()},
                                {tr("Member"), assessment.member_id()},
                                {tr("State"), word(assessment.state())},
                                {tr("Begun"), when(assessment.start_time())},
                                {tr("Finished"), assessment.has_finish_time() ? when(assessment.finish_time()) : ""},
                                {tr("Answers are deleted"), when(assessment.answers_delete_time())},
                                {tr("Result"), scores_text(assessment, instrument)},
                                {tr("Result is"), released_text(assessment)},
                                {tr("Advice only"), instrument.notice()}});
    return kDone;
  });
}

void add_list(CLI::App& group, Context& context) {
  CLI::App& command = add_command(group, "list", tr("Lists your assessments; for staff, what was released to them"),
                                  "  muster assessments list\n  muster assessments list --member li.na");
  FieldFlags flags(command, v1::ListAssessmentsRequest::descriptor());
  flags.add("--member", "member_id", tr("Only of this member"));
  add_limit(command);
  on_run(command, context, [&context, &command, fill = flags.filler()] {
    v1::ListAssessmentsRequest request;
    fill(request);
    const auto response = list_pages(context, &Stub::ListAssessments, request, limit_of(command), "assessments");
    if (context.options.json) {
      context.print_json(response);
      return kDone;
    }
    Table table(
        {{tr("Assessment")}, {tr("Member")}, {tr("Instrument")}, {tr("State")}, {tr("Begun")}, {tr("Result is")}});
    for (const v1::Assessment& each : response.assessments()) {
      table.add({each.assessment_id(), each.member_id(), each.instrument_id(), word(each.state()),
                 when(each.start_time()), released_text(each)});
    }
    table.print(context.out);
    say_if_more(context, response.next_page_token());
    return kDone;
  });
}

void add_release(CLI::App& group, Context& context, const std::string& name, const std::string& help, bool released) {
  CLI::App& command = add_command(group, name, help, "  muster assessments " + name + " 7");
  add_id(command, tr("Number of the assessment"));
  on_run(command, context, [&context, &command, released] {
    v1::ReleaseAssessmentRequest request;
    request.set_assessment_id(id_of(command));
    request.set_released(released);
    const auto response = context.call(&Stub::ReleaseAssessment, request);
    return acknowledge(context, response, say("{0}: {1}.", id_of(command), released_text(response.assessment())));
  });
}

void add_withdraw(CLI::App& group, Context& context) {
  CLI::App& command =
      add_command(group, "withdraw", tr("Withdraws your consent: all your answers and results are deleted at once"),
                  "  muster assessments withdraw");
  on_run(command, context, [&context] {
    const auto response = context.call(&Stub::WithdrawAssessmentConsent, v1::WithdrawAssessmentConsentRequest());
    return acknowledge(context, response, say("Deleted: {0} assessments.", response.assessment_count()));
  });
}

}  // namespace

void add_assessment_commands(CLI::App& program, Context& context) {
  CLI::App& group = add_group(program, "assessments", tr("What members find out about themselves, for themselves"),
                              "  muster assessments instrument interests\n"
                              "  muster assessments start interests --consent 1\n"
                              "  muster assessments get 7");
  add_instruments(group, context);
  add_instrument(group, context);
  add_start(group, context);
  add_answer(group, context);
  add_finish(group, context);
  add_list(group, context);
  add_get(group, context);
  add_release(group, context, "release", tr("Shows the result to staff"), true);
  add_release(group, context, "take-back", tr("Shows the result to staff no more"), false);
  add_withdraw(group, context);
}

}  // namespace muster::cli
