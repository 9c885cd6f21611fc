#include "node/audit/books.h"

#include "crypto/bytes.h"

namespace puhui::node::audit {

std::string stored(char family, std::string_view name) {
  std::string key = {'v', family};
  key += name;
  return key;
}

std::string stored(char family, std::uint64_t number) {
  std::string key = {'v', family};
  crypto::append_u64(key, number);
  return key;
}

std::string stored(char family, std::string_view name, std::string_view rest) {
  auto key = stored(family, name);
  key += '\0';
  key += rest;
  return key;
}

crypto::Digest Books::map_root() {
  changed(stored('T', std::string_view()), totals);
  for (const auto& [key, value] : changes_) {
    std::optional<crypto::Digest> hash;
    if (value) hash = crypto::sha256(*value);
    map_.set(crypto::sha256(key), hash);
  }
  changes_.clear();
  return map_.root();
}

}  // namespace puhui::node::audit
