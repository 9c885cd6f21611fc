#include "node/audit/report.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "crypto/bytes.h"
#include "node/files/folder.h"

namespace puhui::node::audit {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

std::string in_quotes(std::string_view text) {
  const auto shown = crypto::is_utf8(text) ? std::string(text) : crypto::hex_encode(text);
  std::string out = "\"";
  for (const char c : shown) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') out += '\\';
    if (byte >= 0x20) {
      out += c;
      continue;
    }
    std::array<char, 8> escape{};
    std::snprintf(escape.data(), escape.size(), "\\u%04x", byte);
    out += escape.data();
  }
  return out + "\"";
}

// Members of an object or elements of an array, each on its own line.
std::string listed(const std::vector<std::string>& parts, const char* brackets, int depth) {
  if (parts.empty()) return brackets;
  const std::string indent(static_cast<std::size_t>(depth) * 2, ' ');
  std::string text(1, brackets[0]);
  for (std::size_t i = 0; i < parts.size(); ++i)
    text += (i == 0 ? "\n  " : ",\n  ") + indent + parts[i];
  return text + "\n" + indent + brackets[1];
}
std::string member(std::string_view name, const std::string& value) {
  return in_quotes(name) + ": " + value;
}
std::string text_member(std::string_view name, std::string_view value) {
  return member(name, in_quotes(value));
}
std::string object_of(const Pairs& pairs, int depth) {
  std::vector<std::string> members;
  for (const auto& [name, value] : pairs) members.push_back(text_member(name, value));
  return listed(members, "{}", depth);
}

// ---- What is said -------------------------------------------------------------------------------

struct Note {
  std::string en, zh;
};

std::vector<Finding> in_order(const Audited& audited) {
  auto findings = audited.audit.findings();
  std::ranges::stable_sort(findings, {}, &Finding::position);
  return findings;
}

Pairs counts_of(const Audited& audited) {
  const auto& c = audited.audit.counts();
  const auto& v = audited.source.verified;
  const auto n = [](std::uint64_t value) { return std::to_string(value); };
  return {{"entries", n(c.entries)},
          {"events", n(c.events)},
          {"ticks", n(c.ticks)},
          {"signatures", n(c.signatures)},
          {"formulas", n(c.formulas)},
          {"records", n(c.records)},
          {"records_accepted", n(c.records_accepted)},
          {"attachments", n(c.attachments)},
          {"state_roots", n(c.state_roots)},
          {"state_roots_recomputed", n(c.state_roots_compared)},
          {"upper_hash_tiles", n(audited.tiles)},
          {"checkpoints", "1"},
          {"cosignatures", n(v.witnesses.size())}};
}

Pairs totals_of(const Audited& audited) {
  const auto& t = audited.audit.books().totals;
  const auto n = [](std::int64_t value) { return std::to_string(value); };
  return {{"units_issued_kg", n(t.units_issued_kg())},
          {"units_held_kg", n(t.units_held_kg())},
          {"units_retired_kg", n(t.units_retired_kg())},
          {"units_cancelled_kg", n(t.units_cancelled_kg())},
          {"units_expired_kg", n(t.units_expired_kg())},
          {"units_imported_kg", n(t.units_imported_kg())},
          {"units_exported_kg", n(t.units_exported_kg())},
          {"units_retired_abroad_kg", n(t.units_retired_abroad_kg())},
          {"credits_credited_g", n(t.credits_credited_g())},
          {"credits_held_g", n(t.credits_held_g())},
          {"credits_owed_g", n(t.credits_owed_g())},
          {"credits_converted_g", n(t.credits_converted_g())},
          {"credits_reversed_g", n(t.credits_reversed_g())},
          {"credits_cancelled_g", n(t.credits_cancelled_g())},
          {"credits_spent_g", n(t.credits_spent_g())},
          {"parties", n(t.parties())},
          {"accounts", n(t.accounts())},
          {"personal_accounts", n(t.personal_accounts())},
          {"methodologies", n(t.methodologies())},
          {"scenarios", n(t.scenarios())},
          {"projects", n(t.projects())}};
}

void note_gaps(const Audited& audited, std::vector<Note>& notes) {
  const auto& audit = audited.audit;
  const auto& c = audit.counts();
  if (const auto first = audit.first_missing()) {
    const auto at = std::to_string(*first), count = std::to_string(c.attachments_missing);
    notes.push_back({"personal credits: " + count + " attachments are missing, the first at leaf " +
                         at + "; no map root after it can be recomputed",
                     "个人减碳量：缺少 " + count + " 个附件，首个位于叶子 " + at +
                         "；其后的状态映射根无法重算"});
  }
  const auto skipped = c.state_roots - c.state_roots_compared;
  if (skipped > 0)
    notes.push_back({std::to_string(skipped) + " state roots were not recomputed",
                     std::to_string(skipped) + " 个状态根未重算"});
  if (c.unjudged > 0)
    notes.push_back({std::to_string(c.unjudged) + " leaves of a log without a sound genesis",
                     "创世事件无效，" + std::to_string(c.unjudged) + " 个叶子未判定"});
  const auto unread = audited.source.size() - audit.size();
  if (unread > 0)
    notes.push_back({std::to_string(unread) + " leaves after a bundle that cannot be read",
                     "条目包不可读，其后 " + std::to_string(unread) + " 个叶子未检查"});
  if (c.findings_dropped > 0)
    notes.push_back({std::to_string(c.findings_dropped) + " further findings are not listed",
                     "另有 " + std::to_string(c.findings_dropped) + " 项发现未列出"});
}

std::vector<Note> not_checked(const Audited& audited) {
  std::vector<Note> notes;
  note_gaps(audited, notes);
  notes.push_back({"the chains per family of views in state roots, which serve replicas",
                   "状态根中供副本比对的各视图族哈希链"});
  notes.push_back(
      {"refusals: they leave no leaf, so neither what was refused nor an id that a "
       "refusal keeps can be known from the log",
       "被拒绝的事件不产生叶子，日志中无从得知"});
  notes.push_back(
      {"caps of a whole scheme of credits: rule sets of this form hold none, only those of a "
       "person",
       "个人减碳量总量上限：本版规则集仅含个人上限，不含此类条款"});
  notes.push_back({"whether inputs, documents and identities are true outside the log",
                   "输入数据、文件与身份在日志之外的真实性"});
  return notes;
}

// ---- JSON ---------------------------------------------------------------------------------------

std::string evidence_json(const Audited& audited, std::uint64_t position) {
  std::vector<std::string> members;
  const auto entry = read_entry(audited.source, position);
  if (!entry) return "null";
  members.push_back(text_member("entry", crypto::base64_encode(*entry)));
  members.push_back(text_member("leaf_hash", crypto::leaf_hash(*entry).hex()));
  std::vector<std::string> keys;
  if (entry->size() > 9 && (*entry)[8] == 1)
    if (const auto envelope = crypto::decode_envelope(std::string_view(*entry).substr(9)))
      for (const auto& signature : envelope->signatures)
        keys.push_back(in_quotes(signature.key_id.hex()));
  members.push_back(member("key_ids", listed(keys, "[]", 4)));
  if (const auto proof = tlog_proof(audited.source, position))
    members.push_back(text_member("tlog_proof", *proof));
  return listed(members, "{}", 3);
}

std::string finding_json(const Audited& audited, const Finding& finding, bool with_evidence) {
  const auto& [position, fault] = finding;
  std::vector<std::string> members = {text_member("position", std::to_string(position)),
                                      text_member("code", fault.code),
                                      text_member("en", meaning_en(fault.code)),
                                      text_member("zh", meaning_zh(fault.code)),
                                      text_member("detail", fault.detail),
                                      text_member("expected", fault.expected),
                                      text_member("found", fault.found)};
  if (with_evidence) members.push_back(member("evidence", evidence_json(audited, position)));
  return listed(members, "{}", 2);
}

std::string json_of(const Audited& audited, const std::vector<Finding>& findings) {
  const auto& [checkpoint, log, witnesses] = audited.source.verified;
  std::vector<std::string> cosigners, notes, found;
  for (const auto& witness : witnesses)
    cosigners.push_back(
        object_of({{"name", witness.name}, {"time_s", std::to_string(witness.time_s)}}, 2));
  for (const auto& note : not_checked(audited))
    notes.push_back(object_of({{"en", note.en}, {"zh", note.zh}}, 2));
  for (const auto& finding : findings)
    found.push_back(finding_json(audited, finding, found.size() < kEvidenceMax));
  return listed({text_member("format", "puhui-audit-report/v1"),
                 text_member("origin", checkpoint.origin),
                 text_member("size", std::to_string(checkpoint.size)),
                 text_member("root", checkpoint.root.base64()),
                 text_member("log", crypto::format_vkey(log.key)),
                 member("cosigners", listed(cosigners, "[]", 1)),
                 text_member("checkpoint", audited.source.note),
                 text_member("verdict", findings.empty() ? "clean" : "findings"),
                 member("first_bad", findings.empty()
                                         ? "null"
                                         : in_quotes(std::to_string(findings.front().position))),
                 member("checked", object_of(counts_of(audited), 1)),
                 member("not_checked", listed(notes, "[]", 1)),
                 member("totals", object_of(totals_of(audited), 1)),
                 member("findings", listed(found, "[]", 1))},
                "{}", 0) +
         "\n";
}

// ---- Markdown -----------------------------------------------------------------------------------

constexpr std::pair<std::string_view, std::string_view> kLabels[] = {
    {"entries", "条目"},
    {"events", "事件"},
    {"ticks", "时钟条目"},
    {"signatures", "签名"},
    {"formulas", "公式计算"},
    {"records", "附件记录"},
    {"records_accepted", "采纳的附件记录"},
    {"attachments", "附件"},
    {"state_roots", "状态根"},
    {"state_roots_recomputed", "重算的状态根"},
    {"upper_hash_tiles", "上层哈希瓦片"},
    {"checkpoints", "检查点"},
    {"cosignatures", "联署"},
    {"units_issued_kg", "签发减排量（千克）"},
    {"units_held_kg", "持有减排量（千克）"},
    {"units_retired_kg", "核销减排量（千克）"},
    {"units_cancelled_kg", "注销减排量（千克）"},
    {"units_expired_kg", "过期减排量（千克）"},
    {"units_imported_kg", "转入减排量（千克）"},
    {"units_exported_kg", "转出减排量（千克）"},
    {"units_retired_abroad_kg", "在他城核销的转出减排量（千克）"},
    {"credits_credited_g", "计入个人减碳量（克）"},
    {"credits_held_g", "持有个人减碳量（克）"},
    {"credits_owed_g", "欠付个人减碳量（克）"},
    {"credits_converted_g", "转换个人减碳量（克）"},
    {"credits_reversed_g", "撤回个人减碳量（克）"},
    {"credits_cancelled_g", "注销个人减碳量（克）"},
    {"credits_spent_g", "兑换个人减碳量（克）"},
    {"parties", "主体"},
    {"accounts", "账户"},
    {"personal_accounts", "个人账户"},
    {"methodologies", "方法学"},
    {"scenarios", "减排场景"},
    {"projects", "项目"},
};

std::string table_of(const Pairs& pairs) {
  std::string text = "| | | |\n|---|---|---:|\n";
  for (const auto& [name, value] : pairs) {
    const auto label =
        std::ranges::find(kLabels, name, &std::pair<std::string_view, std::string_view>::first);
    text += "| " + name + " | " +
            (label == std::end(kLabels) ? std::string() : std::string(label->second)) + " | " +
            value + " |\n";
  }
  return text + "\n";
}

// Text from the log inside a line of Markdown.
std::string code(const std::string& text) {
  if (text.empty()) return "—";
  std::string shown = crypto::is_utf8(text) ? text : crypto::hex_encode(text);
  std::ranges::replace_if(
      shown, [](char c) { return c == '`' || (c >= 0 && c < 0x20); }, ' ');
  return "`" + shown + "`";
}

std::string finding_text(const Finding& finding) {
  const auto& [position, fault] = finding;
  return "- **" + std::to_string(position) + "** `" + fault.code +
         "`: " + std::string(meaning_en(fault.code)) + " / " + std::string(meaning_zh(fault.code)) +
         "\n  - detail 详情: " + code(fault.detail) +
         "\n  - expected 应为: " + code(fault.expected) + "\n  - found 实为: " + code(fault.found) +
         "\n";
}

std::string markdown_of(const Audited& audited, const std::vector<Finding>& findings) {
  const auto& [checkpoint, log, witnesses] = audited.source.verified;
  std::string text = "# Audit of " + checkpoint.origin + " · 审计报告\n\n";
  text += findings.empty() ? "**Verdict: clean. Nothing was found. 结论：未发现问题。**\n\n"
                           : "**Verdict: " + std::to_string(findings.size()) +
                                 " findings; the first bad leaf is " +
                                 std::to_string(findings.front().position) + ". 结论：共 " +
                                 std::to_string(findings.size()) + " 项发现，首个问题叶子为 " +
                                 std::to_string(findings.front().position) + "。**\n\n";
  text += "| | | |\n|---|---|---|\n";
  text += "| size | 大小 | " + std::to_string(checkpoint.size) + " |\n";
  text += "| root | 根 | `" + checkpoint.root.base64() + "` |\n";
  text += "| log key | 日志公钥 | `" + crypto::format_vkey(log.key) + "` |\n";
  for (const auto& witness : witnesses)
    text +=
        "| cosigner | 联署方 | " + witness.name + ", " + std::to_string(witness.time_s) + " s |\n";
  text += "\n## What was checked · 已检查\n\n" + table_of(counts_of(audited));
  text += "## What was not checked, and why · 未检查及原因\n\n";
  for (const auto& note : not_checked(audited)) text += "- " + note.en + "\n  " + note.zh + "\n";
  text += "\n## What the leaves add up to · 由叶子推导的合计\n\n" + table_of(totals_of(audited));
  text += "## Findings · 发现\n\n";
  if (findings.empty()) text += "None. 无。\n";
  for (const auto& finding : findings) text += finding_text(finding);
  if (!findings.empty())
    text +=
        "\nEntries, keys and inclusion proofs stand in `audit.json`; a later finding may follow "
        "from the first. 条目、密钥与包含证明见 `audit.json`；后续发现可能由首个问题引起。\n";
  return text;
}

}  // namespace

Report make_report(const Audited& audited) {
  const auto findings = in_order(audited);
  return {json_of(audited, findings), markdown_of(audited, findings)};
}

Pairs summary(const Audited& audited) {
  const auto findings = in_order(audited);
  const auto& checkpoint = audited.source.verified.checkpoint;
  Pairs pairs = {{"verdict", findings.empty() ? "clean" : "findings"},
                 {"origin", checkpoint.origin},
                 {"size", std::to_string(checkpoint.size)},
                 {"root", checkpoint.root.base64()}};
  const auto counts = counts_of(audited);
  pairs.insert(pairs.end(), counts.begin(), counts.end());
  pairs.emplace_back("attachments_missing",
                     std::to_string(audited.audit.counts().attachments_missing));
  pairs.emplace_back("findings", std::to_string(findings.size()));
  if (findings.empty()) return pairs;
  const auto& [position, fault] = findings.front();
  pairs.emplace_back("first_bad", std::to_string(position));
  pairs.emplace_back("code", fault.code);
  pairs.emplace_back(
      "meaning", std::string(meaning_en(fault.code)) + " / " + std::string(meaning_zh(fault.code)));
  pairs.emplace_back("detail", fault.detail);
  pairs.emplace_back("expected", fault.expected);
  pairs.emplace_back("found", fault.found);
  return pairs;
}

Result<void> write_report(const std::string& folder, const Report& report) {
  if (auto made = make_folder(folder); !made) return made;
  if (auto kept = write_file(folder + "/audit.json", report.json, Mode::shared); !kept) return kept;
  return write_file(folder + "/audit.md", report.markdown, Mode::shared);
}

}  // namespace puhui::node::audit
