// Acts that partner cities know by their tags: each is credited once, here or there; what was
// published for a partner holds all of them.
#include <algorithm>

#include "node/audit/citizens.h"
#include "node/audit/recognition.h"

namespace puhui::node::audit {
namespace {

std::string place_text(const PlaceOfAct& place) {
  return "leaf " + std::to_string(place.first) + ", record " + std::to_string(place.second);
}

// Publications follow each other without a gap. One that begins before the last ended was made
// anew in a new epoch.
Verdict need_next(std::uint64_t ended, const v1::PublishTags& published) {
  if (published.from() <= ended && ended < published.to()) return {};
  return refused(ErrorCode::RUN_DIFFERS, "tags from leaf", std::to_string(ended),
                 std::to_string(published.from()) + " to " + std::to_string(published.to()));
}

// The tags are those of all acts credited in these leaves, and no others.
Verdict need_all(const Case& at, const PartnerTags& known, const v1::PublishTags& action) {
  const auto begin = known.in_order.lower_bound({action.from(), 0});
  const auto end = known.in_order.lower_bound({action.to(), 0});
  const auto& given = at.leaf.tags;
  auto next = given.begin();
  for (auto each = begin; each != end; ++each, ++next)
    if (next == given.end() || *next != each->second)
      return refused(ErrorCode::RUN_DIFFERS, "tag " + std::to_string(next - given.begin()),
                     place_text(each->first));
  if (next == given.end()) return {};
  return refused(ErrorCode::RUN_DIFFERS, "tags", std::to_string(next - given.begin()),
                 std::to_string(given.size()));
}

bool is_same(const v1::AttachmentRef& one, const v1::AttachmentRef& other) {
  return one.root() == other.root() && one.count() == other.count() && one.size() == other.size();
}

}  // namespace

ErrorCode judge_tags(const Case& at, const Record& record, const std::string& scenario) {
  for (const auto& rule : at.rules.tags()) {
    if (rule.scenario() != scenario) continue;
    const bool has_one = std::ranges::any_of(
        record.tags, [&](const PartnerTag& tag) { return tag.partner == rule.partner(); });
    if (!has_one) return ErrorCode::TAG_MISSING;
  }
  for (const auto& [partner, tag] : record.tags) {
    const auto* known = find(at.books.tags, partner);
    if (known == nullptr) continue;
    if (known->own.contains(tag)) return ErrorCode::CLAIM_DUPLICATE;
    if (known->theirs.contains(tag)) return ErrorCode::CLAIM_ABROAD;
  }
  return ErrorCode::OK;
}

void keep_tags(Case& at, const Record& record, std::uint32_t index) {
  const PlaceOfAct place{at.position, index};
  for (const auto& [partner, tag] : record.tags) {
    auto& known = at.books.tags[partner];
    known.own[tag] = place;
    known.in_order[place] = tag;
  }
}

Verdict publish_tags(Case& at, const v1::PublishTags& action) {
  v1::PartnerLog* log = nullptr;
  if (auto bad = find_partner(at, action.partner(), log)) return bad;
  return put_published(at, action);
}

Verdict note_tags(Case& at, const v1::NoteTags& action) {
  ForeignEvent published;
  if (auto bad = prove(at, action.published(), published)) return bad;
  return put_noted(at, action, published.payload);
}

Verdict put_published(Case& at, const v1::PublishTags& action) {
  auto& known = at.books.tags[action.partner()];
  if (auto bad = need_next(known.published, action)) return bad;
  if (action.to() > at.position)
    return refused(ErrorCode::RUN_DIFFERS, "tags to leaf", std::to_string(at.position) + " or less",
                   std::to_string(action.to()));
  if (!at.credits_unknown)
    if (auto bad = need_all(at, known, action)) return bad;
  need_signers(at, "tags.publish", {.citywide = true});
  known.published = action.to();
  return {};
}

Verdict put_noted(Case& at, const v1::NoteTags& action, const v1::Payload& published) {
  const auto& city = action.published().city();
  const auto& said = published.publish_tags();
  if (!published.has_publish_tags() || said.partner() != at.books.genesis.city())
    return refused(ErrorCode::LEAF_UNEXPECTED,
                   city + " leaf " + std::to_string(action.published().index()),
                   "tags for " + at.books.genesis.city());
  auto& known = at.books.tags[city];
  if (auto bad = need_next(known.noted, said)) return bad;
  if (!is_same(said.tags(), action.tags()))
    return refused(ErrorCode::ATTACHMENT_MISMATCH, "not the attachment that was published");
  known.noted = said.to();
  std::uint32_t index = 0;
  for (const auto& tag : at.leaf.tags) known.theirs[tag] = {action.published().index(), index++};
  return {};
}

}  // namespace puhui::node::audit
