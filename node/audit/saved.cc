#include "node/audit/saved.h"

#include <array>

#include "crypto/bytes.h"

namespace puhui::node::audit {
namespace {

constexpr std::string_view kFirstLine = "puhui-audit/v1";

using Fields = std::array<std::uint64_t*, 13>;
Fields fields_of(Counts& c) {
  return {&c.entries,
          &c.events,
          &c.ticks,
          &c.signatures,
          &c.formulas,
          &c.records,
          &c.records_accepted,
          &c.attachments,
          &c.attachments_missing,
          &c.state_roots,
          &c.state_roots_compared,
          &c.unjudged,
          &c.findings_dropped};
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (;;) {
    const auto space = line.find(' ');
    words.push_back(line.substr(0, space));
    if (space == std::string_view::npos) return words;
    line.remove_prefix(space + 1);
  }
}

std::string encoded(const std::string& text) { return " " + crypto::base64_encode(text); }

bool read_number(std::string_view text, std::uint64_t& value) {
  const auto number = crypto::parse_decimal(text);
  if (number) value = *number;
  return number.has_value();
}
bool read_digest(std::string_view text, crypto::Digest& value) {
  const auto digest = crypto::Digest::from_hex(text);
  if (digest) value = *digest;
  return digest.has_value();
}
bool read_text(std::string_view text, std::string& value) {
  auto bytes = crypto::base64_decode(text);
  if (bytes) value = std::move(*bytes);
  return bytes.has_value();
}

bool read_finding(const std::vector<std::string_view>& words, Finding& finding) {
  auto& fault = finding.fault;
  return words.size() == 6 && read_number(words[1], finding.position) &&
         read_text(words[2], fault.code) && read_text(words[3], fault.detail) &&
         read_text(words[4], fault.expected) && read_text(words[5], fault.found);
}

bool read_counts(const std::vector<std::string_view>& words, Counts& counts) {
  const auto fields = fields_of(counts);
  if (words.size() != fields.size() + 1) return false;
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (!read_number(words[i + 1], *fields[i])) return false;
  return true;
}

bool read_line(std::string_view line, Saved& saved) {
  const auto words = words_of(line);
  const auto name = words.front();
  if (name == "counts") return read_counts(words, saved.counts);
  if (name == "finding") return read_finding(words, saved.findings.emplace_back());
  if (words.size() != 2) return false;
  if (name == "origin") saved.origin = words[1];
  if (name == "position") return read_number(words[1], saved.position);
  if (name == "root") return read_digest(words[1], saved.root);
  if (name == "read") return read_digest(words[1], saved.read);
  return name == "origin";
}

}  // namespace

std::string format_saved(const Saved& saved) {
  auto text = std::string(kFirstLine) + "\norigin " + saved.origin + "\nposition " +
              std::to_string(saved.position) + "\nroot " + saved.root.hex() + "\nread " +
              saved.read.hex() + "\ncounts";
  auto counts = saved.counts;
  for (const auto* field : fields_of(counts)) text += " " + std::to_string(*field);
  text += "\n";
  for (const auto& [position, fault] : saved.findings)
    text += "finding " + std::to_string(position) + encoded(fault.code) + encoded(fault.detail) +
            encoded(fault.expected) + encoded(fault.found) + "\n";
  return text + "sha256 " + crypto::sha256(text).hex() + "\n";
}

std::optional<Saved> parse_saved(std::string_view bytes) {
  const auto end = bytes.rfind("sha256 ");
  if (end == std::string_view::npos) return std::nullopt;
  auto rest = bytes.substr(0, end);
  if (bytes.substr(end) != "sha256 " + crypto::sha256(rest).hex() + "\n") return std::nullopt;
  if (crypto::take_line(rest) != kFirstLine) return std::nullopt;
  Saved saved;
  while (const auto line = crypto::take_line(rest))
    if (!read_line(*line, saved)) return std::nullopt;
  // Lines missing, twice or in another order would be another state under the same hash.
  if (format_saved(saved) != bytes) return std::nullopt;
  return saved;
}

}  // namespace puhui::node::audit
