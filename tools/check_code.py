#!/usr/bin/env python3
"""Our own source checker: what the compiler cannot know is forbidden here.

Prints each offence as file:line: reason; exit status 1 if there is any.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BANNED = [  # pattern, folders in which it is allowed, reason
    (r"\b(sprintf|vsprintf|strcpy|strcat|strtok|gets|atoi|atol|atof)\s*\(", (), "unbounded or silent: use buffer_*, text_to_int"),
    (r"\b(system|popen)\s*\(", (), "no shell from the server"),
    (r"\b(rand|srand|random)\s*\(", (), "use random_bytes (the demonstration has its own generator)"),
    (r"\b(malloc|calloc|realloc|strdup)\s*\(", ("base",), "use an arena, or xmalloc and friends"),
    (r"\bPQescape\w*\s*\(", (), "never escape into SQL: parameters"),
    (r"\bPQ[a-z]\w*\s*\(", ("db",), "libpq stands only under src/db/"),
    (r"\bMHD_(PostProcessor|create_post_processor)\b", (), "never the post processor"),
    (r"\bMHD_\w+", ("http",), "libmicrohttpd stands only under src/http/"),
    (r"\bprintf\s*\(", ("app", "account", "import", "extract", "facility"), "only sub-commands print"),
    (r"\btime\s*\(\s*NULL|\bgettimeofday\s*\(", (), "ask clock.h"),
    (r"\bclock_gettime\s*\(", ("base", "db", "http", "app"), "ask clock.h"),
]
LONGEST_FUNCTION = 80


def strip(text: str) -> str:
    """Blanks out comments and the contents of strings, keeping the lines."""
    def blank(match: re.Match) -> str:
        return re.sub(r"[^\n]", " ", match.group(0))
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)


def long_functions(code: str):
    start = None
    for number, line in enumerate(code.splitlines(), 1):
        if line.startswith("{") or re.match(r"^[a-z].*\)\s*\{$", line):
            start = number
        elif line.startswith("}") and start:
            if number - start > LONGEST_FUNCTION:
                yield start, number - start
            start = None


def main() -> int:
    offences = []
    for path in sorted((ROOT / "src").rglob("*.c")):
        folder = path.relative_to(ROOT / "src").parts[0]
        where = path.relative_to(ROOT)
        code = strip(path.read_text())
        for pattern, allowed, reason in BANNED:
            for found in re.finditer(pattern, code) if folder not in allowed else ():
                line = code.count("\n", 0, found.start()) + 1
                offences.append(f"{where}:{line}: {found.group(0).strip('( ')}: {reason}")
        for number, length in long_functions(code):
            offences.append(f"{where}:{number}: a function of {length} lines (at most {LONGEST_FUNCTION})")
    print("\n".join(offences) if offences else "code: nothing forbidden")
    return 1 if offences else 0


if __name__ == "__main__":
    sys.exit(main())
