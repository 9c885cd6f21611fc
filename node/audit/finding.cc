#include "node/audit/finding.h"

#include <algorithm>

namespace puhui::node::audit {
namespace {

struct Meaning {
  std::string_view code, en, zh;
};
constexpr Meaning kMeanings[] = {
    {"entry.malformed", "the leaf is not a well-formed entry", "叶子不是格式正确的条目"},
    {"entry.time", "the time of the leaf does not follow that of the leaf before",
     "叶子时间未严格递增"},
    {"genesis.missing", "the log does not begin with a genesis", "日志未以创世事件开头"},
    {"state_root.missing", "a state root belongs at this position and is not there",
     "此位置应为状态根但缺失"},
    {"state_root.unexpected", "a state root stands where none belongs", "此位置不应出现状态根"},
    {"state_root.malformed", "the state root is not well formed", "状态根格式错误"},
    {"state_root.mismatch", "the state root differs from what the leaves give",
     "状态根与由叶子推导的结果不符"},
    {"tick.nothing_due", "a tick stands where nothing was due", "无到期事项却出现时钟条目"},
    {"event.duplicate", "this event is in the log already", "该事件已在日志中"},
    {"conservation.units",
     "units do not add up: issued + imported = held + retired + cancelled + expired + exported",
     "减排量不守恒：签发 + 转入 = 持有 + 核销 + 注销 + 过期 + 转出"},
    {"conservation.credits",
     "credits do not add up: credited + owed = held + converted + reversed + cancelled",
     "个人减碳量不守恒：计入 + 欠付 = 持有 + 转换 + 撤回 + 注销"},
    {"bundle.missing", "an entry bundle is missing", "缺少条目包"},
    {"bundle.malformed", "an entry bundle is not well formed", "条目包格式错误"},
    {"tile.missing", "a hash tile is missing", "缺少哈希瓦片"},
    {"tile.mismatch", "a hash tile differs from what the entries give", "哈希瓦片与条目不符"},
    {"root.mismatch", "the entries do not have the root the checkpoint states",
     "条目的根与检查点不符"},
    {"checkpoint.origin_of_genesis", "the checkpoint's origin is not that of the genesis",
     "检查点来源与创世事件不符"},
};

const Meaning* own(std::string_view code) {
  const auto found = std::ranges::find(kMeanings, code, &Meaning::code);
  return found == std::end(kMeanings) ? nullptr : found;
}

}  // namespace

std::string_view meaning_en(std::string_view code) {
  const auto* meaning = own(code);
  return meaning != nullptr ? meaning->en : code_text_en(code_from_name(code));
}

std::string_view meaning_zh(std::string_view code) {
  const auto* meaning = own(code);
  return meaning != nullptr ? meaning->zh : code_text_zh(code_from_name(code));
}

}  // namespace puhui::node::audit
