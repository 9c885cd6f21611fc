// Who the partners are, for the nodes.
#include "ledger/state_root.h"
#include "ledger/store/keys.h"
#include "ledger/views/stored.h"
#include "ledger/views/view.h"

namespace puhui::ledger {

crypto::Digest View::chain_of(char family) const {
  const auto families = decode_families(reader_->get(key::meta("families")).value_or(""));
  assert(families && "the stored chains do not decode");
  const auto found = families->find(family);
  return found == families->end() ? crypto::Digest() : found->second;
}

std::vector<v1::PartnerLog> View::open_partners() const {
  std::vector<v1::PartnerLog> partners;
  const auto all = key::agreement("");
  reader_->scan(all, all, [&](std::string_view key, std::string_view value) {
    if (parse<v1::AgreementRecord>(value).standing() == v1::CLOSED) return true;
    auto partner = find<v1::PartnerLog>(*reader_, key::partner(key.substr(all.size())));
    if (partner) partners.push_back(std::move(*partner));
    return true;
  });
  return partners;
}

}  // namespace puhui::ledger
