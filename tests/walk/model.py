"""What the server must say, worked out from the events alone.

This is the independent model of the walks: it shares no code and no table with the server. A facility
is a set of observations by month; a month counts what held on its last day; a report keeps the form,
kind and place of its first version. Everything is added up anew for every question.
"""

from dataclasses import dataclass, field


def month_add(month, n):
    index = month // 100 * 12 + month % 100 - 1 + n
    return index // 12 * 100 + index % 12 + 1


def months_between(first, last):
    while first <= last:
        yield first
        first = month_add(first, 1)


class Observed:
    """One property of a facility: what was said of which month. It holds until another month says
    otherwise; the earliest word holds backwards."""

    def __init__(self):
        self.said = {}

    def say(self, month, value):
        self.said[month] = value

    def at(self, month):
        earlier = [m for m in self.said if m <= month]
        return self.said[max(earlier) if earlier else min(self.said)]


ATTRIBUTES = ("name", "type", "ownership", "locality")


class Kind:
    """Name, type, ownership and locality: a file says all of them, an act one alone."""

    def __init__(self):
        self.each = {attribute: Observed() for attribute in ATTRIBUTES}

    def say(self, month, kind):
        for attribute, value in zip(ATTRIBUTES, kind):
            self.each[attribute].say(month, value)

    def at(self, month):
        return tuple(self.each[attribute].at(month) for attribute in ATTRIBUTES)

    @property
    def said(self):
        return {month for observed in self.each.values() for month in observed.said}


@dataclass
class Facility:
    code: str
    kind: Kind = field(default_factory=Kind)
    status: Observed = field(default_factory=Observed)  # open on the month's last day
    place: Observed = field(default_factory=Observed)  # block

    def opening(self):
        """The earliest month that was told of, if it was open then: assumed to be when it opened."""
        first = min(self.status.said)
        return first if self.status.said[first] else None

    def open_at(self, month):
        return month >= (self.opening() or 0) and self.status.at(month)

    def may_report(self, month):
        """Before a day that is only assumed it may have been open."""
        return self.open_at(month) or month < (self.opening() or 0)


@dataclass
class Report:
    form: str
    kind: tuple  # (type, ownership, locality)
    block: int
    figures: dict  # slot -> whole number


class Model:
    def __init__(self, forms, tree):
        self.forms = forms  # form -> {number: slot}
        self.tree = tree  # callable (block, month) -> district
        self.facilities = {}
        self.reports = {}  # (code, month) -> Report

    # ---- Events. ----
    def extract(self, month, form, rows):
        """rows: [(code, (name, type, ownership, locality), block, open, {number: figure})]"""
        for code, kind, block, is_open, figures in rows:
            f = self.facilities.setdefault(code, Facility(code))
            report = self.reports.get((code, month))
            if figures and report and report.form != form:
                continue  # refused, and what is refused says nothing
            f.kind.say(month, kind)
            f.place.say(month, block)
            f.status.say(month, is_open)
            if figures:
                self.store(code, month, form, figures)

    def long(self, rows):
        """rows: [(code, month, number, figure)]; numbers are those of the month's form."""
        by_report = {}
        for code, month, number, figure in rows:
            by_report.setdefault((code, month), {})[number] = figure
        for (code, month), figures in by_report.items():
            if self.facilities[code].may_report(month):
                self.store(code, month, self.form_of(code, month), figures)

    def act(self, code, what, month, value):
        """A change of one attribute by an act, from the first day of a month on."""
        f = self.facilities[code]
        if what == "place":
            f.place.say(month, value)
        elif what == "status":
            f.status.say(month, value)
        else:
            f.kind.each[what].say(month, value)

    def store(self, code, month, form, figures):
        """Version 1 fixes form, kind and place; another form of the same month is refused."""
        slots = {self.forms[form][number]: figure for number, figure in figures.items()}
        report = self.reports.get((code, month))
        if report is None:
            f = self.facilities[code]
            self.reports[code, month] = Report(form, f.kind.at(month)[1:], f.place.at(month), slots)
        elif report.form == form:
            report.figures.update(slots)

    # ---- Questions. ----
    def form_of(self, code, month):
        report = self.reports.get((code, month))
        return report.form if report else self.facilities[code].kind.at(month)[1]

    def path(self, code, month):
        """(district, block) in which the month of the facility is counted."""
        report = self.reports.get((code, month))
        block = report.block if report else self.facilities[code].place.at(month)
        return self.tree(block, month), block

    def status(self, month):
        """{code: (district, block, reported)} of everyone who is expected in the month."""
        found = {}
        for code, f in self.facilities.items():
            reported = (code, month) in self.reports
            if reported or f.open_at(month):
                found[code] = (*self.path(code, month), reported)
        return found

    def totals(self, months, within):
        """{slot: [total, public, private, urban, rural]} of the reports for which within(district, block)."""
        sums = {}
        for (code, month), report in self.reports.items():
            if month not in months or not within(*self.path(code, month)):
                continue
            _, ownership, locality = report.kind
            for slot, figure in report.figures.items():
                cell = sums.setdefault(slot, [0, 0, 0, 0, 0])
                cell[0] += figure
                cell[1 if ownership == "Public" else 2] += figure
                cell[3 if locality == "Urban" else 4] += figure
        return sums
