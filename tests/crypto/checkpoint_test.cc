#include "crypto/checkpoint.h"

#include <gtest/gtest.h>

#include "crypto/merkle.h"

namespace puhui::crypto {
namespace {

// The example of the tlog-checkpoint specification.
constexpr const char* kSofa =
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
constexpr const char* kRoot = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";

TEST(Checkpoint, SpecificationExample) {
  const auto checkpoint = parse_checkpoint(kSofa).value();
  EXPECT_EQ(checkpoint.origin, "example.com/behind-the-sofa");
  EXPECT_EQ(checkpoint.size, 20852163u);
  EXPECT_EQ(checkpoint.root.base64(), kRoot);
  EXPECT_TRUE(checkpoint.extensions.empty());
  EXPECT_EQ(format_checkpoint(checkpoint), kSofa);
}

TEST(Checkpoint, EmptyTreeAndExtensions) {
  const Checkpoint checkpoint{"o", 0, empty_root(), {"one", "two words"}};
  const auto text = format_checkpoint(checkpoint);
  EXPECT_EQ(text, "o\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\none\ntwo words\n");
  EXPECT_EQ(parse_checkpoint(text).value(), checkpoint);
}

TEST(Checkpoint, OriginIsOpaque) {
  for (const char* origin : {"with space", "with+plus", "普惠"}) {
    EXPECT_TRUE(parse_checkpoint(std::string(origin) + "\n1\n" + kRoot + "\n")) << origin;
  }
}

TEST(Checkpoint, RefusesMalformed) {
  const std::string root = std::string(kRoot) + "\n";
  std::string many = "o\n1\n" + root;
  for (std::size_t i = 0; i < kExtensionLinesMax; ++i) many += "e\n";
  EXPECT_TRUE(parse_checkpoint(many));
  for (const auto& bad :
       std::vector<std::string>{std::string(),
                                std::string("\n\n\n"),
                                std::string("o\n1\n"),
                                "o\n1\n" + std::string(kRoot),
                                "\n1\n" + root,
                                "o\n\n" + root,
                                "o\n01\n" + root,
                                "o\n-1\n" + root,
                                "o\n+1\n" + root,
                                "o\n1 \n" + root,
                                "o\n9223372036854775808\n" + root,
                                "o\n1\n" + root + "\n",
                                "o\n1\n" + root + "e\n\n",
                                "o\n1\n" + root + "e",
                                "o\n1\n\n",
                                "o\n1\nAAAA\n",
                                std::string("o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n"),
                                std::string("o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I\n"),
                                "o\r\n1\n" + root + "\n",
                                many + "e\n",
                                std::string(kOriginSizeMax + 1, 'o') + "\n1\n" + root}) {
    const auto parsed = parse_checkpoint(bad);
    ASSERT_FALSE(parsed) << bad;
    EXPECT_EQ(parsed.error().code, ErrorCode::CHECKPOINT_MALFORMED);
  }
  EXPECT_EQ(parse_checkpoint("o\n9223372036854775807\n" + root)->size, kTreeSizeMax);
}

TEST(CheckpointDeathTest, FormatRefusesWhatWouldNotParse) {
  EXPECT_DEATH(format_checkpoint({"a\nb", 0, {}, {}}), "is_line");
  EXPECT_DEATH(format_checkpoint({"", 0, {}, {}}), "is_line");
  EXPECT_DEATH(format_checkpoint({"o", 0, {}, {""}}), "is_line");
}

}  // namespace
}  // namespace puhui::crypto
