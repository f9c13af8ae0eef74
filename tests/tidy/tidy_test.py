"""Each rule of tidy.py catches its breach and lets the rest be."""

import unittest

import tidy


def rules(path: str, text: str, existing: tuple[str, ...] = ()) -> list[str]:
    return [breach.rule for breach in tidy.check(path, text, lambda other: other in existing)]


def include(path: str, header: str, existing: tuple[str, ...] = ()) -> list[str]:
    return rules(path, f"#include {header}\n", existing)


class Directions(unittest.TestCase):
    def test_lower_modules_may_be_included_and_higher_ones_not(self):
        order = ["base", "dispatch", "journal", "node", "api", "members", "gateway", "musterd"]
        for low_index, low in enumerate(order):
            for high in order[low_index + 1:]:
                self.assertEqual(include(f"include/muster/{high}/a.h", f'"muster/{low}/b.h"'), [], f"{high} -> {low}")
                self.assertEqual(include(f"src/{low}/a.cc", f'"muster/{high}/b.h"'), ["direction"], f"{low} -> {high}")

    def test_modules_of_one_layer_do_not_know_each_other(self):
        self.assertEqual(include("src/dispatch/a.cc", '"muster/kpi/board.h"'), ["direction"])
        self.assertEqual(include("src/journal/a.cc", '"muster/store/pool.h"'), ["direction"])
        self.assertEqual(include("src/workforce/a.cc", '"muster/dispatch/event.h"'), ["direction"])

    def test_kpi_may_read_events_and_images_but_not_the_engine(self):
        self.assertEqual(include("src/kpi/a.cc", '"muster/dispatch/event.h"'), [])
        self.assertEqual(include("src/kpi/a.cc", '"muster/dispatch/state.h"'), [])
        self.assertEqual(include("include/muster/kpi/a.h", '"muster/dispatch/types.h"'), [])
        self.assertEqual(include("src/kpi/a.cc", '"muster/dispatch/engine.h"'), ["direction"])

    def test_slices_meet_through_public_headers(self):
        self.assertEqual(include("src/campaigns/a.cc", '"muster/members/member.h"'), [])
        theirs = ("src/members/member_rules.h",)
        self.assertEqual(include("src/campaigns/a.cc", '"member_rules.h"', theirs), ["private"])
        self.assertEqual(include("src/campaigns/a.cc", '"../members/member_rules.h"'), ["private"])

    def test_clients_know_the_api_and_base_alone(self):
        for client in ("cli", "sim"):
            self.assertEqual(include(f"src/{client}/a.cc", '"muster/v1/contact.pb.h"'), [])
            self.assertEqual(include(f"src/{client}/a.cc", '"muster/base/time.h"'), [])
            self.assertEqual(include(f"src/{client}/a.cc", '"muster/dispatch/types.h"'), ["direction"])
            self.assertEqual(include("src/musterd/a.cc", f'"muster/{client}/a.h"'), ["direction"])
        self.assertEqual(include("src/sim/a.cc", '"muster/cli/a.h"'), ["direction"])

    def test_api_messages_stay_out_of_the_engine_and_the_journal(self):
        for module in ("base", "dispatch", "kpi", "journal", "store"):
            self.assertEqual(include(f"src/{module}/a.cc", '"muster/v1/contact.pb.h"'), ["direction"])
        self.assertEqual(include("src/node/a.cc", '"muster/v1/contact.pb.h"'), [])

    def test_stored_formats_are_the_journals_own(self):
        self.assertEqual(include("src/journal/a.cc", '"muster/journal/v1/event.pb.h"'), [])
        self.assertEqual(include("src/node/a.cc", '"muster/journal/v1/event.pb.h"'), ["direction"])


class Headers(unittest.TestCase):
    def test_pure_modules_use_the_standard_library_alone(self):
        for module in ("base", "dispatch", "kpi", "workforce"):
            self.assertEqual(include(f"src/{module}/a.cc", "<vector>"), [])
            for header in ("<poll.h>", "<boost/asio.hpp>", "<google/protobuf/message.h>"):
                self.assertEqual(include(f"src/{module}/a.cc", header), ["pure"], header)
        for header in ("<spdlog/spdlog.h>", '"google/rpc/status.pb.h"'):
            self.assertEqual(include("src/node/a.cc", header), [])
        self.assertEqual(include("src/dispatch/a.cc", '"google/rpc/status.pb.h"'), ["pure"])

    def test_postgres_is_used_by_journal_store_and_store_files_alone(self):
        for path in ("src/journal/a.cc", "src/store/a.cc", "src/members/member_store.cc"):
            self.assertEqual(include(path, "<pqxx/pqxx>"), [], path)
            self.assertEqual(include(path, "<libpq-fe.h>"), [], path)
        for path in ("src/node/node.cc", "src/members/member.cc", "include/muster/members/member_store.h"):
            self.assertEqual(include(path, "<pqxx/pqxx>"), ["postgres"], path)

    def test_private_headers_lie_beside_the_file(self):
        self.assertEqual(include("src/node/a.cc", '"b.h"', ("src/node/b.h",)), [])
        self.assertEqual(include("src/node/a.cc", '"b.h"'), ["private"])
        self.assertEqual(include("include/muster/node/a.h", '"b.h"', ("include/muster/node/b.h",)), ["private"])

    def test_tests_may_include_what_they_test(self):
        self.assertEqual(include("tests/unit/dispatch/a_test.cc", "<gtest/gtest.h>"), [])


class Determinism(unittest.TestCase):
    BREACHES = [
        "auto now = std::chrono::steady_clock::now();",
        "auto now = wall_now();",
        "auto now = time(nullptr);",
        "std::mutex mutex;",
        "std::thread worker;",
        "thread_local int cache;",
        "std::random_device seed;",
        "std::uniform_int_distribution<int> dice(1, 6);",
        "int dice = rand() % 6;",
        "double score = 0;",
        "const float share = 1;",
        "std::locale::global(x);",
        'const char* home = std::getenv("HOME");',
        "std::map<Agent*, int> loads;",
        "std::set<const Agent*> idle;",
        'spdlog::info("x");',
        'std::cout << "x";',
        'printf("x");',
    ]

    def test_each_source_of_chance_is_caught(self):
        for line in self.BREACHES:
            for path in ("src/dispatch/a.cc", "src/kpi/a.cc", "include/muster/dispatch/a.h"):
                self.assertEqual(rules(path, line + "\n"), ["determinism"], line)

    def test_other_modules_may(self):
        for line in self.BREACHES:
            self.assertEqual(rules("src/node/a.cc", line + "\n"), [], line)

    def test_words_in_comments_and_texts_are_not_code(self):
        self.assertEqual(rules("src/dispatch/a.cc", "int a;  // no double, no clock(), no spdlog\n"), [])
        self.assertEqual(rules("src/dispatch/a.cc", "/* std::thread\n   float */ int a;\n"), [])
        self.assertEqual(rules("src/dispatch/a.cc", 'auto text = "double time()";\n'), [])

    def test_similar_words_are_let_be(self):
        similar = ["auto t = queue_time(x);", "TimePoint time = now;", "std::map<int, Agent*> by_id;", "doubled = a;"]
        for line in similar:
            self.assertEqual(rules("src/dispatch/a.cc", line + "\n"), [], line)

    def test_walking_what_has_no_order_is_caught_and_looking_up_is_not(self):
        member = "std::unordered_map<int, std::vector<int>> by_id_;\n"
        self.assertEqual(rules("src/dispatch/a.cc", member + "auto it = by_id_.find(7);\n"), [])
        self.assertEqual(rules("src/dispatch/a.cc", member + "for (auto& [id, v] : by_id_) f(v);\n"), ["determinism"])
        self.assertEqual(rules("src/dispatch/a.cc", member + "auto it = by_id_.begin();\n"), ["determinism"])
        self.assertEqual(rules("src/dispatch/a.cc", "std::vector<int> a;\nfor (int x : a) f(x);\n"), [])

    def test_a_reason_beside_the_line_excuses_it(self):
        line = "double share = 0;"
        self.assertEqual(rules("src/kpi/a.cc", line + "  // tidy: shown to people, decides nothing\n"), [])
        self.assertEqual(rules("src/kpi/a.cc", line + "  // tidy:\n"), ["determinism"])


class Roles(unittest.TestCase):
    def test_what_members_find_out_about_themselves_is_read_in_one_file_alone(self):
        line = 'sql.exec("SET LOCAL ROLE muster_assessor");\n'
        self.assertEqual(rules("src/academy/assessment_store.cc", line), [])
        for path in ("src/members/tiers.cc", "src/certification/certify.cc", "src/academy/assessments.cc"):
            self.assertEqual(rules(path, line), ["role"], path)


class Look(unittest.TestCase):
    def test_lines_have_a_bound(self):
        self.assertEqual(rules("src/node/a.cc", "x" * 120 + "\n"), [])
        self.assertEqual(rules("src/node/a.cc", "x" * 121 + "\n"), ["length"])
        self.assertEqual(rules("src/node/a.cc", "派" * 120 + "\n"), [])
        self.assertEqual(rules("docs/a.md", "x" * 500 + "\n"), [])

    def test_leftover_markers_are_caught_everywhere(self):
        for word in ("TO" + "DO", "FIX" + "ME", "XX" + "X"):
            self.assertEqual(rules("src/node/a.cc", f"// {word}: later\n"), ["leftover"])
            self.assertEqual(rules("docs/a.md", f"{word} later\n"), ["leftover"])


if __name__ == "__main__":
    unittest.main()
