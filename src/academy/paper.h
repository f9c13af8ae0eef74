#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "muster/v1/exam.pb.h"

/// Papers of exams. Everything that is left to chance follows from the attempt's seed by a keyed hash (BLAKE2b), so
/// that a paper can be made again, and nobody who has seen some of it can tell the rest.
namespace muster::academy {

/// 256 bits that nobody can guess, in hex.
std::string new_seed();

/// A version of a question.
struct Drawn {
  std::int64_t question_id = 0;
  int version = 1;
  bool operator==(const Drawn&) const = default;
};

/// What a section of an exam draws from, and how much.
struct Section {
  std::string bank_id;
  std::size_t count = 0;
  std::vector<Drawn> pool;  ///< of one bank it is the same in all sections
};

/// The questions of a paper, none twice. Without `keep_order` all are shuffled; with it sections follow each other, and
/// in each the questions are in the order of their numbers. Nothing if a bank has too few. What is drawn does not
/// depend on the order of the pools.
std::optional<std::vector<Drawn>> draw(const std::string& seed, const std::vector<Section>& sections, bool keep_order);

/// The first bank that has too few questions for all that is drawn from it.
struct Shortage {
  std::string bank_id;
  std::size_t have = 0;
  std::size_t want = 0;
};
std::optional<Shortage> shortage(const std::vector<Section>& sections);

/// Which of a question's options stands where: element i is the index of the option that is shown as number i.
std::vector<int> option_order(const std::string& seed, const v1::Question& question, bool keep_order);

/// The identifier of the option that is shown as number i: "a", "b" and so on; "true" and "false" where there are no
/// others.
std::string paper_option_id(const v1::Question& question, int i);

/// The question as it is asked: without what is right, nor anything of it.
v1::PaperQuestion shown(const v1::Question& question, const std::vector<int>& order, int number);

}  // namespace muster::academy
