#!/usr/bin/env python3
"""Some citizens' bus rides, consents and wishes, the same at every run but for their pseudonyms.

  citizens.py identities             one line per citizen, as `puhui-identity enrol` reads them
  citizens.py write --folder DIR     the files below; DIR/accounts.txt holds the pseudonyms

Writes into DIR, as `puhui consent|behaviour|offer` reads them:
  consents.csv       who agreed to what, each confirmed at the identity service
  bus.csv            a day of the bus company's passengers; the last record is beyond the cap
  no-consent.csv     a ride of somebody who agreed to nothing
  app.csv            three days of a platform's users; the last record is a ride of bus.csv
  late.csv           a ride of long ago
  redemptions.csv    one voucher for each passenger
  again.csv          a second one
  wrong.csv          two rides the bus company takes back
  next.csv           the next ride of the same passenger

Tags and confirmations come from the identity service, ./puhui-identity, whose store
PUHUI_IDENTITY_STORE names.
"""

import argparse
import json
import pathlib
import random
import subprocess
import sys

PASSENGERS, USERS, SPARE = 45, 12, 1
RIDES_A_DAY = 8                       # of 150 g each: what the rules let one person have in a day
DAYS = ("2023-12-04", "2023-12-05", "2023-12-06")
LONG_AGO = "2023-06-05"
SEED = "wuhan-2023"


def identity(*arguments, lines=None):
    text = None if lines is None else "\n".join(lines) + "\n"
    done = subprocess.run(["./puhui-identity", *arguments, "-o", "json"], input=text, text=True,
                          capture_output=True, check=False)
    if done.returncode != 0:
        sys.exit(f"puhui-identity {arguments[0]}: {done.stderr}")
    return json.loads(done.stdout)


def confirmed(account, text):
    return identity("confirm", account, text)["confirmation"]


def csv(names, rows):
    return "\n".join(",".join(str(cell) for cell in row) for row in [names, *rows]) + "\n"


class Rides:
    """Draws rides; the tags of all doors are asked at once."""

    def __init__(self, doors):
        self._rng = random.Random(SEED)
        names = [f"bus-{number:04}" for number in range(doors)]
        self._tags = [item["tag"] for item in identity("tag", "gate", lines=names)["items"]]

    def of_day(self, account, day, count):
        slots = sorted(self._rng.sample(range(6 * 12, 23 * 12), count))
        return [(account, day, slot, self._rng.choice(self._tags), 1) for slot in slots]


def consents(passengers, users):
    rows = []
    for account in passengers:
        rows.append((account, "bus", "data"))
    for account in [passengers[1], *users]:
        rows.append((account, "travel-app", "data"))
    for account in users:
        rows.append((account, "travel-app", "pooling"))
    return [(*row, "yes", confirmed(row[0], f"同意 {row[1]}:{row[2]}")) for row in rows]


def write(folder):
    accounts = (folder / "accounts.txt").read_text().split()
    passengers, users = accounts[:PASSENGERS], accounts[PASSENGERS:PASSENGERS + USERS]
    rides = Rides(doors=400)
    day = {p: rides.of_day(p, DAYS[0], RIDES_A_DAY + (p == passengers[0])) for p in passengers}
    beyond = day[passengers[0]].pop()
    app = [ride for u in users for d in DAYS for ride in rides.of_day(u, d, RIDES_A_DAY)]
    acts = ("account", "day", "slot", "carrier_tag", "trips")
    first = passengers[0]
    files = {
        "consents.csv": csv(("account", "party", "item", "given", "confirmation"),
                            consents(passengers, users)),
        "bus.csv": csv(acts, [ride for p in passengers for ride in day[p]] + [beyond]),
        "no-consent.csv": csv(acts, rides.of_day(accounts[-1], DAYS[0], 1)),
        "app.csv": csv(acts, app + [day[passengers[1]][0]]),
        "late.csv": csv(acts, rides.of_day(passengers[1], LONG_AGO, 1)),
        "wrong.csv": csv(acts[:4], [ride[:4] for ride in day[first][:2]]),
        "next.csv": csv(acts, rides.of_day(first, DAYS[1], 1)),
        "redemptions.csv": csv(("account", "quantity", "confirmation"), [
            (p, 1, confirmed(p, "兑换一张代金券")) for p in passengers]),
        "again.csv": csv(("account", "quantity", "confirmation"), [
            (first, 1, confirmed(first, "再兑换一张代金券"))]),
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=["identities", "write"])
    parser.add_argument("--folder", type=pathlib.Path)
    options = parser.parse_args()
    if options.step == "write":
        write(options.folder)
        return
    for number in range(1, PASSENGERS + USERS + SPARE + 1):
        print(f"示例市民 {number:03}")


if __name__ == "__main__":
    main()
