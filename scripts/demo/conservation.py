#!/usr/bin/env python3
"""Where every kilogram that each city issued is now, by the cities' own public views.

  conservation.py [--at-rest] [--out FILE] PROFILE…

Each serial of a city must be in exactly one place: held, locked on its way, retired, cancelled or
expired, at home or in one partner. What a partner has answered counts as it answered, also before
the answer is home. With --at-rest nothing may be on its way, and each home must know what was
retired abroad. Prints a table in kilograms; FILE gets it as JSON. Exit 1 if anything differs.
"""

import argparse
import collections
import http.client
import json
import pathlib
import ssl
import sys
import tomllib
import unicodedata
import urllib.parse

LOCK = "transfer/"
PLACES = {"HELD": "持有 held", "LOCKED": "在途 on its way", "RETIRED": "核销 retired",
          "CANCELLED": "注销 cancelled", "EXPIRED": "过期 expired"}
LABEL_WIDTH, NUMBER_WIDTH = 26, 14

# Serials of the city that issued them, and where a city says that they are.
Claim = collections.namedtuple("Claim", "issuer start end city place")


class City:
    """A city by its public views."""

    def __init__(self, profile):
        settings = tomllib.loads(pathlib.Path(profile).read_text(encoding="utf-8"))
        address = urllib.parse.urlsplit(settings["url"][0])
        context = ssl.create_default_context(cafile=settings["ca"])
        self._connection = http.client.HTTPSConnection(address.hostname, address.port,
                                                       context=context)
        self._batches = {}
        self.code = settings["city"]
        newest = self._get("totals", consistency="linearizable")
        self.totals = {name: int(value) for name, value in newest.items()}

    def _get(self, *parts, **query):
        """The answer; None where there is nothing."""
        path = "/".join(urllib.parse.quote(part, safe="") for part in parts)
        self._connection.request("GET", f"/v1/{path}?{urllib.parse.urlencode(query)}")
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status == http.client.NOT_FOUND:
            return None
        if answer.status != http.client.OK:
            raise SystemExit(f"{self.code}: {path}: {answer.status} {body.decode()}")
        return json.loads(body)

    def transfer(self, name):
        return self._get("transfers", name)

    def batch(self, name):
        if name not in self._batches:
            self._batches[name] = self._get("batches", name)
        return self._batches[name]

    def blocks(self):
        """All that was ever numbered here, in order."""
        serial = 1
        while block := self._get("serials", str(serial)):
            yield block
            serial = int(block["end"]) + 1


def at_home(city, block):
    """Who issued the units of a block, and their serials there."""
    start, end = int(block["start"]), int(block["end"])
    batch = city.batch(block["batch"])
    mirrored = batch.get("mirrored")
    if not mirrored:
        return city.code, start, end
    shift = int(mirrored["origin_start"]) - int(batch["start"])
    return mirrored["city"], start + shift, end + shift


def taken(transfer, city, cities):
    """The record of the city that took what is locked here; None if none has."""
    for other in cities:
        record = other.transfer(transfer) if other is not city else None
        if record and record["state"] == "TRANSFER_IMPORTED":
            return record
    return None


def locked_claims(city, cities, block):
    """Of units locked here: on their way, or as the city that took them says."""
    issuer, start, end = at_home(city, block)
    record = taken(block["bound_by"].removeprefix(LOCK), city, cities)
    if record is None:
        yield Claim(issuer, start, end, city.code, "LOCKED")
        return
    for cut in record["discounted"]:
        first, last = max(start, int(cut["start"])), min(end, int(cut["end"]))
        if first <= last:
            yield Claim(issuer, first, last, city.code, "CANCELLED")


def claims_of(city, cities):
    for block in city.blocks():
        if block["bound_by"].startswith(LOCK):
            yield from locked_claims(city, cities, block)
        elif block["state"] != "EXPORTED":
            yield Claim(*at_home(city, block), city.code, block["state"])


def in_two_places(claims):
    """A pair of claims on the same serials, or None."""
    ordered = sorted(claims)
    for one, next_one in zip(ordered, ordered[1:]):
        if one.issuer == next_one.issuer and next_one.start <= one.end:
            return one, next_one
    return None


def kilograms(claims):
    sums = collections.Counter()
    for claim in claims:
        sums[claim.issuer, claim.city, claim.place] += claim.end - claim.start + 1
    return sums


def own_faults(city):
    """Whether the city's own sums hold."""
    total = city.totals
    came = total["units_issued_kg"] + total["units_imported_kg"]
    went = sum(total[f"units_{name}_kg"]
               for name in ("held", "retired", "cancelled", "expired", "exported"))
    return [] if came == went else [f"{city.code}: issued + imported {came}, all others {went}"]


def faults_of(cities, claims, sums, at_rest):
    twice = in_two_places(claims)
    faults = [f"in two places: {twice[0]} and {twice[1]}"] if twice else []
    for city in cities:
        faults += own_faults(city)
        issued = city.totals["units_issued_kg"]
        found = sum(kg for (issuer, _, _), kg in sums.items() if issuer == city.code)
        if found != issued:
            faults.append(f"{city.code}: issued {issued}, found {found}")
        abroad = sum(kg for (issuer, where, place), kg in sums.items()
                     if issuer == city.code != where and place == "RETIRED")
        known = city.totals["units_retired_abroad_kg"]
        if at_rest and abroad != known:
            faults.append(f"{city.code}: retired abroad {abroad}, known at home {known}")
    if at_rest and any(place == "LOCKED" for _, _, place in sums):
        faults.append("something is on its way")
    return faults


def padded(text, width):
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return text + " " * (width - len(text) - wide)


def row(label, cells):
    numbers = (f"{cell:,}".replace(",", " ") if isinstance(cell, int) else cell for cell in cells)
    return padded(label, LABEL_WIDTH) + "".join(f"{number:>{NUMBER_WIDTH}}" for number in numbers)


def table(cities, sums):
    codes = [city.code for city in cities]
    yield row("千克 kg", codes)
    yield row("签发 issued", [city.totals["units_issued_kg"] for city in cities])
    for where in codes:
        for place, words in PLACES.items():
            cells = [sums[issuer, where, place] for issuer in codes]
            if any(cells):
                yield row(f"  {where} {words}", cells)
    yield row("✓ 合计 sum", [sum(kg for (issuer, _, _), kg in sums.items() if issuer == code)
                          for code in codes])


def as_json(sums):
    nested = collections.defaultdict(lambda: collections.defaultdict(dict))
    for (issuer, where, place), kg in sums.items():
        nested[issuer][where][place.lower()] = kg
    return json.dumps(nested, indent=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--at-rest", action="store_true")
    parser.add_argument("--out", type=pathlib.Path)
    parser.add_argument("profiles", nargs="+")
    options = parser.parse_args()
    cities = [City(profile) for profile in options.profiles]
    claims = [claim for city in cities for claim in claims_of(city, cities)]
    sums = kilograms(claims)
    if faults := faults_of(cities, claims, sums, options.at_rest):
        print(*faults, sep="\n", file=sys.stderr)
        return 1
    print(*table(cities, sums), sep="\n")
    if options.out:
        options.out.write_text(as_json(sums) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
