#!/usr/bin/env python3
"""One day of a city's rides, the same at every run with the same seed.

  rides.py --people N --day YYYY-MM-DD --seed TEXT --methodologies FILE --folder DIR

Writes into DIR:
  pseudonyms-1.txt …   accounts to open, at most 3 500 a file
  metro.ndjson, bus.csv, bike.csv   records as `puhui behaviour submit` reads them
  bus-consents.csv     that each passenger of the buses agreed, as `puhui consent submit` reads it
  second-platform.csv  the sample citizen's bike ride again, as another platform saw it
  expected.json        records and grams per scenario, and where the sample ride lies

Metro and bikes come in the proportion the public record gives (4 000 000 and 1 500 000 rides a
day); of buses it says nothing, and as many as bikes are taken. The grams are worked out here with
exact fractions, apart from the ledger, so that the two can be compared.
"""

import argparse
import hashlib
import json
import pathlib
import random
from fractions import Fraction

from identity import IdentityService

ACCOUNTS_PER_EVENT = 3_500
RIDES_PER_PERSON = (0, 1, 1, 2, 2, 2, 2, 3, 4)
MODES, MODE_WEIGHTS = ("metro", "bus", "bike"), (40, 15, 15)
SLOTS = range(6 * 12, 23 * 12)         # five minutes each, 06:00 to 23:00
METRO_LINES, STATIONS, GATES = 15, 30, 12
BUSES, BIKES = 8_000, 60_000
METRO_M, BIKE_M = (1_500, 32_000), (300, 4_500)
SAMPLE_PERSON, SAMPLE_SLOT, SAMPLE_BIKE, SAMPLE_M = 17, 99, "bike-27-0421", 900


def constants(catalogue, code):
    entry = next(m for m in catalogue["methodologies"] if m["code"] == code)
    return {c["name"]: Fraction(c["value"]) for c in entry["constants"]}


def grams_by_mode(catalogue):
    metro, bike, bus = (constants(catalogue, code)
                        for code in ("WH-METRO-2024", "WH-BIKE-2024", "WH-BUS-2023"))
    return {
        "metro": lambda m: int(Fraction(m) / 1000 * metro["ef"]),
        "bike": lambda m: int(Fraction(m) / 1000 * bike["ef"] + Fraction(1, 2)),
        "bus": lambda trips: int(trips * bus["c"]),
    }


def carrier(rng, mode):
    if mode == "metro":
        return (f"gate-{rng.randrange(METRO_LINES)}-{rng.randrange(STATIONS)}"
                f"-{rng.randrange(GATES)}")
    if mode == "bus":
        return f"bus-{rng.randrange(BUSES)}"
    return f"bike-{rng.randrange(BIKES)}"


def quantity(rng, mode):
    if mode == "bus":
        return 1
    return rng.randrange(*(METRO_M if mode == "metro" else BIKE_M))


def rides_of_the_day(people, seed):
    """Yields (mode, person, slot, carrier, metres or trips); no act twice."""
    rng = random.Random(seed)
    for person in range(people):
        if person == SAMPLE_PERSON:
            yield "bike", person, SAMPLE_SLOT, SAMPLE_BIKE, SAMPLE_M
            continue
        seen = set()
        for _ in range(rng.choice(RIDES_PER_PERSON)):
            mode = rng.choices(MODES, MODE_WEIGHTS)[0]
            act = (mode, rng.choice(SLOTS), carrier(rng, mode))
            amount = quantity(rng, mode)
            if act not in seen:
                seen.add(act)
                yield mode, person, act[1], act[2], amount


def record(service, day, ride):
    mode, person, slot, vehicle, amount = ride
    name = "trips" if mode == "bus" else "distance"
    return {"account": "p-" + service.pseudonym(f"person-{person}"), "day": day, "slot": slot,
            "carrier_tag": service.carrier_tag(mode, vehicle), name: str(amount)}


def csv(records):
    lines = [",".join(records[0])]
    lines += [",".join(str(value) for value in r.values()) for r in records]
    return "\n".join(lines) + "\n"


def ndjson(records):
    return "".join(json.dumps(r) + "\n" for r in records)


def write_pseudonyms(folder, service, people):
    names = ["p-" + service.pseudonym(f"person-{n}") for n in range(people)]
    for part, at in enumerate(range(0, people, ACCOUNTS_PER_EVENT), 1):
        lines = "\n".join(names[at:at + ACCOUNTS_PER_EVENT]) + "\n"
        (folder / f"pseudonyms-{part}.txt").write_text(lines)


def write_consents(folder, records, seed):
    """A text stands for what a custodian keeps of each consent; its hash is the confirmation."""
    accounts = sorted({r["account"] for r in records})
    rows = [{"account": account, "party": "bus", "item": "data", "given": "yes",
             "confirmation": hashlib.sha256(f"{seed}:{account}:bus".encode()).hexdigest()}
            for account in accounts]
    (folder / "bus-consents.csv").write_text(csv(rows))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, required=True)
    parser.add_argument("--day", required=True)
    parser.add_argument("--seed", required=True)
    parser.add_argument("--methodologies", type=pathlib.Path, required=True)
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    options = parser.parse_args()
    catalogue = json.loads(options.methodologies.read_text(encoding="utf-8"))
    grams = grams_by_mode(catalogue)
    service = IdentityService(options.seed.encode())
    records = {mode: [] for mode in MODES}
    expected = {mode: {"records": 0, "grams": 0} for mode in MODES}
    sample = None
    for ride in rides_of_the_day(options.people, options.seed):
        mode, person, amount = ride[0], ride[1], ride[4]
        if person == SAMPLE_PERSON:
            sample = {"index": len(records[mode]), "grams": grams[mode](amount),
                      "record": record(service, options.day, ride)}
        records[mode].append(record(service, options.day, ride))
        expected[mode]["records"] += 1
        expected[mode]["grams"] += grams[mode](amount)
    expected["total"] = {key: sum(expected[mode][key] for mode in MODES)
                         for key in ("records", "grams")}
    write_pseudonyms(options.folder, service, options.people)
    write_consents(options.folder, records["bus"], options.seed)
    (options.folder / "metro.ndjson").write_text(ndjson(records["metro"]))
    (options.folder / "bus.csv").write_text(csv(records["bus"]))
    (options.folder / "bike.csv").write_text(csv(records["bike"]))
    (options.folder / "second-platform.csv").write_text(csv([sample["record"]]))
    expected["sample"] = sample
    (options.folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main()
