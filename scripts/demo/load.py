#!/usr/bin/env python3
"""A client that keeps sending while the city's machines fail, and remembers every answer.

  load.py sign  --count N --folder DIR --profile FILE --from ACCOUNT --to ACCOUNT
  load.py send  --folder DIR --profile FILE --workers N
  load.py check --folder DIR --profile FILE --first POSITION

`sign` writes N signed transfers of one kilogram. `send` submits them, each until it is answered:
after "unreachable or outcome unknown" (exit 4) the same bytes are sent again. Every acknowledgement
is appended to DIR/acknowledged.ndjson the moment it comes. `check` reads the ledger from POSITION
on and compares: every acknowledged event exactly once, where it was said to be, and no other of
these events. It prints what it found as JSON; exit 1 if anything differs.
"""

import argparse
import base64
import collections
import concurrent.futures
import hashlib
import json
import pathlib
import subprocess
import sys
import threading
import time

OUTCOME_UNKNOWN = 4
RETRY_S = 0.1
SIGN_WORKERS = 4
GIVE_UP_S = 60


def event_id(number):
    return hashlib.sha256(f"load-{number}".encode()).hexdigest()[:32]


def puhui(profile, *arguments):
    return subprocess.run(["./puhui", *arguments, "--profile", profile], capture_output=True,
                          text=True, check=False)


def sign(options):
    def one(number):
        done = puhui(options.profile, "transfer", "--from", options.source, "--to", options.target,
                     "--amount", "1kg", "--event-id", event_id(number),
                     "--out", str(options.folder / f"{event_id(number)}.event"))
        if done.returncode != 0:
            raise SystemExit(f"signing failed: {done.stderr}")

    options.folder.mkdir()
    with concurrent.futures.ThreadPoolExecutor(SIGN_WORKERS) as pool:
        list(pool.map(one, range(options.count)))


class Sender:
    def __init__(self, options):
        self._options = options
        self._lock = threading.Lock()
        self._log = (options.folder / "acknowledged.ndjson").open("a", encoding="utf-8")

    def send(self, path):
        begin, again = time.monotonic(), 0
        while True:
            done = puhui(self._options.profile, "event", "submit", str(path), "-o", "json")
            if done.returncode == 0:
                break
            if done.returncode != OUTCOME_UNKNOWN or time.monotonic() - begin > GIVE_UP_S:
                raise RuntimeError(f"{path.name}: exit {done.returncode}: {done.stderr}")
            again += 1
            time.sleep(RETRY_S)
        answer = json.loads(done.stdout)
        self._remember({"event_id": path.stem, "position": int(answer["position"]),
                        "again": again, "at": time.time(),
                        "waited_s": round(time.monotonic() - begin, 3)})

    def _remember(self, line):
        with self._lock:
            self._log.write(json.dumps(line) + "\n")
            self._log.flush()


def send(options):
    sender = Sender(options)
    with concurrent.futures.ThreadPoolExecutor(options.workers) as pool:
        list(pool.map(sender.send, sorted(options.folder.glob("*.event"))))


def acknowledged(folder):
    lines = (folder / "acknowledged.ndjson").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def positions_in_ledger(options):
    """Event id → positions, of all events from the first position on."""
    done = puhui(options.profile, "tail", "--from", str(options.first), "--linearizable",
                 "-o", "json")
    if done.returncode != 0:
        raise SystemExit(f"reading the ledger failed: {done.stderr}")
    found = collections.defaultdict(list)
    for line in done.stdout.splitlines():
        entry = json.loads(line)
        if "payload" in entry:
            name = base64.b64decode(entry["payload"]["event_id"]).hex()
            found[name].append(int(entry["position"]))
    return found


def check(options):
    answers = acknowledged(options.folder)
    found = positions_in_ledger(options)
    once = [a for a in answers if found[a["event_id"]] == [a["position"]]]
    sent = [path.stem for path in options.folder.glob("*.event")]
    report = {
        "sent": len(sent),
        "acknowledged": len(answers),
        "acknowledged_and_once_in_ledger": len(once),
        "in_ledger": sum(len(found[name]) for name in sent),
        "sent_again": sum(1 for a in answers if a["again"] > 0),
        "longest_wait_s": max(a["waited_s"] for a in answers),
    }
    print(json.dumps(report, indent=1))
    same = {report[key] for key in ("acknowledged", "acknowledged_and_once_in_ledger", "in_ledger")}
    return 0 if same == {report["sent"]} else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=["sign", "send", "check"])
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    parser.add_argument("--profile", required=True)
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--from", dest="source")
    parser.add_argument("--to", dest="target")
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args()
    return {"sign": sign, "send": send, "check": check}[options.step](options) or 0


if __name__ == "__main__":
    sys.exit(main())
