#include "node/cli/profile.h"

#include <gtest/gtest.h>

#include "support.h"

namespace puhui::node::cli {
namespace {

TEST(Profile, ReadsEverySetting) {
  const auto settings = parse_profile(
                            "url = [\"https://a:1\", \"https://b:2\"]\n"
                            "ca = \"ca.pem\"\n"
                            "client-cert = \"c.pem\"\nclient-key = \"c.key\"\n"
                            "city = \"WUHAN\"\nparty = \"acme\"\nkey = \"acme.key\"\n"
                            "passphrase-file = \"p\"\nvalid-for = \"2h\"\nwait = \"receipt\"\n"
                            "output = \"json\"\n",
                            "my.toml")
                            .value();
  EXPECT_EQ(settings.urls, (std::vector<std::string>{"https://a:1", "https://b:2"}));
  EXPECT_EQ(settings.key_files, std::vector<std::string>{"acme.key"});
  EXPECT_EQ(settings.client_key_file, "c.key");
  EXPECT_EQ(settings.wait, "receipt");
  EXPECT_EQ(settings.output, "json");
}

TEST(Profile, NamesTheLineOfWhatItDoesNotKnow) {
  const auto unknown = parse_profile("city = \"WUHAN\"\n\npartie = \"acme\"\n", "my.toml");
  EXPECT_EQ(unknown.error().code, ErrorCode::CONFIG);
  EXPECT_EQ(unknown.error().detail, "my.toml:3: unknown key \"partie\"");
  const auto table = parse_profile("[city]\nname = \"WUHAN\"\n", "my.toml");
  EXPECT_EQ(table.error().detail, "my.toml:1: city must be a string");
  const auto number = parse_profile("\nurl = [1]\n", "my.toml");
  EXPECT_EQ(number.error().detail, "my.toml:2: url must hold strings only");
  const auto broken = parse_profile("city = \"WUHAN\"\nparty = \n", "my.toml");
  EXPECT_TRUE(broken.error().detail.starts_with("my.toml:2: ")) << broken.error().detail;
}

// Among them are texts at which the parser behind stops the process.
TEST(Profile, OnlySettingsReachTheParser) {
  for (const auto* line :
       {"[", "[ = x", "[[[a]]]", "[]", "url = [\"a\",}", "url = [,]", "city = ,", "city = {a=1 1",
        "city = \"\"\"a", "city = 'a", "city = \"\\q\"", "city = \"\\u12\"", "city = \"\\u\"",
        "city\u03d6 = \"A\"", "city = \"A\" \u00e4", "city = 1\u00e4", "city = \"A\" party = \"b\"",
        "= 1", "city = [\"a\" \"b\"]"}) {
    const auto wrong = parse_profile("party = \"a\"\n" + std::string(line) + "\n", "my.toml");
    ASSERT_FALSE(wrong) << line;
    EXPECT_TRUE(wrong.error().detail.starts_with("my.toml:2: neither name = value")) << line;
  }
  const auto settings = parse_profile(
      "\turl = [ # two\n  'a', \r\n\n \"\\\"\\u00e4\u00e4\" , # é\n]#\n\nparty='\\'", "my.toml");
  ASSERT_TRUE(settings) << settings.error().detail;
  EXPECT_EQ(settings->urls, (std::vector<std::string>{"a", "\"\u00e4\u00e4"}));
  EXPECT_EQ(settings->party, "\\");
}

TEST(Profile, EnvironmentBeatsFileAndFlagsBeatBoth) {
  const auto file =
      parse_profile("city = \"A\"\nparty = \"a\"\nkey = [\"a1\", \"a2\"]\n", "f").value();
  const std::map<std::string, std::string> variables{
      {"PUHUI_PARTY", "b"}, {"PUHUI_KEY", "b1,b2"}, {"PUHUI_CA", ""}};
  const auto environment = settings_of_environment([&](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
  Settings flags;
  flags.key_files = {"c1"};
  const auto merged = overlay(overlay(file, environment), flags);
  EXPECT_EQ(merged.city, "A");
  EXPECT_EQ(merged.party, "b");
  EXPECT_EQ(merged.key_files, std::vector<std::string>{"c1"});
  EXPECT_EQ(overlay(file, environment).key_files, (std::vector<std::string>{"b1", "b2"}));
}

TEST(Profile, ChecksWordsAndPairs) {
  EXPECT_EQ(complete({}).value().output, "table");
  EXPECT_EQ(complete({}).value().wait, "outcome");
  Settings settings;
  settings.output = "xml";
  EXPECT_EQ(complete(settings).error().code, ErrorCode::CONFIG);
  settings = {};
  settings.wait = "for ever";
  EXPECT_EQ(complete(settings).error().code, ErrorCode::CONFIG);
  settings = {};
  settings.client_key_file = "key";
  EXPECT_EQ(complete(settings).error().code, ErrorCode::CONFIG);
}

TEST(Profile, UnknownKeyEndsTheRunWithUsage) {
  const Scratch scratch;
  const auto path = scratch.write("p.toml", "city = \"WUHAN\"\nport = \"1\"\n");
  const auto ran = Client().run({"status", "--profile", path});
  EXPECT_EQ(ran.exit, Exit::usage);
  EXPECT_TRUE(contains(ran.err, path + ":2: unknown key \"port\"")) << ran.err;
  Client client;
  client.environment["PUHUI_PROFILE"] = path;
  EXPECT_EQ(client.run({"status"}).exit, Exit::usage);
}

}  // namespace
}  // namespace puhui::node::cli
