// Tags by which partner cities know acts that were credited here.
#include "ledger/store/keys.h"
#include "ledger/views/stored.h"

namespace puhui::ledger {
namespace {

// u64 leaf ‖ u32 record, as keys end and as some values are.
struct Place {
  std::int64_t leaf = 0;
  std::uint32_t record = 0;
};
Place place_of(std::string_view bytes) {
  assert(bytes.size() == 12 && "a stored place is 12 bytes");
  return {static_cast<std::int64_t>(crypto::read_u64(bytes)), crypto::read_u32(bytes.substr(8))};
}

// The page that begins with this leaf: it comes after the last record there could be before it.
Page page_from(const Page& page, std::uint64_t leaf) {
  if (!page.after.empty() || leaf == 0) return page;
  std::string last;
  crypto::append_u64(last, leaf - 1);
  crypto::append_u32(last, UINT32_MAX);
  return {crypto::hex_encode(last), page.limit};
}

}  // namespace

v1::ActTagList View::act_tags(std::string_view partner, std::optional<std::uint64_t> from,
                              const Page& page) const {
  v1::ActTagList list;
  const auto published = reader_->get(key::tags_published(partner));
  list.set_published(published ? crypto::read_u64(*published) : 0);
  list.set_next(page_of(*reader_, key::own_tags(partner),
                        page_from(page, from.value_or(list.published())),
                        [&list](std::string_view suffix, std::string_view tag) {
                          const auto place = place_of(suffix);
                          auto& item = *list.add_items();
                          item.set_leaf(place.leaf);
                          item.set_record(place.record);
                          item.set_tag(std::string(tag));
                          return true;
                        }));
  return list;
}

v1::TagsNoted View::tags_noted(std::string_view partner) const {
  v1::TagsNoted noted;
  const auto to = reader_->get(key::tags_noted(partner));
  noted.set_to(to ? crypto::read_u64(*to) : 0);
  return noted;
}

v1::ActOfBothList View::acts_of_both(std::string_view partner, const Page& page) const {
  v1::ActOfBothList list;
  list.set_next(page_of(*reader_, key::acts_of_both(partner), page,
                        [&list](std::string_view suffix, std::string_view there) {
                          const auto here = place_of(suffix), of_partner = place_of(there);
                          auto& item = *list.add_items();
                          item.set_leaf(here.leaf);
                          item.set_record(here.record);
                          item.set_partner_leaf(of_partner.leaf);
                          item.set_partner_record(of_partner.record);
                          return true;
                        }));
  return list;
}

}  // namespace puhui::ledger
