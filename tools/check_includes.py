#!/usr/bin/env python3
"""Holds every #include under src/ against the floors of docs/architecture.md.

A floor includes its own public headers and those of the floors below; libpq and libmicrohttpd stay
behind the one door each. Prints each offence; exit status 1 if there is any, or if modules form a
circle.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FLOORS = {
    "base": {"base", "clock", "log", "problem", "errors", "json_out", "csv_out", "period", "settings", "scope", "words"},
    "db": {"db", "migrations"},
    "http": {"http", "assets"},
}
ORDER = ["base", "db", "http", "domain", "app"]
WIRING = {"routes", "services"}  # headers that only name what other modules have
HOME = {"facility_master": "facility", "area_ref": "area"}  # public header -> module folder, where they differ


def floor_of(header: str) -> str:
    return next((floor for floor, headers in FLOORS.items() if header in headers), "domain")


def module_floor(folder: str) -> str:
    return folder if folder in ("base", "db", "http", "app") else "domain"


def circles(edges: dict[str, set[str]]) -> list[str]:
    graph = {module: {HOME.get(h, h) for h in headers} - {module} for module, headers in edges.items()}
    found, done = [], set()

    def walk(module: str, trail: list[str]) -> None:
        if module in trail:
            found.append("circle: " + " -> ".join(trail[trail.index(module):] + [module]))
            return
        if module in done:
            return
        for other in sorted(graph.get(module, ())):
            walk(other, trail + [module])
        done.add(module)

    for module in sorted(graph):
        walk(module, [])
    return found


def main() -> int:
    offences, edges = [], {}
    for path in sorted((ROOT / "src").rglob("*.[ch]")):
        folder = path.relative_to(ROOT / "src").parts[0]
        mine = module_floor(folder)
        where = path.relative_to(ROOT)
        for number, line in enumerate(path.read_text().splitlines(), 1):
            at = f"{where}:{number}"
            found = re.match(r'\s*#include "hmis/(\w+)\.\w+"', line)
            if found:
                header = found.group(1)
                if ORDER.index(floor_of(header)) > ORDER.index(mine):
                    offences.append(f"{at}: floor {mine} includes {header} of floor {floor_of(header)}")
                if mine == "domain" and floor_of(header) == "domain" and header not in WIRING:
                    edges.setdefault(folder, set()).add(header)
            local = re.match(r'\s*#include "([^"]+)"', line)
            if local and not local.group(1).startswith("hmis/") and "/" in local.group(1):
                offences.append(f"{at}: includes {local.group(1)}, private to another module")
            if re.match(r"\s*#include <libpq", line) and folder != "db":
                offences.append(f"{at}: libpq stands only under src/db/")
            if re.match(r"\s*#include <microhttpd", line) and folder != "http":
                offences.append(f"{at}: libmicrohttpd stands only under src/http/")
    offences += circles(edges)
    print("\n".join(offences) if offences else "includes: floors hold")
    return 1 if offences else 0


if __name__ == "__main__":
    sys.exit(main())
