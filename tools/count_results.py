#!/usr/bin/env python3
"""Sums what the test runners say: count_results.py vitest FILE | playwright FILE | cmocka DIR; and what
failed: failures DIR | browser_failures FILE.

Prints "passed failed". A runner that left no result counts as one failure: silence is not success.
"""
import json
import pathlib
import re
import sys


def vitest(path: str) -> tuple[int, int]:
    result = json.loads(pathlib.Path(path).read_text())
    broken = sum(1 for suite in result["testResults"] if suite["status"] == "failed" and not suite["assertionResults"])
    return result["numPassedTests"], result["numFailedTests"] + broken


def playwright(path: str) -> tuple[int, int]:
    stats = json.loads(pathlib.Path(path).read_text())
    failed = stats["stats"]["unexpected"] + stats["stats"]["flaky"] + len(stats.get("errors", []))
    return stats["stats"]["expected"], failed


def cmocka_log(path: pathlib.Path) -> tuple[int, int]:
    text = path.read_text(errors="replace")
    passed = sum(int(n) for n in re.findall(r"^\[  PASSED  \] (\d+) test", text, re.M))
    failed = sum(int(n) for n in re.findall(r"^\[  FAILED  \] (\d+) test", text, re.M))
    status = re.findall(r"^exit status (\d+)$", text, re.M)
    if status != ["0"] and failed == 0:
        failed = 1  # it crashed, leaked or hung
    if passed + failed == 0:
        failed = 1
    return passed, failed


def logs(folder: str) -> list[pathlib.Path]:
    return sorted(p for p in pathlib.Path(folder).glob("*.log") if re.match(r"(test|replay)_", p.name))


def cmocka(folder: str) -> tuple[int, int]:
    results = [cmocka_log(path) for path in logs(folder)]
    if not results:
        return 0, 1
    return sum(p for p, _ in results), sum(f for _, f in results)


def failures(folder: str) -> None:
    for path in logs(folder):
        if cmocka_log(path)[1]:
            print(f"--- {path.name}\n" + "\n".join(path.read_text(errors="replace").splitlines()[-50:]))


def specs(suite: dict) -> list[dict]:
    return suite.get("specs", []) + [spec for inner in suite.get("suites", []) for spec in specs(inner)]


def browser_failures(path: str) -> None:
    """What failed in which browser, and why: after all other output, where a cut log still has it."""
    for spec in specs(json.loads(pathlib.Path(path).read_text())):
        for test in spec["tests"]:
            for result in test["results"]:
                for error in result.get("errors", []):
                    words = re.sub(r"\x1b\[[0-9;]*m", "", error.get("message", ""))
                    lines = [line[:300] for line in words.splitlines() if line.strip()]
                    print(f"--- {spec['file']}:{spec['line']} {spec['title']} ({test['projectName']})", *lines[:16], sep="\n")


REPORTS = {"failures": failures, "browser_failures": browser_failures}


def main() -> None:
    kind, target = sys.argv[1:]
    if kind in REPORTS:
        REPORTS[kind](target)
        return
    try:
        print(*globals()[kind](target))
    except (OSError, ValueError, KeyError):
        print(0, 1)


if __name__ == "__main__":
    main()
