#!/usr/bin/env python3
"""Sizes of files, lines and functions. Prints file:line: sentence; exit 1 if any is too large.

Lines are measured in all code, files in C++, functions in the rooms only: a test may tell a long
story.
Functions are found by their braces, not by a full parser: it knows namespaces, classes, functions,
lambdas, constructors' initialisers and braced values, and leaves what it does not know alone.
"""

import re
from dataclasses import dataclass

import source

MEASURED = source.CPP + (".py", ".go")
FILE_LINES_MAX = 500
TEST_FILE_LINES_MAX = 650  # cases of one subject, read one by one
LINE_COLUMNS_MAX = 100
FUNCTION_LINES_MAX = 70
PARAMETERS_MAX = 5
NESTING_MAX = 3

_SCOPE = re.compile(r"\b(namespace|class|struct|union|enum)\b|\bextern\s*\"\"\s*$")
_CONTROL = re.compile(r"\b(?:else\s+if|if|for|while|switch|do|else|try|catch)\b")
_FUNCTION_TAIL = re.compile(
    r"\)\s*(?:(?:const|noexcept|override|final|mutable|constexpr|&&?|try)\s*"
    r"|noexcept\s*\(\)\s*|requires\b[^{}]*|->\s*[\w:<>,&*\s().\[\]]+)*$")
_INITIALISERS = re.compile(r"\)\s*(?:noexcept\s*)?:(?!:)")
_LAMBDA = re.compile(
    r"\]\s*(?:<[^{}]*>\s*)?(?:\(\))?\s*(?:(?:mutable|constexpr|noexcept)\s*)*"
    r"(?:->\s*[\w:<>,&*\s]+)?$")

_LABEL = re.compile(r"\s*(?:public|private|protected|default|case\s[^:?]+)\s*:")
_CONSTRUCTOR = re.compile(r"\b(\w+)::\1\s*\(")
# A parameter with a name: a type, then a word, perhaps an array bound or a default.
_NAMED = re.compile(r"[\w>&*\])]\s*[\s&*]\w+\s*(?:\[.*\]|=.*)?$", re.DOTALL)


@dataclass
class Block:
    kind: str           # scope, function, lambda, control, plain, value
    line: int           # where its header starts
    header: str         # text before the brace, kept to go on with after a value
    levels: int = 0     # of nesting that it adds


def flatten(text):
    """Empties parentheses, so that a header can be judged by its outline."""
    while True:
        shorter = re.sub(r"\([^()]*[^()\s][^()]*\)", "()", text)
        shorter = re.sub(r"\(\(\)\)", "()", shorter)
        if shorter == text:
            return text
        text = shorter


def parameters_of(header):
    """The number of named parameters of the function that `header` introduces.

    Unnamed ones are not counted: a callback of a foreign library takes what it must.
    """
    outline = re.sub(r"\b(?:noexcept|requires|alignas|decltype)\s*\(", "(", header)
    after = outline.find("operator()") + len("operator()") if "operator()" in outline else 0
    depth, parameters = 0, [""]
    for character in outline[outline.find("(", after):]:
        depth += (character in "([{<") - (character in ")]}>")
        if depth == 0:
            break
        if character == "," and depth == 1:
            parameters.append("")
        else:
            parameters[-1] += character
    return sum(1 for p in parameters if _NAMED.search(p.strip("( \n")))


def classify(header, parent):
    """What kind of block opens after `header`, inside a block of kind `parent`."""
    outline = flatten(header).strip()
    if parent == "value":
        return "lambda" if _LAMBDA.search(outline) else "value"
    if _LAMBDA.search(outline):
        return "lambda"
    if parent in ("scope", "top"):
        if _FUNCTION_TAIL.search(outline) and not re.search(r"=\s*[\w:]*\(\)$", outline):
            return "function"
        if _INITIALISERS.search(outline):
            return "function" if outline.endswith(("()", "}")) else "value"
        return "scope" if _SCOPE.search(outline) and not outline.endswith("=") else "value"
    if _CONTROL.match(outline):
        return "control"
    if not outline or outline.endswith(":"):
        return "plain"
    if _SCOPE.match(outline) and "=" not in outline:
        return "scope"
    return "value"


class Measurer:
    """Walks one file's braces and reports functions as they close."""

    def __init__(self, text, report):
        self.code = re.sub(r"(?m)^[ \t]*#(?:[^\n]*\\\n)*[^\n]*",
                           lambda m: "\n" * m[0].count("\n"), source.code_of(text))
        self.report = report
        self.blocks = []
        self.header, self.header_line, self.line, self.parentheses = "", 1, 1, [0]

    def run(self):
        for character in self.code:
            if character == "{":
                self.open()
            elif character == "}" and self.blocks:
                self.close()
            elif character == ";" and self.parentheses[-1] == 0:
                self.header = ""
            else:
                self.take(character)
            if character == "\n":
                self.line += 1

    def take(self, character):
        if not self.header.strip() and not character.isspace():
            self.header, self.header_line = "", self.line
        self.parentheses[-1] += {"(": 1, ")": -1}.get(character, 0)
        self.header += character
        at_label = character == ":" and self.parentheses[-1] == 0
        if at_label and _LABEL.fullmatch(self.header):
            self.header = ""

    def open(self):
        parent = self.blocks[-1].kind if self.blocks else "top"
        header = self.header
        kind = classify(header[header.rfind("(") + 1:] if self.inside(header) else header, parent)
        if kind == "plain" and self.inside(header):
            kind = "value"
        levels = len(_CONTROL.findall(flatten(header))) if kind == "control" else 0
        self.blocks.append(Block(kind, self.header_line, header, levels))
        self.check_nesting()
        self.header = ""
        self.parentheses.append(0)

    def inside(self, header):
        """True in the middle of a parenthesis, where a brace starts a value or a lambda."""
        return self.parentheses[-1] > 0 and "(" in header

    def close(self):
        block = self.blocks.pop()
        self.parentheses.pop()
        if block.kind in ("value", "lambda"):
            self.header = block.header + "{}"
            self.header_line = block.line
            return
        self.header = ""
        if block.kind == "function":
            self.check_function(block)

    def check_nesting(self):
        levels = 0
        for block in reversed(self.blocks):
            levels += block.levels
            if block.kind in ("function", "lambda"):
                break
        if levels > NESTING_MAX and self.blocks[-1].kind == "control":
            self.report(self.line, f"nested {levels} deep; at most {NESTING_MAX}.")

    def check_function(self, block):
        lines = self.line - block.line + 1
        if lines > FUNCTION_LINES_MAX:
            self.report(block.line, f"a function of {lines} lines; at most {FUNCTION_LINES_MAX}.")
        # A constructor may name one collaborator more: it is where the parts are introduced.
        limit = PARAMETERS_MAX + (1 if _CONSTRUCTOR.search(block.header) else 0)
        count = parameters_of(block.header)
        if count > limit:
            self.report(block.line, f"a function of {count} parameters; at most {limit}.")


def check(path, text, complaints):
    lines = text.splitlines()
    limit = TEST_FILE_LINES_MAX if path.startswith("tests/") else FILE_LINES_MAX
    if len(lines) > limit and path.endswith(source.CPP):
        complaints.add(path, len(lines), f"a file of {len(lines)} lines; at most {limit}.")
    for number, line in enumerate(lines, 1):
        if len(line) > LINE_COLUMNS_MAX:
            complaints.add(path, number, f"{len(line)} columns; at most {LINE_COLUMNS_MAX}.")
    if path.split("/")[0] in source.ROOMS and path.endswith(source.CPP):
        Measurer(text, lambda line, sentence: complaints.add(path, line, sentence)).run()


def main():
    complaints = source.Complaints()
    for path in source.files():
        if not path.endswith(MEASURED):
            continue
        check(path, source.read(path), complaints)
    complaints.exit()


if __name__ == "__main__":
    main()
