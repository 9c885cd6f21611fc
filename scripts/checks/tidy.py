#!/usr/bin/env python3
"""clang-tidy over the rooms, with the checks of .clang-tidy. Exit 1 if it complains.

    tidy.py BUILD_DIR [--all]

BUILD_DIR is configured and holds the generated headers. Without --all the rooms that include Asio
and Beast are left out: one of their files takes half a minute. A file is examined again only when
it, a project header it reaches, its flags or .clang-tidy changed: every other one has a stamp in
BUILD_DIR/tidy. From nothing the four rooms take minutes on two cores, which is why stamps exist.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import source

QUICK_ROOMS = ("proto", "crypto", "ledger", "consensus")
JOBS = max(1, min(os.cpu_count() or 1, 8))
CONFIG = ".clang-tidy"
TOOL = "clang-tidy"

# gcc's precompiled header is unreadable to clang, and some of gcc's warnings are unknown to it.
_FOREIGN_FLAGS = re.compile(r" -include \S*cmake_pch\.hx*\b| -W\S+")


def plain_command(command):
    return _FOREIGN_FLAGS.sub("", command)


def commands_of(build, root, rooms):
    """Compile commands by path relative to the root, of the given rooms."""
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        entries = json.load(file)
    wanted = {}
    for entry in entries:
        path = os.path.relpath(entry["file"], root)
        if path.split("/")[0] in rooms:
            wanted[path] = {**entry, "command": plain_command(entry["command"])}
    return wanted


def reached(path, known):
    """The file and every project header it reaches; generated ones by their .proto."""
    todo, seen = [path], set()
    while todo:
        here = todo.pop()
        if here in seen:
            continue
        seen.add(here)
        names = [name for _, _, name in source.includes(source.read(here))]
        names += re.findall(r'(?m)^import "([^"]+)";', source.read(here))
        for name in names:
            for candidate in (name, "proto/" + name, "proto/" + name.replace(".pb.h", ".proto")):
                if candidate in known:
                    todo.append(candidate)
    return sorted(seen)


def stamp_of(path, entry, base, known):
    digest = hashlib.sha256(base + entry["command"].encode())
    for name in reached(path, known):
        digest.update(name.encode() + b"\0" + source.read(name).encode() + b"\0")
    return digest.hexdigest()


def examine(path, database, root):
    rooms = "|".join(source.ROOMS)
    answer = subprocess.run(
        [TOOL, "--quiet", "-p", database, f"--header-filter=^{re.escape(root)}/({rooms})/", path],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    said = answer.stdout.decode()
    if answer.returncode and not said:
        said = answer.stderr.decode()
    return answer.returncode == 0, said.replace(root + "/", "")


def run(build, rooms):
    root = os.getcwd()
    commands = commands_of(build, root, rooms)
    folder = os.path.join(build, "tidy")
    os.makedirs(os.path.join(folder, "stamps"), exist_ok=True)
    with open(os.path.join(folder, "compile_commands.json"), "w", encoding="utf-8") as file:
        json.dump(list(commands.values()), file)
    version = subprocess.run([TOOL, "--version"], stdout=subprocess.PIPE, check=True).stdout
    base, known = version + source.read(CONFIG).encode(), set(source.files())
    stamps = {p: os.path.join(folder, "stamps", stamp_of(p, c, base, known))
              for p, c in commands.items()}
    todo = [p for p, stamp in sorted(stamps.items()) if not os.path.exists(stamp)]
    failed = 0
    with ThreadPoolExecutor(JOBS) as pool:
        for path, (good, said) in zip(todo, pool.map(lambda p: examine(p, folder, root), todo)):
            if good:
                open(stamps[path], "w", encoding="utf-8").close()
            else:
                failed += 1
                print(said, end="", flush=True)
    print(f"tidy: {len(commands)} files, {len(todo)} examined, {failed} with complaints")
    return 1 if failed else 0


def main():
    arguments = [a for a in sys.argv[1:] if a != "--all"]
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    build = arguments[0]
    if not os.path.exists(os.path.join(build, "compile_commands.json")):
        print(f"tidy: {build} is not configured; run cmake --preset release", file=sys.stderr)
        sys.exit(2)
    sys.exit(run(build, source.ROOMS if "--all" in sys.argv else QUICK_ROOMS))


if __name__ == "__main__":
    main()
