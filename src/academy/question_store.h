#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "muster/base/time.h"
#include "muster/store/sql.h"
#include "muster/store/tenant_pool.h"
#include "muster/v1/exam.pb.h"
#include "paper.h"

/// The tables of questions. REQUIRES everywhere: a transaction of the platform. All throw pqxx::failure.
namespace muster::academy {

using store::Page;
using store::PageRequest;
using store::TenantTransaction;

std::optional<v1::QuestionBank> find_bank(TenantTransaction& t, const std::string& bank_id);
/// False if there is one already.
bool insert_bank(TenantTransaction& t, const v1::QuestionBank& bank, TimePoint now);
void update_bank(TenantTransaction& t, const v1::QuestionBank& bank);
Page<v1::QuestionBank> list_banks(TenantTransaction& t, const PageRequest& page);

/// Its newest version. Locked until the end of the transaction.
std::optional<v1::Question> find_question(TenantTransaction& t, std::int64_t question_id);
/// Gives its number. REQUIRES: the bank exists.
std::int64_t insert_question(TenantTransaction& t, const v1::Question& question);
/// REQUIRES: its version is one above the newest.
void insert_version(TenantTransaction& t, std::int64_t question_id, const v1::Question& question);
void retire_question(TenantTransaction& t, std::int64_t question_id, TimePoint now);
/// Newest versions. `bank_id` empty: of any.
Page<v1::Question> list_questions(TenantTransaction& t, const std::string& bank_id, bool include_retired,
                                  const PageRequest& page);

/// What can be drawn from a bank, in the order of creation.
std::vector<Drawn> pool_of(TenantTransaction& t, const std::string& bank_id);
/// These versions, in this order. REQUIRES: all exist.
std::vector<v1::Question> questions_of(TenantTransaction& t, const std::vector<Drawn>& paper);

}  // namespace muster::academy
