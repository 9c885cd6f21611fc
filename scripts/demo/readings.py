#!/usr/bin/env python3
"""A year of a meter's daily readings, the same at every run, and what they come to.

  readings.py --year YYYY --factor KG_PER_UNIT --out FILE

FILE has the columns day,value, as `puhui reading submit` reads them. Prints the kilograms, rounded
up, worked out with exact fractions.
"""

import argparse
import datetime
import math
import pathlib
import random
from fractions import Fraction


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--year", type=int, required=True)
    parser.add_argument("--factor", type=Fraction, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    rng = random.Random(options.year)
    day, tenths, lines = datetime.date(options.year, 1, 1), 0, ["day,value"]
    while day.year == options.year:
        reading = rng.randrange(16_000, 24_000)
        tenths += reading
        lines.append(f"{day},{reading // 10}.{reading % 10}")
        day += datetime.timedelta(days=1)
    options.out.write_text("\n".join(lines) + "\n")
    print(math.ceil(Fraction(tenths, 10) * options.factor))


if __name__ == "__main__":
    main()
