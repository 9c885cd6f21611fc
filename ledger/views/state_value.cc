#include "ledger/views/state_value.h"

#include <algorithm>

#include "crypto/map.h"
#include "ledger/event.h"
#include "ledger/personal.h"
#include "ledger/rules/behaviour/claims.h"
#include "ledger/state_root.h"
#include "ledger/store/keys.h"

namespace puhui::ledger {
namespace {

using Words = std::vector<std::string>;
using Message = google::protobuf::Message;

// How the rest of a key spells a name.
enum class Spelling { none, name, account, hex, number, two_names };

struct Kind {
  std::string_view word;
  char family;
  Spelling spelling;
  std::unique_ptr<Message> (*message)();
};

template <class M>
std::unique_ptr<Message> make() {
  return std::make_unique<M>();
}

constexpr Kind kKinds[] = {
    {"account", 'A', Spelling::account, make<v1::Account>},
    {"agreement", '1', Spelling::name, make<v1::AgreementRecord>},
    {"batch", 'B', Spelling::name, make<v1::UnitBatch>},
    {"bond", 'h', Spelling::name, make<v1::Bond>},
    {"case", 'c', Spelling::name, make<v1::Case>},
    {"certificate", 'n', Spelling::name, make<v1::Certificate>},
    {"filing", 'f', Spelling::name, make<v1::Filing>},
    {"footprint", 'm', Spelling::name, make<v1::Footprint>},
    {"key", 'K', Spelling::hex, make<v1::KeyRecord>},
    {"loan", 'o', Spelling::name, make<v1::LoanReference>},
    {"methodology", 'M', Spelling::two_names, make<v1::MethodologyRecord>},
    {"node", 'N', Spelling::number, make<v1::Node>},
    {"offer", 'x', Spelling::name, make<v1::Offer>},
    {"offer-settlement", 'j', Spelling::name, make<v1::OfferSettlement>},
    {"opening", 'z', Spelling::number, make<v1::PseudonymOpening>},
    {"partner", '2', Spelling::name, make<v1::PartnerLog>},
    {"party", 'P', Spelling::name, make<v1::Party>},
    {"project", 'J', Spelling::name, make<v1::Project>},
    {"proposal", 'V', Spelling::name, make<v1::Proposal>},
    {"recall", 'l', Spelling::number, make<v1::RecallRecord>},
    {"report", 'W', Spelling::name, make<v1::Report>},
    {"retirement", 'Z', Spelling::number, make<v1::Retirement>},
    {"rules", 'R', Spelling::number, make<v1::RuleSetRecord>},
    {"source", 'a', Spelling::name, make<v1::EmissionSource>},
    {"totals", 'T', Spelling::none, make<v1::Totals>},
    {"transfer", '3', Spelling::hex, make<v1::TransferRecord>},
};
// Named by a serial in it, not by a word of its own.
constexpr Kind kUnitBlock{"serials up to", 'U', Spelling::number, make<v1::UnitBlock>};

const Kind* kind_of(std::string_view key) {
  if (map_of(key) != StateMap::open) return nullptr;
  if (key[1] == kUnitBlock.family) return &kUnitBlock;
  const auto* kind = std::ranges::find(kKinds, key[1], &Kind::family);
  return kind == std::end(kKinds) ? nullptr : kind;
}

std::size_t names_of(Spelling spelling) {
  if (spelling == Spelling::none) return 0;
  return spelling == Spelling::two_names ? 2 : 1;
}

tl::unexpected<Error> wrong(std::string what) {
  return fail(ErrorCode::INVALID_ARGUMENT, std::move(what));
}

Result<std::string> spelled(const Kind& kind, const Words& names) {
  const std::string family{'v', kind.family};
  switch (kind.spelling) {
    case Spelling::none:
      return family;
    case Spelling::name:
      return family + names[0];
    case Spelling::two_names:
      return key::Builder(family).name(names[0]).raw(names[1]).done();
    case Spelling::account:
      if (is_personal_id(names[0])) return key::personal(pseudonym_of(names[0]));
      if (!is_name(names[0])) return wrong(names[0] + ": not the name of an account");
      return key::account(names[0]);
    case Spelling::hex: {
      const auto bytes = crypto::hex_decode(names[0]);
      if (!bytes) return wrong(names[0] + ": not hex");
      return family + *bytes;
    }
    case Spelling::number:
      break;
  }
  const auto number = crypto::parse_decimal(names[0]);
  if (!number) return wrong(names[0] + ": not a number");
  return key::Builder(family).u64(*number).done();
}

bool is_name_of_a_key(std::string_view name) {
  return !name.empty() && name.find('\0') == std::string_view::npos && crypto::is_utf8(name);
}

std::optional<std::string> words_of(Spelling spelling, std::string_view rest) {
  if (spelling == Spelling::none)
    return rest.empty() ? std::optional<std::string>("") : std::nullopt;
  if (spelling == Spelling::hex) return crypto::hex_encode(rest);
  if (spelling == Spelling::number)
    return rest.size() == 8 ? std::optional(std::to_string(crypto::read_u64(rest))) : std::nullopt;
  std::string text(rest);
  if (spelling == Spelling::two_names) {
    const auto zero = text.find('\0');
    if (zero == std::string::npos) return std::nullopt;
    text[zero] = ' ';
  }
  return is_name_of_a_key(text) ? std::optional(text) : std::nullopt;
}

tl::unexpected<Error> invalid(const char* why) { return fail(ErrorCode::PROOF_INVALID, why); }

constexpr std::size_t kPersonalKeySize = 3 + kPseudonymSize;  // v A 0x01 pseudonym
constexpr std::size_t kClaimListKeySize = 2 + 4 + 4;          // v L day slot

Result<std::string> personal_words(std::string_view key) {
  if (key.size() == kPersonalKeySize && key[1] == 'A')
    return "account " + personal_id(key.substr(3));
  if (key == key::closed_days()) return "days closed to claims";
  if (key.size() != kClaimListKeySize || key[1] != 'L')
    return invalid("what is proved is no key of the views");
  return "claims of day " + std::to_string(key::claim_day(key)) + " slot " +
         std::to_string(key::claim_slot(key));
}

std::unique_ptr<Message> account_message(std::string_view key, std::string_view value) {
  if (key.size() != kPersonalKeySize || !PersonalBalance::is_one(value)) return nullptr;
  const auto balance = PersonalBalance::decode(value);
  auto account = std::make_unique<v1::PersonalAccount>();
  account->set_account(personal_id(key.substr(3)));
  account->set_credits_held_g(balance.grams);
  account->set_opened_at(static_cast<std::int64_t>(balance.opened_at));
  account->set_last_leaf(static_cast<std::int64_t>(balance.last.leaf));
  account->set_last_record(balance.last.record);
  account->set_trail(std::string(balance.trail.view()));
  account->set_is_self_held(balance.is_self_held);
  account->set_is_erased(balance.is_erased);
  return account;
}

std::unique_ptr<Message> closed_days_message(std::string_view value) {
  const auto closed = ClosedDays::decode(value);
  if (!closed) return nullptr;
  auto days = std::make_unique<v1::ClosedClaimDays>();
  days->set_last(closed->last);
  days->set_widest_window_days(closed->widest_window);
  return days;
}

std::unique_ptr<Message> claims_message(std::string_view key, std::string_view value) {
  const auto list = ClaimList::decode(value);
  if (!list || key.size() != kClaimListKeySize) return nullptr;
  auto claims = std::make_unique<v1::SlotClaims>();
  claims->set_day(key::claim_day(key));
  claims->set_slot(key::claim_slot(key));
  claims->set_claims(list->claims);
  claims->set_root(std::string(list->root.view()));
  return claims;
}

Result<std::unique_ptr<Message>> personal_message(std::string_view key, std::string_view value) {
  auto message = key[1] == 'A'               ? account_message(key, value)
                 : key == key::closed_days() ? closed_days_message(value)
                                             : claims_message(key, value);
  if (!message) return invalid("what is proved does not parse");
  return message;
}

}  // namespace

std::vector<std::string_view> state_kinds() {
  std::vector<std::string_view> words;
  for (const auto& kind : kKinds) words.push_back(kind.word);
  return words;
}

Result<std::string> state_key(const Words& words) {
  const auto* kind =
      words.empty() ? std::end(kKinds) : std::ranges::find(kKinds, words.front(), &Kind::word);
  if (kind == std::end(kKinds)) return wrong("what can be proved is one of the kinds");
  const Words names(words.begin() + 1, words.end());
  const auto wanted = names_of(kind->spelling);
  if (names.size() != wanted)
    return wrong(std::string(kind->word) + " takes " + std::to_string(wanted) + " names");
  if (!std::ranges::all_of(names, is_name_of_a_key)) return wrong("a name is empty or no text");
  return spelled(*kind, names);
}

Result<std::string> state_words(std::string_view key) {
  if (map_of(key) == StateMap::personal) return personal_words(key);
  const auto* kind = kind_of(key);
  const auto names = kind == nullptr ? std::nullopt : words_of(kind->spelling, key.substr(2));
  if (!names) return invalid("what is proved is no key of the views");
  return names->empty() ? std::string(kind->word) : std::string(kind->word) + " " + *names;
}

Result<std::unique_ptr<Message>> state_message(std::string_view key, std::string_view value) {
  if (map_of(key) == StateMap::personal) return personal_message(key, value);
  const auto* kind = kind_of(key);
  if (kind == nullptr) return invalid("what is proved is no key of the views");
  auto message = kind->message();
  if (!message->ParseFromArray(value.data(), static_cast<int>(value.size())))
    return invalid("what is proved does not parse");
  return message;
}

Result<void> verify_state_claim(const v1::StateProof& proof, const crypto::Digest& map_root) {
  crypto::MapProof path;
  if (proof.siblings_size() > static_cast<int>(crypto::kMapDepthMax))
    return fail(ErrorCode::PROOF_MALFORMED, "siblings");
  for (const auto& sibling : proof.siblings()) {
    const auto digest = crypto::Digest::from_bytes(sibling);
    if (!digest) return fail(ErrorCode::PROOF_MALFORMED, "sibling");
    path.siblings.push_back(*digest);
  }
  if (!proof.other_key().empty() || !proof.other_value().empty()) {
    const auto other_key = crypto::Digest::from_bytes(proof.other_key());
    const auto other_value = crypto::Digest::from_bytes(proof.other_value());
    if (!other_key || !other_value) return fail(ErrorCode::PROOF_MALFORMED, "the other key");
    path.other = crypto::MapLeaf{*other_key, *other_value};
  }
  crypto::MapClaim claim{proof.key(), std::nullopt};
  if (proof.has_value()) claim.value = proof.value();
  return crypto::verify_map(claim, path, map_root);
}

}  // namespace puhui::ledger
