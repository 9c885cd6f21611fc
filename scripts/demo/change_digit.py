#!/usr/bin/env python3
"""Changes one digit of a signed text inside a receipt.

  change_digit.py RECEIPT TEXT OUT

The entry is carried in the receipt's `extra` line, in base64. The first digit of TEXT in it becomes
the next one; all else stays as it was. Exit 1 if the entry does not hold TEXT.
"""

import base64
import re
import sys


def changed(line, text):
    entry = base64.b64decode(line.removeprefix("extra "))
    at = entry.find(text.encode())
    digit = re.search(r"[0-9]", text)
    if at < 0 or digit is None:
        sys.exit(f"the entry does not hold the text {text!r} with a digit")
    at += len(text[:digit.start()].encode())
    other = str((int(digit[0]) + 1) % 10)
    print(f"{text} → {text[:digit.start()]}{other}{text[digit.end():]}")
    entry = entry[:at] + other.encode() + entry[at + 1:]
    return "extra " + base64.b64encode(entry).decode()


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    source, text, target = sys.argv[1:]
    with open(source, encoding="utf-8") as file:
        lines = file.read().split("\n")
    lines = [changed(line, text) if line.startswith("extra ") else line for line in lines]
    with open(target, "w", encoding="utf-8") as file:
        file.write("\n".join(lines))


if __name__ == "__main__":
    main()
