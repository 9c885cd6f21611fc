#include <algorithm>

#include "ledger/rules/recognition/actions.h"
#include "ledger/rules/recognition/recognition.h"
#include "ledger/rules/signers.h"
#include "ledger/store/numbers.h"

namespace puhui::ledger {
namespace {

// u64 leaf ‖ u32 record.
std::string place_bytes(std::uint64_t leaf, std::uint32_t record) {
  std::string bytes;
  crypto::append_u64(bytes, leaf);
  crypto::append_u32(bytes, record);
  return bytes;
}

std::string place_text(std::string_view place) {
  return "leaf " + std::to_string(crypto::read_u64(place)) + ", record " +
         std::to_string(crypto::read_u32(place.substr(8)));
}

std::string_view view(const Tag& tag) { return {tag.data(), tag.size()}; }

// Leaves that a list of tags covers, from where the one before ended. One that begins before was
// made anew in a new epoch.
Ruling need_next(const Context& context, const std::string& ended, std::uint64_t from,
                 std::uint64_t to) {
  const auto next = number_at(context.state, ended).value_or(0);
  if (from <= next && to > next) return {};
  return refuse(ErrorCode::RUN_DIFFERS, "tags.leaves", "from " + std::to_string(next), {},
                std::to_string(from) + " to " + std::to_string(to));
}

// Exactly the tags of acts credited in these leaves.
Ruling need_all(const Context& context, const v1::PublishTags& action) {
  const auto prefix = key::own_tags(action.partner());
  const auto& tags = context.event.records.tags;
  std::size_t count = 0;
  for (auto at =
           context.state.at_or_after(prefix, key::own_tag_at(action.partner(), action.from(), 0));
       at && crypto::read_u64(std::string_view(at->key).substr(prefix.size())) < action.to();
       at = context.state.at_or_after(prefix, at->key + '\0')) {
    if (count == tags.size() || at->value != view(tags[count]))
      return refuse(ErrorCode::RUN_DIFFERS, "tags.complete",
                    place_text(std::string_view(at->key).substr(prefix.size())), {},
                    "record " + std::to_string(count));
    ++count;
  }
  if (count == tags.size()) return {};
  return refuse(ErrorCode::RUN_DIFFERS, "tags.complete", std::to_string(count), {},
                std::to_string(tags.size()));
}

bool same(const v1::AttachmentRef& a, const v1::AttachmentRef& b) {
  return a.root() == b.root() && a.count() == b.count() && a.size() == b.size();
}

// Keeps a tag of the partner's; answers whether the act was credited here too.
bool note(Context& context, const std::string& city, const Tag& tag, const std::string& place) {
  context.state.put(key::partner_tag(city, view(tag)), place);
  const auto own = context.state.get(key::own_tag(city, view(tag)));
  if (!own) return false;
  const auto record = crypto::read_u32(std::string_view(*own).substr(8));
  context.state.put(key::act_of_both(city, crypto::read_u64(*own), record), place);
  return true;
}

}  // namespace

Ruling need_new_act(const Context& context, const Record& record, const std::string& scenario) {
  for (const auto& rule : context.rules.tags())
    if (rule.scenario() == scenario &&
        std::ranges::find(record.tags, rule.partner(), &PartnerTag::partner) == record.tags.end())
      return refuse(ErrorCode::TAG_MISSING, "rules.tags", rule.partner());
  for (const auto& tag : record.tags) {
    if (const auto own = context.state.get(key::own_tag(tag.partner, tag.bytes())))
      return refuse(ErrorCode::CLAIM_DUPLICATE, "claim.unique", "1 claim per act",
                    place_text(*own));
    if (const auto there = context.state.get(key::partner_tag(tag.partner, tag.bytes())))
      return refuse(ErrorCode::CLAIM_ABROAD, "claim.unique", "1 claim per act",
                    tag.partner + " " + place_text(*there));
  }
  return {};
}

void put_tags(Context& context, const Record& record, const RecordPlace& place) {
  for (const auto& tag : record.tags) {
    context.state.put(key::own_tag(tag.partner, tag.bytes()),
                      place_bytes(place.leaf, place.record));
    context.state.put(key::own_tag_at(tag.partner, place.leaf, place.record), tag.bytes());
  }
}

Ruling publish_tags(Context& context, const v1::PublishTags& action) {
  const auto partner = need_partner(context, action.partner());
  if (!partner) return tl::make_unexpected(partner.error());
  const auto ended = key::tags_published(action.partner());
  if (auto next = need_next(context, ended, action.from(), action.to()); !next) return next;
  if (action.to() > context.leaf)
    return refuse(ErrorCode::RUN_DIFFERS, "tags.leaves", std::to_string(context.leaf), {},
                  std::to_string(action.to()));
  if (!context.credits_unknown)
    if (auto all = need_all(context, action); !all) return all;
  if (auto met = require_signers(context, "tags.publish", the_city()); !met) return met;
  put_number(context.state, ended, action.to());
  return {};
}

Ruling note_tags(Context& context, const v1::NoteTags& action) {
  const auto& leaf = action.published();
  const auto event = prove(context, leaf);
  if (!event) return tl::make_unexpected(event.error());
  const auto& published = event->payload.publish_tags();
  if (!event->payload.has_publish_tags() || published.partner() != context.genesis.city())
    return unexpected_leaf("tags for " + context.genesis.city(), leaf);
  const auto ended = key::tags_noted(leaf.city());
  if (auto next = need_next(context, ended, published.from(), published.to()); !next) return next;
  if (!same(published.tags(), action.tags()))
    return refuse(ErrorCode::ATTACHMENT_MISMATCH, "tags.attachment");
  put_number(context.state, ended, published.to());
  const auto& tags = context.event.records.tags;
  std::int64_t of_both = 0;
  for (std::uint32_t i = 0; i < tags.size(); ++i)
    of_both += note(context, leaf.city(), tags[i], place_bytes(leaf.index(), i)) ? 1 : 0;
  context.fact("tags", std::to_string(tags.size()));
  context.fact("of_both", std::to_string(of_both));
  return {};
}

}  // namespace puhui::ledger
