// Versions as an agreement names them.
#include "ledger/versions.h"

#include <gtest/gtest.h>

#include <string>

namespace puhui::ledger {
namespace {

TEST(Versions, AreNamedOrLieInARange) {
  EXPECT_TRUE(covers("V01", "V01"));
  EXPECT_FALSE(covers("V01", "V1"));
  for (const auto* version : {"V2", "V02", "V9", "V10", "V10.0", "V3-draft"})
    EXPECT_TRUE(covers("V2..V11", version)) << version;
  for (const auto* version : {"V1", "V01", "V12", "V111", "V", "W2", "2", ""})
    EXPECT_FALSE(covers("V2..V11", version)) << version;
  EXPECT_TRUE(covers("2023.9..2024.1", "2023.10"));
  EXPECT_TRUE(covers("V1..V1", "V001"));
  EXPECT_TRUE(covers("1..99999999999999999999999999", "99999999999999999999999998"));
  EXPECT_FALSE(covers("第2版..第10版", "第11版"));
  EXPECT_TRUE(covers("第2版..第10版", "第9版"));
}

TEST(Versions, OfARangeComeInOrder) {
  for (const auto* text : {"V01", "V9..V10", "V1..V1", "V01..V1", "a.b"})
    EXPECT_TRUE(is_versions(text)) << text;
  for (const auto* text : {"", "V10..V9", "..V1", "V1..", ".."})
    EXPECT_FALSE(is_versions(text)) << text;
  EXPECT_FALSE(is_versions(std::string("V\0", 2)));
}

}  // namespace
}  // namespace puhui::ledger
