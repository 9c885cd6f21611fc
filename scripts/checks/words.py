#!/usr/bin/env python3
"""Names and words that do not belong here. Prints file:line: sentence; exit 1 if any.

Three families: names that say nothing and remarks that promise later work, or tie the project to
one machine (every text file); what would let two replicas disagree (ledger and consensus); and
operands of co_await that gcc 12 compiles into double frees (all C++).
"""

import re

import source

# ---- Names and remarks ------------------------------------------------------------------------

EMPTY_NAMES = re.compile(
    r"(?:^|_|-)(?:utils?|common|base|helpers?|managers?|impl|misc)$")
# Spelled so that it does not find itself.
LATER_WORK = re.compile(r"\b(?:TO[D]O|FIX[M]E|XX[X]|HAC[K])\b")
MACHINE_PATH = re.compile(r"(?<![\w./~$}-])/(?:work|root|home)/[\w.]")
REGISTRY_HOST = re.compile(
    r"https?://[^/\s\"']*\b(?:registry\.|npmjs\.|npmmirror\.|pypi\.|crates\.io|proxy\.golang"
    r"|artifactory|nexus|deb\.debian)")
BINARY = (".png", ".ico", ".woff2", ".pdf", ".gz", ".sum")


def check_name(path, complaints):
    for part in path.split("/"):
        stem = part.split(".")[0]
        if EMPTY_NAMES.search(stem):
            complaints.add(path, 1, f"the name '{part}' says nothing; name what it does.")


def check_remarks(path, text, complaints):
    for number, line in enumerate(text.splitlines(), 1):
        if LATER_WORK.search(line):
            complaints.add(path, number, "announces later work; do it or leave it out.")
        if MACHINE_PATH.search(line):
            complaints.add(path, number, "names a path of one machine.")
        if REGISTRY_HOST.search(line):
            complaints.add(path, number, "names a package registry; each machine knows its own.")


# ---- Determinism ------------------------------------------------------------------------------

REPLICATED = ("ledger", "consensus")
SOURCES_OF_DOUBT = (
    (r"<(?:chrono|ctime|time\.h|sys/time\.h)>", "a clock"),
    (r"<random>|(?<![\w.>:])(?:std::)?s?rand\s*\(|\brandom_device\b|\brandom_bytes\b|\bgetrandom\b",
     "randomness"),
    (r"(?<![\w.>])(?:std::|::)?time\s*\(\s*(?:nullptr|NULL|0|&)|\bclock_gettime\b|\bgettimeofday\b",
     "a clock"),
    (r"\b(?:float|double)\b", "floating point"),
    (r"<(?:thread|future|stop_token|latch|barrier|semaphore|condition_variable|pthread\.h)>"
     r"|\bstd::(?:j?thread|async)\b|\bthread_local\b", "a thread"),
    (r"<(?:atomic|mutex|shared_mutex)>", "shared memory"),
    (r"<(?:locale|clocale)>|\bsetlocale\b|\bgetenv\b", "the process's surroundings"),
    (r"<unordered_(?:map|set)>", "a container without an order"),
    (r"\bstd::hash\b|\breinterpret_cast<\s*(?:std::)?uintptr_t\b", "a value that differs by run"),
)
# What each file may still use. Its comments say why.
ALLOWED = {
    "ledger/rules/calendar.cc": {"<chrono>"},
    "ledger/store/store.h": {"<condition_variable>", "<mutex>"},
    "ledger/store/tile_nodes.h": {"<mutex>"},
    "ledger/ledger.h": {"<mutex>", "<shared_mutex>", "<unordered_map>"},
    "ledger/store/changes.h": {"<unordered_map>", "std::hash"},
    "ledger/store/state.h": {"<unordered_map>"},
}
# Walked in one file only, which sorts what it finds or moves it to another of its kind.
WALKED = {"ledger/store/changes.cc": {"hashed_"}}
UNORDERED_NAME = re.compile(
    r"\bunordered_\w+<[^;{}()]*>\s*[&*]?\s*(\w+)\s*(?:[;,){=]|$)", re.MULTILINE)

UNORDERED_ALIAS = re.compile(r"\busing\s+(\w+)\s*=\s*(?:std::)?unordered_")


def unordered_names(codes):
    """Names of variables and members of unordered types, directly or by an alias of the room."""
    text = "\n".join(codes)
    names = set(UNORDERED_NAME.findall(text))
    for alias in set(UNORDERED_ALIAS.findall(text)):
        names.update(re.findall(rf"\b{alias}\b\s*[&*]?\s+[&*]?(\w+)\s*[;,){{=]", text))
    return names


def check_determinism(path, code, complaints):
    for pattern, what in SOURCES_OF_DOUBT:
        for match in re.finditer(pattern, code):
            if match[0] not in ALLOWED.get(path, ()):
                sentence = f"uses {match[0].strip()}: {what} must not reach replicated code."
                complaints.add(path, source.line_of(code, match.start()), sentence)


def check_iteration(path, code, unordered, complaints):
    names = "|".join(map(re.escape, sorted(unordered)))
    if not names:
        return
    walk = (rf"\bfor\s*\([^;()]*:\s*\*?(?:\w+(?:\.|->))*({names})\s*\)"
            rf"|\b({names})(?:\.|->)c?r?begin\s*\(")
    for match in re.finditer(walk, code):
        if (match[1] or match[2]) in WALKED.get(path, ()):
            continue
        sentence = f"walks the unordered '{match[1] or match[2]}': its order differs by process."
        complaints.add(path, source.line_of(code, match.start()), sentence)


# ---- Coroutines -------------------------------------------------------------------------------

CO_AWAIT = re.compile(r"\bco_await\b")
_NAME = r"\*?&?(?:this\b|(?:::)?\w+)(?:(?:::|\.|->)\w+)*"
ARGUMENT = re.compile(
    rf"\s*(?:{_NAME}|std::move\(\s*{_NAME}\s*\)|-?[\d'.]+[a-zA-Z]*)\s*")
OWN_STATEMENT = re.compile(
    r"\s*(?:\(void\)\s*|co_return\s+|[\w:<>,&*\s\[\].]+(?:->\w+)*\s*=\s*)?")


def operand_of(code, start):
    """The operand text from `start` to the end of the co_await expression."""
    depth, end = 0, start
    while end < len(code):
        character = code[end]
        if character in ";{}" and depth == 0 or character in ",)" and depth == 0:
            break
        depth += {"(": 1, ")": -1}.get(character, 0)
        end += 1
    return code[start:end]


def arguments_of(operand):
    """The arguments of the outermost calls in an operand such as a.b(x).c(y, z)."""
    depth, arguments = 0, [""]
    for character in operand:
        depth -= character == ")"
        if depth and not (character == "," and depth == 1):
            arguments[-1] += character
        elif character == ",":
            arguments.append("")
        depth += character == "("
        if character == ")" and depth == 0:
            arguments.append("")
    return [a for a in arguments if a.strip()]


def check_coroutines(path, code, complaints):
    for match in CO_AWAIT.finditer(code):
        line = source.line_of(code, match.start())
        begin = max(code.rfind(c, 0, match.start()) for c in ";{}") + 1
        if not OWN_STATEMENT.fullmatch(code[begin:match.start()]):
            complaints.add(path, line, "co_await inside an expression: bind its result first.")
        operand = operand_of(code, match.end())
        if any(not ARGUMENT.fullmatch(a) for a in arguments_of(operand)):
            complaints.add(path, line, "co_await of a temporary: its operand may hold only names, "
                                       "std::move(name) and scalars.")


# ---- All of it --------------------------------------------------------------------------------

def check_cpp(complaints, texts):
    codes = {p: source.code_of(t) for p, t in texts.items()}
    for room in REPLICATED:
        mine = {p: c for p, c in codes.items() if p.split("/")[0] == room}
        unordered = unordered_names(mine.values())
        for path, code in mine.items():
            check_determinism(path, code, complaints)
            check_iteration(path, code, unordered, complaints)
    for path, code in codes.items():
        check_coroutines(path, code, complaints)


def main():
    complaints = source.Complaints()
    for path in source.files():
        check_name(path, complaints)
        if not path.endswith(BINARY):
            check_remarks(path, source.read(path), complaints)
    check_cpp(complaints, {p: source.read(p) for p in source.cpp_files()})
    complaints.exit()


if __name__ == "__main__":
    main()
