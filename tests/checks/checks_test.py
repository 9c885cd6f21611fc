#!/usr/bin/env python3
"""Every house check refuses what it is there to refuse, and leaves good code alone."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "scripts", "checks"))

import arrows  # noqa: E402
import sizes  # noqa: E402
import tidy  # noqa: E402
import words  # noqa: E402


class Heard:
    def __init__(self):
        self.said = []

    def add(self, path, line, sentence):
        self.said.append((path, line, sentence))


def hear(check, *arguments):
    heard = Heard()
    check(*arguments, heard)
    return heard.said


class Arrows(unittest.TestCase):
    def refused(self, path, include):
        return bool(hear(arrows.check, path, f"#include {include}\n"))

    def test_refuses(self):
        for path, include in [
                ("ledger/ledger.cc", '"consensus/core.h"'),
                ("consensus/core.cc", '"ledger/ledger.h"'),
                ("consensus/core.cc", '"crypto/hash.h"'),
                ("crypto/key.cc", '"ledger/event.h"'),
                ("proto/error.cc", '"crypto/hash.h"'),
                ("crypto/key.cc", '"node/files/folder.h"'),
                ("node/api/api.cc", '"tests/ledger/city.h"'),
                ("node/api/api.cc", '"ledger/store/keys.h"'),
                ("node/api/api.cc", '"consensus/libraft/rc.h"'),
                ("crypto/key.cc", '"hash.h"'),
                ("consensus/driver.cc", "<raft.h>"),
                ("ledger/ledger.cc", "<leveldb/db.h>"),
                ("ledger/ledger.h", "<leveldb/write_batch.h>"),
                ("ledger/rules/rules.cc", "<leveldb/write_batch.h>"),
                ("consensus/driver.cc", "<leveldb/db.h>"),
                ("node/api/api.cc", "<leveldb/db.h>"),
                ("node/identity/store.cc", "<leveldb/db.h>"),
                ("node/api/api.cc", "<boost/multiprecision/cpp_int.hpp>"),
                ("node/audit/audit.cc", '"ledger/rules/rules.h"'),
                ("node/audit/audit.cc", '"consensus/core.h"'),
                ("node/audit/audit.cc", '"node/mirror/copy.h"'),
                ("crypto/hash.h", "<sodium.h>"),
                ("node/daemon/main.cc", "<sodium.h>"),
                ("ledger/ledger.cc", "<spdlog/spdlog.h>"),
                ("consensus/driver.cc", "<boost/asio/post.hpp>"),
                ("crypto/key.cc", "<openssl/evp.h>"),
                ("crypto/key.cc", "<openssl/sha.h>"),
                ("ledger/rules/rules.cc", "<boost/multiprecision/cpp_int.hpp>"),
                ("ledger/ledger.cc", "<gtest/gtest.h>"),
        ]:
            self.assertTrue(self.refused(path, include), f"{path} {include}")

    def test_accepts(self):
        for path, include in [
                ("ledger/ledger.cc", "<leveldb/write_batch.h>"),
                ("ledger/store/store.cc", "<leveldb/db.h>"),
                ("ledger/ledger.h", '"ledger/store/state.h"'),
                ("ledger/ledger.h", '"puhui/v1/api.pb.h"'),
                ("consensus/libraft/core.cc", "<raft.h>"),
                ("consensus/log.cc", "<leveldb/db.h>"),
                ("node/identity/table.cc", "<leveldb/db.h>"),
                ("node/api/api.cc", '"ledger/rules/holding/holdings.h"'),
                ("node/api/api.cc", "<boost/asio/post.hpp>"),
                ("crypto/hash.cc", "<sodium.h>"),
                ("crypto/hash.cc", "<openssl/sha.h>"),
                ("crypto/hash.cc", "<vector>"),
        ]:
            self.assertFalse(self.refused(path, include), f"{path} {include}")


def function_of(lines, head="void f() {"):
    return head + "\n" + "  g();\n" * (lines - 2) + "}\n"


class Sizes(unittest.TestCase):
    def complaints(self, text, path="crypto/a.cc"):
        return [sentence for _, _, sentence in hear(sizes.check, path, text)]

    def test_functions(self):
        self.assertEqual(self.complaints(function_of(70)), [])
        self.assertEqual(len(self.complaints(function_of(71))), 1)
        self.assertEqual(self.complaints(function_of(71), "tests/a_test.cc"), [])
        long_kinds = [
            "namespace a {\nclass B final : public C {\n"
            + function_of(80, "int f() const override {") + "};\n}",
            function_of(80, "B::B(int a) : a_(a), b_{a}, c_() {"),
            function_of(80, "template <class T>\nauto f(T t) -> std::vector<int> {"),
            function_of(80, "B& B::operator=(B&& other) noexcept {"),
            function_of(80, "extern \"C\" int f(void) {"),
            function_of(80, 'Result<void> f(std::string_view s = "{", char c = \'{\') {  // {'),
        ]
        for text in long_kinds:
            self.assertEqual(len(self.complaints(text)), 1, text[:60])

    def test_not_functions(self):
        rows = "    {1, 2},\n" * 80
        for head in ("const std::array<Row, 80> kRows = {", "constexpr Row kRows[]{",
                     "enum class E {"):
            self.assertEqual(self.complaints(head + "\n" + rows + "};\n"), [], head)

    def test_parameters(self):
        five = "void f(int a, std::map<int, int> b, int c, int d, int e) {}\n"
        six = "void f(int a, int b, int c, int d = g(1, 2), int e, int* f) {}\n"
        unnamed = "void f(void*, void* one, int, long, long, int*) {}\n"
        self.assertEqual(self.complaints(five), [])
        self.assertEqual(len(self.complaints(six)), 1)
        self.assertEqual(self.complaints(unnamed), [])
        constructor = six.replace("void f(", "F::F(")
        self.assertEqual(self.complaints(constructor), [])
        self.assertEqual(len(self.complaints(constructor.replace("(", "(int z, ", 1))), 1)

    def test_nesting(self):
        three = "void f() {\n if (a) {\n for (;;) {\n while (b) {\n g();\n }\n }\n }\n}\n"
        four = three.replace("g();", "if (c) { g(); }")
        chain = "void f() {\n if (a) {\n" + " } else if (b) {\n" * 4 + " }\n}\n"
        anew = three.replace("g();", "h([&] { if (c) { g(); } });")
        self.assertEqual(self.complaints(three), [])
        self.assertEqual(len(self.complaints(four)), 1)
        self.assertEqual(self.complaints(chain), [])
        self.assertEqual(self.complaints(anew), [])

    def test_files_and_lines(self):
        self.assertEqual(self.complaints("\n" * 500), [])
        self.assertEqual(len(self.complaints("\n" * 501)), 1)
        self.assertEqual(self.complaints("\n" * 650, "tests/a.cc"), [])
        self.assertEqual(len(self.complaints("\n" * 651, "tests/a.cc")), 1)
        self.assertEqual(self.complaints("//" + "x" * 98), [])
        self.assertEqual(len(self.complaints("//" + "x" * 99, "tests/a.cc")), 1)


class Words(unittest.TestCase):
    def test_names(self):
        for path in ("crypto/utils/a.h", "node/common.cc", "ledger/store_impl.h", "node/manager.h"):
            self.assertTrue(hear(words.check_name, path), path)
        for path in ("crypto/base64.h", "ledger/implementation.md", "proto/puhui/v1/api.proto"):
            self.assertFalse(hear(words.check_name, path), path)

    def test_remarks(self):
        # In two halves each, for these lines are examined like any other.
        for line in ("// TO" "DO: later", "# FIX" "ME", "cd /ho" "me/me/x", "path = \"/wo" "rk/x\"",
                     "https://regis" "try.npmjs.org/x", "see /ro" "ot/.cache"):
            self.assertTrue(hear(words.check_remarks, "a.cc", line), line)
        for line in ("GET /v1/ho" "me/x", "${base}/wo" "rk/x", "https://example.org/regis" "try",
                     "hacks"):
            self.assertFalse(hear(words.check_remarks, "a.cc", line), line)

    def cpp(self, path, text):
        heard = Heard()
        words.check_cpp(heard, {path: text})
        return heard.said

    def test_determinism(self):
        for line in ("#include <chrono>", "#include <random>", "int a = rand();", "double x;",
                     "auto t = std::time(nullptr);", "std::thread t;", "#include <mutex>",
                     "static thread_local int x;", "getenv(\"A\")",
                     "std::unordered_map<int, int> a_;\nfor (auto& x : a_) {}",
                     "std::unordered_set<std::string> s;\nauto i = s.begin();",
                     "using Hashed = std::unordered_map<int, int>;\nHashed h_;\n"
                     "for (auto& x : other.h_) {}"):
            self.assertTrue(self.cpp("ledger/a.cc", line), line)
            self.assertTrue(self.cpp("consensus/a.cc", line), line)
            self.assertFalse(self.cpp("node/a.cc", line), line)
        for line in ("outcome.time()", "// a double entry", "std::int64_t time() const;",
                     "std::map<int, int> a_;\nfor (auto& x : a_) {}", "operand(1);"):
            self.assertFalse(self.cpp("ledger/a.cc", line), line)

    def test_coroutines(self):
        for line in ("co_await f(\"literal\");", "auto x = co_await f(Options{1, 2});",
                     "co_await f([&] { return 1; });", "if (co_await f(a)) g();",
                     "co_await f(std::string(a));", "g(co_await f(a));",
                     "auto x = co_await f(a, {b, c});"):
            self.assertTrue(self.cpp("node/a.cc", line), line)
        for line in ("co_await f(a, std::move(b), 3);",
                     "auto x = co_await socket.read(buffer, token);",
                     "co_return co_await f(a);", "const auto [x, y] = co_await this->f(*a, b->c);",
                     "co_await timer;",
                     "(void)co_await stream_.async_write(buffers, asio::use_awaitable);"):
            self.assertFalse(self.cpp("node/a.cc", line), line)


class Tidy(unittest.TestCase):
    def test_command(self):
        command = ("/usr/bin/c++ -I. -Wall -Wno-restrict -Winvalid-pch -include a/cmake_pch.hxx "
                   "-std=c++20 -o a.o -c a.cc")
        self.assertEqual(tidy.plain_command(command),
                         "/usr/bin/c++ -I. -std=c++20 -o a.o -c a.cc")


if __name__ == "__main__":
    unittest.main()
