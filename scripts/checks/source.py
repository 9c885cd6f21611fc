"""What the checks share: the list of files, C++ without comments and literals, and complaints."""

import os
import re
import subprocess
import sys

ROOMS = ("proto", "crypto", "ledger", "consensus", "node")
CPP = (".h", ".cc", ".c")
_SKIPPED_FOLDERS = {".git", "build", "node_modules", "dist", "__pycache__"}


class Complaints:
    """Collects violations and prints each as file:line: sentence."""

    def __init__(self):
        self.count = 0

    def add(self, path, line, sentence):
        self.count += 1
        print(f"{path}:{line}: {sentence}")

    def exit(self):
        sys.exit(1 if self.count else 0)


def files(root="."):
    """Paths relative to the project's root: tracked ones and new ones that are not ignored."""
    listed = subprocess.run(
        ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    if listed.returncode == 0:
        paths = [p for p in listed.stdout.decode().split("\0") if p]
    else:
        paths = list(_walk(root))
    return sorted(p for p in set(paths) if os.path.isfile(os.path.join(root, p)))


def _walk(root):
    for folder, folders, names in os.walk(root):
        folders[:] = [f for f in folders if f not in _SKIPPED_FOLDERS]
        for name in names:
            yield os.path.relpath(os.path.join(folder, name), root)


def cpp_files(root=".", tops=ROOMS + ("tests",)):
    """The C and C++ sources of the given top-level folders."""
    return [p for p in files(root) if p.endswith(CPP) and p.split("/")[0] in tops]


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


_LITERALS = re.compile(
    r'//[^\n]*'
    r'|/\*.*?\*/'
    r'|R"(?P<d>[^()\\\s]{0,16})\(.*?\)(?P=d)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F'])'(?:\\.|[^'\\\n])+'",
    re.DOTALL)


def code_of(text):
    """The text with comments blanked and literals emptied; every line keeps its number."""

    def blank(match):
        piece = match[0]
        lines = "\n" * piece.count("\n")
        if piece.startswith(("//", "/*")):
            return lines or " "
        return ("''" if piece.startswith("'") else '""') + lines

    return _LITERALS.sub(blank, text)


_INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')


def includes(text):
    """(line number, True if in angle brackets, name) of every include."""
    for number, line in enumerate(text.splitlines(), 1):
        match = _INCLUDE.match(line)
        if match:
            yield number, match[1] == "<", match[2]


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1
