"""Checks the rules that no compiler checks: who may include whom, what the engine must not use, how files look.

    tidy.py WORK_TREE

Prints one line per breach and exits with 1 if there is any. docs/architecture.md argues the rules.

A line that breaks a determinism rule with good reason says why in a comment at its end: `// tidy: the reason`.
"""

import re
import sys
from pathlib import Path
from typing import Callable, Iterator, NamedTuple

LINE_LENGTH_MAX = 120

# A module may include the public headers of modules with a lower layer, and its own. Folders of src/ not named here
# are back-office slices.
LAYERS = {
    "base": 0,
    "client": 1,
    "http_client": 1,
    "csv": 1,
    "dispatch": 1, "kpi": 1, "workforce": 1,
    "journal": 2, "store": 2,
    "node": 3,
    "api": 4,
    "gateway": 6, "metrics": 6,
    "musterd": 7,
}
SLICE_LAYER = 5  # slices may also include each other's public headers

# Programs that know a server only by its API; what they share is in client.
CLIENTS = {"cli", "sim"}

# What a module may include beyond the rule above.
EXTRA_HEADERS = {"kpi": {f"muster/dispatch/{name}.h" for name in ("event", "state", "types")}}

# Nothing but the standard library and modules below.
PURE_MODULES = {"base", "dispatch", "kpi", "workforce"}

# Same commands, same times, same events: on every machine, in every run.
DETERMINISTIC_MODULES = {"dispatch", "kpi"}
NONDETERMINISTIC = [
    (r"_clock\b|\bwall_now\b|\b(time|clock|gettimeofday|clock_gettime|localtime|gmtime)\s*\(", "reads a clock"),
    (r"\bstd::(j?thread|async|mutex|shared_mutex|condition_variable|atomic)\b|\bthread_local\b", "uses threads"),
    (r"\brandom_device\b|\bstd::mt19937|\bstd::\w+_distribution\b|\bs?rand\s*\(", "uses a random source"),
    (r"\bfloat\b|\bdouble\b", "uses floating point"),
    (r"\bstd::locale\b|\bsetlocale\b|\bgetenv\b", "depends on its surroundings"),
    (r"\bstd::(unordered_)?(map|set|multimap|multiset)<\s*(const\s+)?[\w:]+(\s+const)?\s*\*", "has pointers as keys"),
    (r"\bspdlog\b|\bstd::c(out|err|log)\b|\bf?printf\s*\(", "writes output"),
]
# The role of PostgreSQL that may touch what members find out about themselves, and who may take it on: nothing that
# routes, certifies or ranks gets to see it.
ASSESSOR_ROLE, ASSESSOR_FILE = "muster_assessor", "src/academy/assessment_store.cc"
UNORDERED_NAME = re.compile(r"\bstd::unordered_\w+<.*>\s+(\w+)\s*[;={]")
REASON = re.compile(r"//\s*tidy: \S.{8,}$")

LEFTOVER = re.compile(r"\b(" + "|".join(["TO" "DO", "FIX" "ME", "XX" "X", "HA" "CK"]) + r")\b")
NOT_CODE = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|(?<!\w)\'(?:\\.|[^\'\\\n])\'', re.DOTALL)
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
STANDARD_HEADER = re.compile(r"[a-z_]+$")  # <vector>, but neither <poll.h> nor <boost/asio.hpp>
CODE_SUFFIXES = {".cc", ".h", ".proto", ".py", ".sql", ".sh", ".cmake", ".ts"}
TEXT_SUFFIXES = CODE_SUFFIXES | {".md", ".txt", ".toml", ".yaml", ".json", ".po"}
FOLDERS = ("src", "include", "tests", "proto", "cmake", "deploy", "docs", ".ci")


class Breach(NamedTuple):
    path: str
    line: int
    rule: str
    text: str


def layer(module: str) -> int:
    return LAYERS.get(module, SLICE_LAYER)


def module_of(path: str) -> str | None:
    """The module that a file of src/ or include/muster/ belongs to."""
    parts = path.split("/")
    if parts[0] == "src" and len(parts) > 2:
        return parts[1]
    if parts[:2] == ["include", "muster"] and len(parts) > 3:
        return parts[2]
    return None


def without_comments_and_texts(text: str) -> str:
    """The code alone, line for line: comments, literals of texts and of characters are blanked."""
    def blank(match: re.Match) -> str:
        return re.sub(r"[^\n]", " ", match.group())
    return NOT_CODE.sub(blank, text)


def may_include(module: str, header: str) -> bool:
    """Whether `module` may include "muster/..."."""
    if header in EXTRA_HEADERS.get(module, ()):
        return True
    target = header.split("/")[1]
    if header.startswith("muster/v1/"):
        return module in CLIENTS or layer(module) >= LAYERS["node"]
    if header.startswith("muster/journal/v1/"):
        return module == "journal"
    if module in CLIENTS:
        return target in {module, "base", "client", "csv"}
    if target == module:
        return True
    if layer(module) == SLICE_LAYER and layer(target) == SLICE_LAYER:
        return True
    return target not in CLIENTS and layer(target) < layer(module)


def touches_postgres(header: str) -> bool:
    return header.startswith("pqxx/") or header.startswith("libpq")


def check_library(path: str, number: int, module: str, header: str) -> Iterator[Breach]:
    if module in PURE_MODULES:
        yield Breach(path, number, "pure", f"{header}: {module} uses the standard library alone")


def check_includes(path: str, text: str, exists: Callable[[str], bool]) -> Iterator[Breach]:
    module = module_of(path)
    if module is None:
        return
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        quote, header = match.groups()
        if touches_postgres(header):
            is_store = path.startswith("src/") and re.search(r"_store\.(cc|h)$", path)
            if module not in {"journal", "store"} and not is_store:
                yield Breach(path, number, "postgres", f"<{header}>: only journal, store and *_store.cc use PostgreSQL")
        elif quote == "<":
            if not STANDARD_HEADER.match(header):
                yield from check_library(path, number, module, header)
        elif header.startswith("google/"):
            yield from check_library(path, number, module, header)
        elif header.startswith("muster/"):
            if not may_include(module, header):
                yield Breach(path, number, "direction", f'"{header}": {module} may not include it')
        elif path.startswith("include/"):
            yield Breach(path, number, "private", f'"{header}": public headers include public headers only')
        elif "/" in header or not exists(path.rsplit("/", 1)[0] + "/" + header):
            yield Breach(path, number, "private", f'"{header}": private headers lie beside the file that includes them')


def check_determinism(path: str, text: str) -> Iterator[Breach]:
    if module_of(path) not in DETERMINISTIC_MODULES:
        return
    code = without_comments_and_texts(text)
    unordered = set(UNORDERED_NAME.findall(code))
    for number, (line, whole) in enumerate(zip(code.splitlines(), text.splitlines()), 1):
        if REASON.search(whole):
            continue
        for pattern, why in NONDETERMINISTIC:
            if re.search(pattern, line):
                yield Breach(path, number, "determinism", why)
        walked = re.search(r"\bfor\s*\(.*[^:]:\s*(?:\w+(?:\.|->))*(\w+)\s*\)", line)
        begun = re.search(r"\b(\w+)(?:\.|->)c?begin\s*\(", line)
        for match in (walked, begun):
            if match and match.group(1) in unordered:
                yield Breach(path, number, "determinism", f"walks {match.group(1)}, which has no order")


def check_roles(path: str, text: str) -> Iterator[Breach]:
    if module_of(path) is None or path == ASSESSOR_FILE:
        return
    for number, line in enumerate(text.splitlines(), 1):
        if ASSESSOR_ROLE in line:
            yield Breach(path, number, "role", f"{ASSESSOR_ROLE} is for {ASSESSOR_FILE} alone")


def check_look(path: str, text: str) -> Iterator[Breach]:
    suffix = Path(path).suffix
    for number, line in enumerate(text.splitlines(), 1):
        if suffix in CODE_SUFFIXES and len(line) > LINE_LENGTH_MAX:
            yield Breach(path, number, "length", f"{len(line)} characters; at most {LINE_LENGTH_MAX}")
        if LEFTOVER.search(line):
            yield Breach(path, number, "leftover", line.strip())


def check(path: str, text: str, exists: Callable[[str], bool]) -> list[Breach]:
    breaches = list(check_look(path, text))
    if Path(path).suffix in {".cc", ".h"}:
        breaches += check_includes(path, text, exists)
        breaches += check_determinism(path, text)
        breaches += check_roles(path, text)
    return breaches


def files(root: Path) -> Iterator[Path]:
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            is_text = path.suffix in TEXT_SUFFIXES or path.name == "CMakeLists.txt" or path.suffix == ""
            if is_text and path.is_file() and "node_modules" not in path.parts and "data" not in path.parts:
                yield path
    for name in ("CMakeLists.txt", "README.md", "README.zh-CN.md", "CHANGELOG.md"):
        if (root / name).exists():
            yield root / name


def main(root: Path) -> int:
    checked = 0
    breaches = []
    for path in files(root):
        checked += 1
        name = path.relative_to(root).as_posix()
        breaches += check(name, path.read_text(encoding="utf-8"), lambda other: (root / other).exists())
    for breach in breaches:
        print(f"{breach.path}:{breach.line}: {breach.rule}: {breach.text}")
    print(f"{checked} files, {len(breaches)} breaches")
    return 1 if breaches or checked == 0 else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
