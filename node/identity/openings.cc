#include "node/identity/openings.h"

#include <algorithm>

#include "crypto/bytes.h"
#include "node/identity/records.h"

namespace puhui::node::identity {
namespace {

constexpr char kLink = 'o';
constexpr char kHead[] = "h";

std::string link_name(std::uint64_t number) {
  std::string name(1, kLink);
  crypto::append_u64(name, number);
  return name;
}

std::string hash_of(std::string_view bytes) {
  return std::string(crypto::Sha256().update("puhui-opening/v1").update(bytes).final().view());
}

tl::unexpected<Error> broken(std::uint64_t number) {
  return fail(ErrorCode::CORRUPT,
              "the log of openings is broken at number " + std::to_string(number));
}

}  // namespace

Result<void> Openings::begin() {
  v1::IdentityOpeningsHead head;
  head.set_hash(std::string(crypto::Digest::kSize, '\0'));
  return table_.put({{kHead, seal_message(keys_.wrap, kHead, head)}});
}

Result<v1::IdentityOpeningsHead> Openings::head() const {
  const auto sealed = table_.get(kHead);
  if (!sealed) return tl::make_unexpected(sealed.error());
  if (!*sealed) return fail(ErrorCode::CORRUPT, "the log of openings has no head");
  return open_message<v1::IdentityOpeningsHead>(keys_.wrap, kHead, **sealed);
}

Result<v1::IdentityOpeningList> Openings::read() const {
  const auto end = head();
  if (!end) return tl::make_unexpected(end.error());
  v1::IdentityOpeningList list;
  std::string hash(crypto::Digest::kSize, '\0');
  std::uint64_t number = 0;
  auto walked = table_.each(
      std::string(1, kLink), [&](std::string_view name, std::string_view sealed) -> Result<void> {
        const auto bytes = keys_.wrap.open(sealed, name);
        auto& link = *list.add_items();
        ++number;
        if (!bytes || !link.ParseFromString(*bytes) || name != link_name(number) ||
            link.number() != number || link.previous() != hash)
          return broken(number);
        hash = hash_of(*bytes);
        link.set_hash(hash);
        return {};
      });
  if (!walked) return tl::make_unexpected(walked.error());
  if (number != end->count() || hash != end->hash()) return broken(number + 1);
  return list;
}

Result<v1::IdentityOpening> Openings::add(v1::IdentityOpening link, Pairs pairs) {
  const auto before = read();
  if (!before) return tl::make_unexpected(before.error());
  auto end = head();
  if (!end) return tl::make_unexpected(end.error());
  link.set_number(end->count() + 1);
  link.set_previous(end->hash());
  link.clear_hash();
  const auto bytes = link.SerializeAsString();
  const auto name = link_name(link.number());
  end->set_count(link.number());
  end->set_hash(hash_of(bytes));
  pairs.emplace_back(name, keys_.wrap.seal(bytes, name));
  pairs.emplace_back(kHead, seal_message(keys_.wrap, kHead, *end));
  auto put = table_.put(pairs);
  if (!put) return tl::make_unexpected(put.error());
  link.set_hash(end->hash());
  return link;
}

Result<crypto::Policy> Openings::policy() const {
  const auto list = read();
  if (!list) return tl::make_unexpected(list.error());
  const auto& links = list->items();
  const auto last = std::find_if(links.rbegin(), links.rend(),
                                 [](const auto& link) { return !link.policy().empty(); });
  if (last == links.rend())
    return fail(ErrorCode::CONFIG, "no policy to believe yet: puhui-identity trust FILE");
  return crypto::parse_policy(last->policy());
}

}  // namespace puhui::node::identity
