#!/usr/bin/env python3
"""Every code speaks both languages, and every refusal of a rule names its code and the rule."""

import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
VALUE = re.compile(r"^  ([A-Z][A-Z0-9_]*) = \d+(.*);$", re.M)
OPTION = re.compile(r'\((code|http|en|zh)\) = ("(?:[^"\\]|\\.)*"|\d+)')
# A refusal in the making: by the function, or as the value itself.
MADE = re.compile(r"\brefuse\(|\bRefusal\{|\breturn \{(?=ErrorCode::)")
CLOSING = {"(": ")", "{": "}", "[": "]"}


def codes():
    """The options of every value of ErrorCode."""
    text = (ROOT / "proto/puhui/v1/error.proto").read_text()
    text = text[text.index("enum ErrorCode {"):]
    return {name: dict(OPTION.findall(rest)) for name, rest in VALUE.findall(text)}


def skip_string(text, at):
    """The position after the literal that begins here."""
    end = text[at]
    at += 1
    while text[at] != end:
        at += 2 if text[at] == "\\" else 1
    return at + 1


def arguments(text, at):
    """The arguments after the bracket before this position, as they are written."""
    found, open_ones, begin = [], [CLOSING[text[at - 1]]], at
    while open_ones:
        character = text[at]
        if character in "\"'":
            at = skip_string(text, at)
            continue
        if character in CLOSING:
            open_ones.append(CLOSING[character])
        elif character == open_ones[-1]:
            open_ones.pop()
        if not open_ones or character == "," and len(open_ones) == 1:
            found.append(" ".join(text[begin:at].split()))
            begin = at + 1
        at += 1
    return found


def refusals(text):
    """(line, arguments) of every refusal in a file."""
    text = re.sub(r"//[^\n]*", "", text)
    for match in MADE.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, arguments(text, match.end())


def what_is_wrong(made, known):
    """Why these arguments explain nothing, or None."""
    code = re.fullmatch(r"(?:v1::)?ErrorCode::(\w+)", made[0])
    if code and (code[1] not in known or code[1] == "OK"):
        return f"{code[1]} is no code of a refusal"
    if len(made) < 2 or made[1] in ('""', "{}", "std::string()"):
        return "no rule is named"
    literal = re.fullmatch(r'"([^"]*)"', made[1])
    if literal and not re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", literal[1]):
        return f"{literal[1]} is no name of a rule"
    return None


class Codes(unittest.TestCase):
    def test_speak_both_languages(self):
        known = codes()
        self.assertGreater(len(known), 150)
        for name, said in known.items():
            self.assertEqual(set(said), {"code", "http", "en", "zh"}, name)
            self.assertRegex(said["code"], r'^"[a-z_]+(\.[a-z_]+)?"$', name)
            self.assertRegex(said["en"], r"^\"[ -~]{2,}\"$", name)
            self.assertRegex(said["zh"], "[\u4e00-\u9fff]", name)
        names = [said["code"] for said in known.values()]
        self.assertEqual(len(names), len(set(names)))


class Refusals(unittest.TestCase):
    def test_name_code_and_rule(self):
        known, count, wrong = codes(), 0, []
        for path in sorted((ROOT / "ledger").rglob("*")):
            if path.suffix not in (".cc", ".h") or path.name == "context.h":
                continue
            for line, made in refusals(path.read_text()):
                count += 1
                if fault := what_is_wrong(made, known):
                    wrong.append(f"{path.relative_to(ROOT)}:{line}: {fault}")
        self.assertEqual(wrong, [])
        self.assertGreater(count, 200)

    def test_what_explains_nothing_is_found(self):
        known = codes()
        for text in ("refuse(ErrorCode::OK, \"a.b\")", "refuse(ErrorCode::NOVEL, \"a.b\")",
                     "refuse(ErrorCode::NOT_FOUND)", "refuse(ErrorCode::NOT_FOUND, {}, \"x\")",
                     "Refusal{ErrorCode::NOT_FOUND, \"\"}", "refuse(code, \"Some rule, or so\")"):
            (_, made), = refusals(text)
            self.assertIsNotNone(what_is_wrong(made, known), text)
        for text in ("refuse(code, \"a.b\", f(1, \"),\"), {})",
                     "refuse(ErrorCode::NOT_FOUND, rule)"):
            (_, made), = refusals(text)
            self.assertIsNone(what_is_wrong(made, known), text)


if __name__ == "__main__":
    unittest.main()
