#!/usr/bin/env python3
"""The arrows between rooms: who may include what. Prints file:line: sentence; exit 1 if any."""

import re

import source

# What each room may include of the other rooms.
ROOMS_BELOW = {
    "proto": (),
    "crypto": ("proto",),
    "ledger": ("crypto", "proto"),
    "consensus": ("proto",),
    "node": ("consensus", "ledger", "crypto", "proto"),
}
# Folders that only their own room may include.
PRIVATE = ("ledger/store/", "consensus/libraft/")
# An auditor that shares the rules' code shares their mistakes.
AUDITOR = "node/audit/"
AUDITOR_INCLUDES = re.compile(r"(proto|crypto|puhui/v1|node/audit|node/files)/")
# Libraries, and the only product files that may include them.
LIBRARIES = (
    (r"boost/multiprecision/", r"(ledger/formula|node/audit)/",
     "exact arithmetic lives in ledger/formula, and once more with the auditor"),
    (r"boost/(unordered|sort)/", r"ledger/store/",
     "hash tables and sorts of Boost are for the views at hand"),
    (r"openssl/sha\.h$", r"crypto/hash\.cc$",
     "SHA-256 is computed in crypto/hash.cc, and that is all crypto takes from OpenSSL"),
    (r"boost/|openssl/|spdlog/|CLI/|toml\+\+/|prometheus/", r"node/",
     "only node knows sockets, TLS, logs, flags, settings and metrics"),
    (r"leveldb/write_batch\.h$",
     r"ledger/(store/)?\w+\.cc$|consensus/log\w*\.cc$|node/identity/table\.cc$",
     "a batch is filled by the facade of ledger, its store, and the log of consensus"),
    (r"leveldb/", r"ledger/store/\w+\.cc$|consensus/log\w*\.cc$|node/identity/table\.cc$",
     "LevelDB is touched by the sources of ledger/store, the log of consensus and the table of "
     "identities only"),
    (r"raft(\.h|/)", r"consensus/libraft/", "only the adapter consensus/libraft knows the engine"),
    (r"sodium", r"crypto/\w+\.cc$", "libsodium stays inside the sources of crypto"),
    (r"uv\.h$", r"$", "nothing of libuv enters the process"),
)
TEST_LIBRARIES = re.compile(r"(gtest|gmock|rapidcheck|benchmark)[./]")
# Words generated from proto are proto's, whatever folder they are written to.
GENERATED = re.compile(r"puhui/v1/\w+\.pb\.h$")


def room_of(name):
    if GENERATED.match(name):
        return "proto"
    first = name.split("/")[0]
    return first if first in source.ROOMS or first == "tests" else None


def wrong_room(path, room, name):
    """Why this file may not include the project's `name`, or None."""
    target = room_of(name)
    if target is None:
        return "include project files from the project's root, system files in angle brackets"
    if target == "tests":
        return "no room includes the tests"
    if target != room and target not in ROOMS_BELOW[room]:
        below = " and ".join(ROOMS_BELOW[room]) or "no other room"
        return f"{room} may include {below}, not {target}"
    if path.startswith(AUDITOR) and not AUDITOR_INCLUDES.match(name):
        return "the auditor shares crypto, the words of proto and node/files with a node, no more"
    if target != room and name.startswith(PRIVATE):
        return f"{name.rsplit('/', 1)[0]} is private to {target}"
    return None


def wrong_library(path, name):
    """Why this product file may not include the library header `name`, or None."""
    if TEST_LIBRARIES.match(name):
        return "no room includes a test library"
    for library, users, reason in LIBRARIES:
        if re.match(library, name):
            return None if re.match(users, path) else reason
    return None


def check(path, text, complaints):
    room = path.split("/")[0]
    for number, system, name in source.includes(text):
        if system and not GENERATED.match(name):
            reason = wrong_library(path, name)
        else:
            reason = wrong_room(path, room, name)
        if reason:
            complaints.add(path, number, f"includes {name}: {reason}.")


def main():
    complaints = source.Complaints()
    for path in source.cpp_files(tops=source.ROOMS):
        check(path, source.read(path), complaints)
    complaints.exit()


if __name__ == "__main__":
    main()
