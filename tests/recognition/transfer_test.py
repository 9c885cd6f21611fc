#!/usr/bin/env python3
"""The model of transfers between cities holds in all its states, and fails with any mistake in it.

Environment: SPIN and CC name the programs; spin and cc unless given.
"""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
MODEL = HERE / "transfer.pml"
VIEWS = HERE.parents[1] / "proto/puhui/v1/view.proto"
SPIN = os.environ.get("SPIN", "spin")
CC = os.environ.get("CC", "cc")

DEPTH = 10_000
MEGABYTES = 2048

# A mistake, and a property that it breaks.
MISTAKES = {
    "OWN_CLOCK": "CONSERVED",               # the sender frees when it thinks it is late
    "IMPORT_AFTER_VOID": "ONE_ANSWER",      # the taker forgets that it has voided
    "TWO_ANSWERS": "BOTH_SAY_SO",           # the taker answers whatever it answered before
    "SETTLED_UNPROVEN": "CONSERVED",        # a settlement frees before the taker has recorded it
    "RECOGNISED_UNPROVEN": "DISCOUNTED",    # a settlement concludes what was not imported
    "SILENCE_IS_DEATH": "USED_ONCE",        # the partner given up is only out of reach
    "DEAD_UNHEARD": "CONSERVED",            # given up before its last leaves were shown
    "VOID_NEEDS_VERSION": "NONE_IN_FLIGHT",  # of an agreement that the taker may never file
    "LATEST_VERSION": "NONE_IN_FLIGHT",     # imported by terms that the sender may never file
    "AGAIN_UNCONCLUDED": "CONSERVED",       # taken again before its return is concluded
    "NO_EPOCH": "CONSERVED",                # a shortened ledger goes on as if nothing were lost
    "USE_WHILE_WAITING": "USED_ONCE",       # it uses at home what may be abroad
    "SETTLED_OPEN": "PARTED",               # by one city alone, before it has left the agreement
    "SETTLED_WHILE_WAITING": "BOTH_SAY_SO",  # the taker forgets what a lost leaf may have said
    "LIST_GIVEN_UP_OPEN": "PARTED",         # a list is waited for no more, the agreement in force
    "LIST_GIVEN_UP_EARLY": "USED_ONCE",     # nor that of a partner that lives
    "PART_IS_ALL": "CONSERVED",             # acts again upon a part of the list
    "OLD_LEAVES_AFTER_LIST": "CONSERVED",   # the partner takes lost leaves after it has listed
    "ADOPTED_BACKWARDS": "CONSERVED",       # the list is followed in another order
}


class Search:
    """What spin says of the model with these macros, searched whole or to the first error."""

    def __init__(self, *macros, level="-O2", cycles=False):
        goal = ("-DNP", "-l") if cycles else ("-DSAFETY", "-E")
        with tempfile.TemporaryDirectory() as folder:
            self._run(folder, SPIN, "-a", *("-D" + macro for macro in macros), str(MODEL))
            self._run(folder, CC, "-w", level, goal[0], f"-DMEMLIM={MEGABYTES}", "-o", "pan",
                      "pan.c")
            self.said = self._run(folder, "./pan", goal[1], f"-m{DEPTH}", "-w23")
        self.errors = self._number(r"errors: (\d+)")
        self.states = self._number(r"(\d+) states, stored")

    @staticmethod
    def _run(folder, *command):
        done = subprocess.run(command, cwd=folder, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}")
        return done.stdout

    def _number(self, pattern):
        found = re.search(pattern, self.said)
        if not found:
            raise AssertionError(f"no '{pattern}' in\n{self.said}")
        return int(found[1])

    @property
    def is_whole(self):
        cut = ("max search depth too small", "out of memory", "Search not completed", "truncated")
        return not any(words in self.said for words in cut)

    @property
    def unreached(self):
        """Lines of the model that no state leads to; the end of a loop is none."""
        return [line for line in re.findall(r"transfer\.pml:\d+, state \d+, .*", self.said)
                if '"-end-"' not in line]


class TransferTest(unittest.TestCase):
    def test_holds_in_every_state(self):
        search = Search()
        self.assertEqual(search.errors, 0, search.said)
        self.assertTrue(search.is_whole, search.said)
        self.assertEqual(search.unreached, [])
        self.assertGreater(search.states, 100_000)
        print(f"{search.states} states", re.search(r"elapsed time .*", search.said)[0])

    def test_ends_every_run(self):
        search = Search("NEVER_RESUMED", cycles=True)
        self.assertEqual(search.errors, 0, search.said)
        self.assertTrue(search.is_whole, search.said)

    def test_finds_every_mistake(self):
        for mistake, broken in MISTAKES.items():
            with self.subTest(mistake=mistake):
                search = Search(mistake, f"ONLY={broken}", level="-O0")
                self.assertEqual(search.errors, 1, f"{mistake} does not break {broken}")
                self.assertIn("assertion violated", search.said)

    def test_names_every_mistake_and_property(self):
        text = MODEL.read_text()
        named = set(re.findall(r"^#ifn?def (\w+)|defined\((\w+)\)", text, re.M))
        self.assertEqual({a or b for a, b in named} - {"ONLY", "NEVER_RESUMED"}, set(MISTAKES))
        checked = set(re.findall(r"!(\w+) -> assert", text))
        self.assertEqual(checked, set(MISTAKES.values()))

    def test_has_the_states_of_the_ledger(self):
        enum = re.search(r"enum TransferState \{(.*?)\n\}", VIEWS.read_text(), re.S)[1]
        recorded = dict(re.findall(r"(TRANSFER_\w+) = (\d+);", enum))
        modelled = dict(re.findall(r"#define (TRANSFER_\w+) (\d+)", MODEL.read_text()))
        self.assertEqual(modelled, recorded)


if __name__ == "__main__":
    unittest.main()
