"""A small state that changes: what is true of each facility in each month, and the files and acts that
tell of it in any order."""

import random

from model import month_add, months_between

TYPES = ("SC", "PHC", "CHC")
TITLES = {"SC": "Sub Centre", "PHC": "Primary Health Centre", "CHC": "Community Health Centre"}
OWNERSHIPS = ("Public", "Private")
LOCALITIES = ("Rural", "Urban")
FIRST, MONTHS, FACILITIES = 202104, 24, 40
LAST = month_add(FIRST, MONTHS - 1)
DISTRICTS, BLOCKS = 3, 4  # at the start; blocks a district


class World:
    def __init__(self, number, seed, items):
        self.random = random.Random(seed)
        self.number = number
        self.state = 10000 + number
        self.items = items  # form -> [number on the form]
        base = self.state * 100
        self.districts = [base + d for d in range(DISTRICTS + 1)]  # the last one comes by a split
        self.blocks = {
            base * 10 + d * BLOCKS + b: self.districts[d] for d in range(DISTRICTS) for b in range(BLOCKS)
        }
        self.split = None  # (first month, blocks that go to the last district)
        self.codes = [f"W{number}-{n}" for n in range(FACILITIES)]
        self.truth = {code: self.life(code) for code in self.codes}

    # ---- What is true. ----
    def life(self, code):
        """{month: (kind, block, open)} of one facility, with a few changes at random months."""
        r = self.random
        name = f"Centre {code}"
        now = [r.choice(TYPES), r.choice(OWNERSHIPS), r.choice(LOCALITIES), r.choice(list(self.blocks))]
        born = FIRST if r.random() < 0.8 else month_add(FIRST, r.randrange(MONTHS))
        is_open, life = True, {}
        for month in months_between(FIRST, LAST):
            if r.random() < 0.06:
                which = r.randrange(4)
                now[which] = r.choice((TYPES, OWNERSHIPS, LOCALITIES, list(self.blocks))[which])
            if r.random() < 0.03:
                is_open = not is_open
            if month >= born:
                life[month] = ((name, *now[:3]), now[3], is_open)
        return life

    def tree(self, block, month):
        if self.split and block in self.split[1] and month >= self.split[0]:
            return self.districts[-1]
        return self.blocks[block]

    # ---- Geography as files. ----
    def geography(self):
        name = f"Walk {self.number}"
        rows = [f"{d}\t{self.state}\t{name} D{i}\t\t{self.begin(i)}\t" for i, d in enumerate(self.known_districts())]
        changes = []
        if self.split:
            day = f"{self.split[0] // 100}-{self.split[0] % 100:02}-01"
            changes = [f"{day}\tblock\t{b}\t{self.districts[-1]}\tnamed\t" for b in sorted(self.split[1])]
        return {
            "states.tsv": ["lgd_code\tname\tkind\tiso\tcensus_2011\thmis_name", f"{self.state}\t{name}\tstate\t\t\t"],
            "districts.tsv": ["lgd_code\tstate_code\tname\tcensus_2011\tvalid_from\thmis_name", *rows],
            "subdistricts.tsv": ["lgd_code\tdistrict_code\tname"],
            "blocks.tsv": ["lgd_code\tdistrict_code\tname\talso_in"]
            + [f"{b}\t{d}\t{name} B{b}\t" for b, d in self.blocks.items()],
            "changes.tsv": ["valid_from\tlevel\tlgd_code\tparent_code\thow\tmandal", *changes],
            "successors.tsv": ["lgd_code\tpredecessor_code"],
            "names.tsv": ["level\tlgd_code\tlanguage\tname"],
        }

    def district_name(self, district):
        return f"Walk {self.number} D{self.districts.index(district)}"

    def known_districts(self):
        return self.districts if self.split else self.districts[:-1]

    def begin(self, index):
        if index < DISTRICTS:
            return ""
        return f"{self.split[0] // 100}-{self.split[0] % 100:02}-01"

    def divide(self):
        """One district loses half of its blocks to a new one."""
        old = self.random.choice(self.districts[:-1])
        blocks = [b for b, d in self.blocks.items() if d == old]
        month = month_add(FIRST, self.random.randrange(1, MONTHS))
        self.split = (month, set(self.random.sample(blocks, len(blocks) // 2)))

    # ---- Files. ----
    def figures(self, form):
        chosen = self.random.sample(self.items[form], self.random.randint(1, len(self.items[form])))
        return {number: self.random.choice((0, 1, 7, self.random.randrange(500))) for number in chosen}

    def extract_rows(self, month, form):
        """Rows of the month's file of a form: those of the type that were open, and some that were not."""
        rows = []
        for code, life in self.truth.items():
            if month not in life or life[month][0][1] != form:
                continue
            kind, block, is_open = life[month]
            if not is_open and self.random.random() < 0.5:
                continue
            figures = self.figures(form) if is_open and self.random.random() < 0.85 else {}
            rows.append((code, kind, block, is_open, figures))
        return rows

    def extract_csv(self, month, form, rows):
        numbers = self.items[form]
        heads = (
            "sno,state,zone,district,district_category,sub_district,block,health_block,sub_division,ulb,facility_type,"
            "facility_code,facility_name,category,bed_count,nin,rural_urban,ownership,physical_notional,status,"
        )
        lines = [heads + ",".join(numbers)]
        for sno, (code, (name, kind, own, local), block, is_open, figures) in enumerate(rows, 1):
            district = self.tree(block, month)
            lines.append(
                f"{sno},Walk {self.number}({self.state}),,{self.district_name(district)}({district}),Other,,"
                f"Walk {self.number} B{block}({block}),,,,{TITLES[kind]},{code},{name},"
                f",,,{local},{own},Physical,{'Open' if is_open else 'Closed'},"
                + ",".join(str(figures.get(n, "")) for n in numbers)
            )
        return "\n".join(lines) + "\n"
