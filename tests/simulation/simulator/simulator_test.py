"""What muster-simulator must do: simulator_test.py RULE PROGRAM [BROKEN_RULES].

Each function is a rule, named as the ctest case that runs it.
"""

import re
import subprocess
import sys

SEEDS = 40
SEEDS_FOR_A_BUG = 400  # most bugs are caught within ten
SECONDS_FOR_A_BUG = 60


def play(program: str, *arguments: str, timeout: float = 280) -> subprocess.CompletedProcess:
    return subprocess.run([program, *arguments], capture_output=True, text=True, timeout=timeout)


def expect(holds: bool, run: subprocess.CompletedProcess) -> None:
    if not holds:
        sys.exit(f"exit code {run.returncode}\n{run.stdout}{run.stderr}")


def SeedsKeepTheInvariants(program: str) -> None:
    run = play(program, "--seeds", str(SEEDS))
    expect(run.returncode == 0 and f"{SEEDS} seeds, " in run.stdout.splitlines()[-1], run)


def TheSameSeedGivesTheSameRun(program: str) -> None:
    def lines() -> str:
        return re.sub(r"[\d.]+ s$", "", play(program, "--seeds", "1", "--first-seed", "11", "--trace").stdout.strip())
    first = lines()
    if "digest" not in first or first != lines():
        sys.exit("two runs of one seed differ")


def WrongUsageExitsWithTwo(program: str) -> None:
    for arguments in (["--seeds", "none"], ["--seeds", "0"], ["--no-such-option"]):
        run = play(program, *arguments)
        expect(run.returncode == 2, run)
    run = play(program, "--help")
    expect(run.returncode == 0 and "--first-seed" in run.stdout, run)


def CatchesTheBug(program: str, rules: str) -> None:
    """The bug breaks one of the rules, and the command printed shows it again."""
    run = play(program, "--seeds", str(SEEDS_FOR_A_BUG), timeout=SECONDS_FOR_A_BUG)
    said = run.stdout + run.stderr
    broken = re.search(r"^seed (\d+).*: rule ([\w-]+): .*$", said, re.MULTILINE)
    expect(run.returncode == 1 and broken is not None and broken.group(2) in rules.split("|"), run)
    print(broken.group(0))
    again = re.search(r"^play it again: (.*)$", said, re.MULTILINE)
    repeated = play(*again.group(1).split(), timeout=SECONDS_FOR_A_BUG)
    expect(broken.group(0) in repeated.stdout + repeated.stderr, repeated)


globals()[sys.argv[1]](*sys.argv[2:])
