#include "paper.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <set>
#include <stdexcept>
#include <utility>

namespace muster::academy {
namespace {

constexpr std::size_t kSeedBytes = 32;
using Place = std::array<unsigned char, 16>;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string key_of(const std::string& seed) {
  std::string key(kSeedBytes, '\0');
  std::size_t length = 0;
  const int failed = sodium_hex2bin(reinterpret_cast<unsigned char*>(key.data()), key.size(), seed.data(), seed.size(),
                                    nullptr, &length, nullptr);
  if (failed != 0 || length != kSeedBytes) throw std::invalid_argument("not a seed");
  return key;
}

/// Where a thing stands in an order that the seed decides. Things of different names stand apart.
Place place(const std::string& key, const std::string& name) {
  Place hash{};
  crypto_generichash(hash.data(), hash.size(), bytes_of(name), name.size(), bytes_of(key), key.size());
  return hash;
}

std::string name_of(std::string_view what, std::int64_t question_id) {
  return std::string(what) + ":" + std::to_string(question_id);
}

void shuffle(const std::string& key, std::string_view what, std::vector<Drawn>& questions) {
  std::vector<std::pair<Place, Drawn>> placed;
  placed.reserve(questions.size());
  for (const Drawn& each : questions) placed.emplace_back(place(key, name_of(what, each.question_id)), each);
  std::sort(placed.begin(), placed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::transform(placed.begin(), placed.end(), questions.begin(), [](const auto& each) { return each.second; });
}

void by_number(std::vector<Drawn>& questions) {
  std::sort(questions.begin(), questions.end(),
            [](const Drawn& a, const Drawn& b) { return a.question_id < b.question_id; });
}

/// Those of the section's pool that come first by the seed and are not taken yet.
std::vector<Drawn> draw_section(const std::string& key, const Section& section, std::set<std::int64_t>& taken) {
  std::vector<Drawn> pool = section.pool;
  std::erase_if(pool, [&](const Drawn& each) { return taken.contains(each.question_id); });
  shuffle(key, "draw", pool);
  pool.resize(std::min(section.count, pool.size()));
  for (const Drawn& each : pool) taken.insert(each.question_id);
  return pool;
}

bool has_options(const v1::Question& question) { return question.kind() != v1::QUESTION_KIND_TRUE_FALSE; }

}  // namespace

std::string new_seed() {
  if (sodium_init() < 0) throw std::runtime_error("libsodium cannot be started");
  std::array<unsigned char, kSeedBytes> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  std::string hex(2 * kSeedBytes + 1, '\0');
  sodium_bin2hex(hex.data(), hex.size(), bytes.data(), bytes.size());
  hex.pop_back();
  return hex;
}

std::optional<Shortage> shortage(const std::vector<Section>& sections) {
  std::map<std::string, std::size_t> wanted;
  for (const Section& section : sections) {
    const std::size_t want = wanted[section.bank_id] += section.count;
    if (want > section.pool.size()) return Shortage{section.bank_id, section.pool.size(), want};
  }
  return std::nullopt;
}

std::optional<std::vector<Drawn>> draw(const std::string& seed, const std::vector<Section>& sections, bool keep_order) {
  if (shortage(sections)) return std::nullopt;
  const std::string key = key_of(seed);
  std::vector<Drawn> paper;
  std::set<std::int64_t> taken;
  for (const Section& section : sections) {
    std::vector<Drawn> questions = draw_section(key, section, taken);
    if (keep_order) by_number(questions);
    paper.insert(paper.end(), questions.begin(), questions.end());
  }
  if (!keep_order) shuffle(key, "paper", paper);
  return paper;
}

std::vector<int> option_order(const std::string& seed, const v1::Question& question, bool keep_order) {
  std::vector<int> order(static_cast<std::size_t>(has_options(question) ? question.options_size() : 2));
  std::iota(order.begin(), order.end(), 0);
  if (keep_order || !has_options(question)) return order;
  const std::string key = key_of(seed);
  const std::string name = name_of("option", std::stoll(question.question_id()));
  std::vector<Place> places;
  for (const int i : order) places.push_back(place(key, name + ":" + std::to_string(i)));
  std::sort(order.begin(), order.end(),
            [&](int a, int b) { return places[static_cast<std::size_t>(a)] < places[static_cast<std::size_t>(b)]; });
  return order;
}

std::string paper_option_id(const v1::Question& question, int i) {
  if (!has_options(question)) return i == 0 ? "true" : "false";
  return std::string(1, static_cast<char>('a' + i));
}

v1::PaperQuestion shown(const v1::Question& question, const std::vector<int>& order, int number) {
  v1::PaperQuestion paper;
  paper.set_number(number);
  paper.set_kind(question.kind());
  paper.set_text(question.text());
  paper.set_points(question.points());
  for (int i = 0; i < static_cast<int>(order.size()); ++i) {
    v1::QuestionOption& option = *paper.add_options();
    option.set_option_id(paper_option_id(question, i));
    option.set_text(has_options(question) ? question.options(order[static_cast<std::size_t>(i)]).text()
                                          : option.option_id());
  }
  return paper;
}

}  // namespace muster::academy
