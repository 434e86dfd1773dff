#!/usr/bin/env python3
"""Random walks: a small state whose facilities and districts change, files in any order, corrections,
late reports, acts; after every step what the server answers is held against an independent model.

    walk.py --url http://127.0.0.1:PORT --hmis BINARY [--walks N] [--first N] [--seed N] [--steps N]

HMIS_DATABASE_URL names the server's database (for `hmis geography` and `hmis admin`). A failed walk
names its number and seed, and the steps that led there; --walks 1 --first NUMBER walks it again."""

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

from client import Client, Refused
from model import Model, months_between
from world import FIRST, LAST, TYPES, World

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "Walk-Lantern-Ghat-77"
SETTLE_SECONDS = 30  # totals follow a submission; no test depends on how fast
ITEMS_A_FORM = 8


def dashed(month):
    return f"{month // 100}-{month % 100:02}"


def table(name):
    with open(ROOT / "data/dictionary/HMIS-2017" / name, encoding="utf-8") as lines:
        return list(csv.DictReader((l for l in lines if not l.startswith("#")), delimiter="\t", quoting=csv.QUOTE_NONE))


def dictionary():
    """(form -> {number: slot}, slot -> consolidated number) of counts that are added up."""
    plain = {
        r["slot"]: r["number"]
        for r in table("items.tsv")
        if r["data_type"] == "count" and r["aggregation"] == "sum" and not r["component"]
    }
    forms = {form: {} for form in TYPES}
    for row in table("form_items.tsv"):
        if row["form"] in forms and row["slot"] in plain:
            forms[row["form"]][row["number"]] = row["slot"]
    return forms, plain


class Walk:
    def __init__(self, arguments, number):
        self.arguments, self.number = arguments, number
        forms, self.numbers = dictionary()
        seed = arguments.seed * 1_000_003 + number
        shared = set.intersection(*(set(f.values()) for f in forms.values()))
        slots = sorted(shared, key=int)[:: max(1, len(shared) // ITEMS_A_FORM)][:ITEMS_A_FORM]
        items = {form: [n for n, slot in all_.items() if slot in slots] for form, all_ in forms.items()}
        self.world = World(number, seed, items)
        self.random = self.world.random
        self.model = Model(forms, self.world.tree)
        self.said = []

    # ---- The server. ----
    def hmis(self, *words, **more):
        done = subprocess.run([self.arguments.hmis, *words], capture_output=True, text=True, check=False, **more)
        if done.returncode not in (0, 3):
            raise AssertionError(f"hmis {' '.join(words)}: {done.stderr or done.stdout}")
        return done.stdout

    def load_geography(self):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            for name, lines in self.world.geography().items():
                Path(folder, name).write_text("\n".join(lines) + "\n", encoding="utf-8")
            self.hmis("geography", "load", folder)

    def person(self, name, role, *where):
        self.hmis(
            "admin", "create-user", "--username", name, "--name", name, "--role", role, *where, "--password-stdin",
            input=PASSWORD + "\n",
        )  # fmt: skip
        return Client(self.arguments.url, name, PASSWORD, role)

    def begin(self):
        self.load_geography()
        self.state = self.person(f"walk{self.number}", "state", "--area", f"lgd-state-{self.world.state}")
        self.officers = {}
        for index in self.random.sample(range(3), 2):
            district = self.world.districts[index]
            name = f"walk{self.number}.d{index}"
            self.officers[district] = self.person(name, "district", "--area", f"lgd-district-{district}")

    # ---- Steps. ----
    def step_extract(self):
        month = self.random.choice(list(months_between(FIRST, LAST)))
        form = self.random.choice(TYPES)
        rows = self.world.extract_rows(month, form)
        self.say(f"extract {month} {form}", rows)
        text = self.world.extract_csv(month, form, rows)
        self.state.upload(text, format="extract", month=dashed(month), create_facilities="true", file_name="e.csv")
        self.model.extract(month, form, rows)

    def step_long(self):
        """Corrections and late first reports, some in the months of another form."""
        known = sorted(self.model.facilities)
        if not known:
            return
        rows = []
        for code in self.random.sample(known, min(len(known), 6)):
            month = self.random.choice(list(months_between(FIRST, LAST)))
            form = self.model.form_of(code, month)
            rows += [(code, month, n, figure) for n, figure in self.world.figures(form).items()]
        self.say("long", rows)
        lines = ["facility_code,month,item,value"]
        lines += [f"{code},{dashed(month)},{number},{figure}" for code, month, number, figure in rows]
        self.state.upload("\n".join(lines) + "\n", format="long", file_name="l.csv")
        self.model.long(rows)

    def step_act(self):
        """A change by an act, later than anything that was told of it."""
        known = sorted(self.model.facilities)
        if not known:
            return
        code = self.random.choice(known)
        act, name, value = self.random.choice(
            [
                ("type", "type", self.random.choice(TYPES)),
                ("ownership", "ownership", self.random.choice(("Public", "Private"))),
                ("locality", "locality", self.random.choice(("Rural", "Urban"))),
                ("move", "place", self.random.choice(list(self.world.blocks))),
                ("close", "status", False),
                ("open", "status", True),
            ]
        )
        facility = self.model.facilities[code]
        told = max(getattr(facility, name if name in ("place", "status") else "kind").said)
        months = [m for m in months_between(FIRST, LAST) if m > told]
        if not months:
            return
        month = self.random.choice(months)
        if name == "status" and facility.open_at(month) == value:
            return  # told already: refused
        body = {"act": act, "from": f"{dashed(month)}-01", "reason": "told by letter"}
        if act in ("type", "ownership", "locality"):
            body[act] = value
        if act == "move":
            body["block"] = f"lgd-block-{value}"
        self.say(f"act {code}", body)
        self.state.json("POST", f"/api/v1/facilities/{code}/changes", body)
        self.model.act(code, name, month, value)

    def step_split(self):
        if self.world.split:
            return
        self.world.divide()
        self.say("split", self.world.split)
        self.load_geography()

    def say(self, what, detail):
        self.said.append(f"{len(self.said)}: {what} {detail}")

    # ---- What must be equal. ----
    def check(self):
        month = self.random.choice(list(months_between(FIRST, LAST)))
        district = self.random.choice(self.districts_of(month))
        first = self.random.choice(list(months_between(FIRST, month)))
        months = list(months_between(first, month))
        stays = [m for m in months if district in self.districts_of(m)]
        whole = f"lgd-state-{self.world.state}"
        part = f"lgd-district-{district}"
        self.equal("status of the state", lambda: self.status(self.state, whole, month), self.status_want(month))
        within = self.status_want(month, district)
        self.equal("status of a district", lambda: self.status(self.state, part, month), within)
        if district in self.officers:
            mine = self.officers[district]
            self.equal("status to its officer", lambda: self.status(mine, part, month), within)
        self.equal(
            "item-wise by district",
            lambda: self.itemwise(self.state, area=whole, **{"from": dashed(month), "columns": "areas"}),
            self.itemwise_want(month),
        )
        self.equal(
            "item-wise by month",
            lambda: self.itemwise(
                self.state, area=part, columns="months", to=dashed(month), **{"from": dashed(stays[0])}
            ),
            {
                dashed(m): self.model.totals({m}, lambda d, _: d == district)
                for m in months_between(stays[0], month)
            },
        )

        form = self.random.choice(TYPES)
        self.equal(
            "extract",
            lambda: self.extract(form, month),
            {code: r.figures for (code, m), r in self.model.reports.items() if m == month and r.form == form},
        )

    def extract(self, form, month):
        """{facility: {slot: figure}} of those that reported, from the ministry's layout."""
        query = {"area": f"lgd-state-{self.world.state}", "period": dashed(month), "form": form, "rows": "reported"}
        try:
            text = self.state.request("GET", "/api/v1/extract.csv?" + urllib.parse.urlencode(query)).lstrip("\ufeff")
        except Refused as refused:
            if refused.status != 404:
                raise
            return {}  # nobody has reported
        slots = self.model.forms[form]
        return {
            row["facility_code"]: {slots[n]: int(v) for n, v in row.items() if n in slots and v != ""}
            for row in csv.DictReader(text.splitlines())
        }

    def districts_of(self, month):
        split = self.world.split
        return self.world.districts if split and month >= split[0] else self.world.districts[:-1]

    def equal(self, what, ask, want):
        until = time.monotonic() + SETTLE_SECONDS
        while (have := ask()) != want:
            if time.monotonic() > until:
                raise AssertionError(f"{what}:\n  the server says {differing(have, want)}")
            time.sleep(0.02)

    @staticmethod
    def status(client, area, month):
        answer = client.get("/api/v1/reporting", area=area, period=dashed(month))
        rows = {r["area"]["lgd_code"]: (r["expected"], r["reported"]) for r in answer["rows"] if r["expected"]}
        return {"all": (answer["total"]["expected"], answer["total"]["reported"]), **rows}

    def status_want(self, month, district=None):
        counts = {"all": [0, 0]}
        for home, block, reported in self.model.status(month).values():
            if district not in (None, home):
                continue
            for key in ("all", block if district else home):
                cell = counts.setdefault(key, [0, 0])
                cell[0] += 1
                cell[1] += reported
        return {key: tuple(cell) for key, cell in counts.items()}

    def itemwise(self, client, **query):
        answer = client.get("/api/v1/itemwise", **query)
        names = [c.get("period") or c["lgd_code"] for c in answer["columns"]]
        slots = {number: slot for slot, number in self.numbers.items()}
        found = {name: {} for name in names}
        for section in answer["sections"]:
            for item in section["items"]:
                for name, cell in zip(names, item["cells"]):
                    if cell is not None and item["ref"] in slots and not item.get("component"):
                        found[name][slots[item["ref"]]] = cell
        return found

    def itemwise_want(self, month):
        want = {self.world.state: self.model.totals({month}, lambda *_: True)}
        for district in self.districts_of(month):
            want[district] = self.model.totals({month}, lambda d, _, mine=district: d == mine)
        return want

    def go(self):
        self.begin()
        steps = [(self.step_extract, 10), (self.step_long, 4), (self.step_act, 3), (self.step_split, 0.4)]
        for _ in range(self.arguments.steps):
            [step] = self.random.choices([s for s, _ in steps], [w for _, w in steps])
            step()
            self.check()


def differing(have, want):
    lines = []
    for key in sorted({*have, *want}, key=str):
        a, b = have.get(key), want.get(key)
        if a != b and isinstance(a, dict) and isinstance(b, dict):
            a, b = {k: v for k, v in a.items() if b.get(k) != v}, {k: v for k, v in b.items() if a.get(k) != v}
        if a != b:
            lines.append(f"{key}: {a}, the model {b}")
    return "\n  ".join(lines)


def main():
    parser = argparse.ArgumentParser()
    for name, kind, default in (("url", str, None), ("hmis", str, None), ("walks", int, 5), ("first", int, 1),
                                ("seed", int, 1), ("steps", int, 40)):  # fmt: skip
        parser.add_argument(f"--{name}", type=kind, default=default, required=default is None)
    arguments = parser.parse_args()
    failed = 0
    for number in range(arguments.first, arguments.first + arguments.walks):
        walk = Walk(arguments, number)
        try:
            walk.go()
            print(f"ok walk {number}", flush=True)
        except Exception as error:  # whatever it is, the walk is to be told
            failed += 1
            print(f"not ok walk {number} (seed {arguments.seed})\n  " + "\n  ".join(s[:3000] for s in walk.said[-3:]))
            print(f"  {type(error).__name__}: {error}", flush=True)
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
