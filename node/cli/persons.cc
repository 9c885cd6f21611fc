// Citizens: what they agree to, what they confirm with a key of their own, and whose name was told.
#include "crypto/random.h"
#include "ledger/records.h"
#include "node/cli/batches.h"
#include "node/cli/records.h"
#include "puhui/v1/view.pb.h"

namespace puhui::node::cli {
namespace {

constexpr Column kOpeningColumns[] = {
    {"LEAF", "opened_at"},
    {"ACCOUNT", "account"},
    {"REASON", "opening.reason"},
    {"REFERENCE", "opening.reference"},
    {"DECISION", "opening.decision.name"},
};

CLI::Option* add_account(CLI::App& app, std::function<void(std::string)> store) {
  return add_value(app, "account", parse_pseudonym, std::move(store), "citizen's account, p-…")
      ->required();
}

// ---- Consents and openings --------------------------------------------------------------------

Run declare_submit(CLI::App& app) {
  auto file = std::make_shared<BatchFile>();
  add_file(app, *file);
  add_batch(app, *file);
  return [file](Session& session) -> Result<Exit> {
    auto attachments = attachments_of(*file, read_consents);
    if (!attachments) return tl::make_unexpected(attachments.error());
    return submit(session, drafts_of(*file, std::move(*attachments), v1::SubmitConsents(),
                                     &v1::Payload::mutable_submit_consents));
  };
}

Run declare_open(CLI::App& app) {
  auto action = std::make_shared<v1::OpenPseudonym>();
  add_account(app, [action](std::string bytes) { action->set_account(std::move(bytes)); });
  app.add_option("--reason", *action->mutable_reason(), "why the name must be known")->required();
  app.add_option("--reference", *action->mutable_reference(), "case number")->required();
  add_paper(
      app, "--decision",
      [action](v1::Document decision) { *action->mutable_decision() = std::move(decision); },
      "the decision behind it")
      ->required();
  return submits(action, &v1::Payload::mutable_open_pseudonym);
}

Run declare_openings(CLI::App& app) {
  return lists<v1::PseudonymOpeningList>(app, "openings", kOpeningColumns);
}

// ---- Confirmations of whoever keeps the account's key -----------------------------------------

// The key's signature over the words, good as long as an event signed now. CONFIG unless there is
// just one key.
Result<v1::Confirmation> confirm(Session& session, std::string_view pseudonym,
                                 std::string_view words) {
  const auto valid = validity_of(session);
  if (!valid) return tl::make_unexpected(valid.error());
  const auto keys = session.signing_keys();
  if (!keys) return tl::make_unexpected(keys.error());
  if (keys->size() != 1)
    return fail(ErrorCode::CONFIG, "the holder confirms with one key: give --key once");
  v1::Confirmation confirmation;
  confirmation.set_nonce(crypto::random_bytes(ledger::kNonceSize));
  confirmation.set_valid_until(valid->until);
  const auto what =
      std::string(words) + ledger::until_and_nonce(valid->until, confirmation.nonce());
  const auto digest = crypto::sha256(ledger::confirmation_bytes(valid->city, pseudonym, what));
  confirmation.mutable_key()->set_public_key(keys->front().public_key().encode());
  confirmation.set_signature(keys->front().sign(digest.view()));
  return confirmation;
}

// Puts the confirmation of these words into the record, and shows its line.
template <class R>
Result<Exit> confirm_line(Session& session, const R& wish, std::string_view words) {
  auto confirmation = confirm(session, wish.account(), words);
  if (!confirmation) return tl::make_unexpected(confirmation.error());
  auto record = wish;
  *record.mutable_confirmation() = std::move(*confirmation);
  if (auto delivered = session.deliver(line_of(record)); !delivered)
    return tl::make_unexpected(delivered.error());
  return Exit::ok;
}

Run declare_confirm_redemption(CLI::App& app) {
  auto record = std::make_shared<v1::RedemptionRecord>();
  auto offer = std::make_shared<std::string>();
  add_account(app, [record](std::string bytes) { record->set_account(std::move(bytes)); });
  app.add_option("--offer", *offer, "offer to get")->required();
  record->set_quantity(1);
  app.add_option_function<std::int64_t>(
         "--quantity", [record](std::int64_t quantity) { record->set_quantity(quantity); },
         "how many of it (1)")
      ->check(CLI::PositiveNumber)
      ->type_name("N");
  return [record, offer](Session& session) {
    return confirm_line(session, *record, ledger::redemption_words(*offer, record->quantity()));
  };
}

Run declare_confirm_consent(CLI::App& app) {
  auto record = std::make_shared<v1::ConsentRecord>();
  add_account(app, [record](std::string bytes) { record->set_account(std::move(bytes)); });
  app.add_option("--to", *record->mutable_party(), "party it is about")->required();
  add_value(
      app, "item", parse_consent_item, [record](v1::ConsentItem item) { record->set_item(item); },
      "data, whereabouts, pooling or statement")
      ->required();
  add_choice(app, "decision", "given", "withdrawn",
             [record](bool is_given) { record->set_is_given(is_given); });
  app.add_flag_callback(
      "--minor", [record] { record->set_is_minor(true); }, "the person is under 14");
  add_value(
      app, "--guardian",
      [](std::string_view text) { return parse_hex(text, crypto::Digest::kSize); },
      [record](std::string digest) { record->set_guardian_sha256(std::move(digest)); },
      "SHA-256 of what the guardian confirmed, in hex");
  return [record](Session& session) {
    return confirm_line(session, *record,
                        ledger::consent_words(record->party(), record->item(), record->is_given()));
  };
}

Run declare_confirm_erasure(CLI::App& app) {
  auto wish = std::make_shared<v1::EraseAccount>();
  add_account(app, [wish](std::string bytes) { wish->set_account(std::move(bytes)); });
  return [wish](Session& session) { return confirm_line(session, *wish, ledger::kErasureWords); };
}

constexpr Command kCommands[] = {
    {"consent", "submit", "Signs consents, given and withdrawn, in batches and sends them.",
     "puhui consent submit consents.csv --batch c-20260301 --party operator --key operator.key",
     declare_submit},
    {"pseudonym", "open", "Records that the name behind a pseudonym may be told.",
     "puhui pseudonym open p-000102030405060708090a0b0c0d0e0f --reason \"inheritance\" "
     "--reference \"(2026) No. 4\" --decision order.pdf --party city-authority "
     "--key authority.key --key second.key --receipt-out opened.receipt",
     declare_open},
    {"pseudonym", "openings", "Lists the openings of pseudonyms: whose, why, by which decision.",
     "puhui pseudonym openings --all", declare_openings},
    {"person", "confirm-redemption",
     "Confirms a redemption with the account's own key, as a line for offer redeem.",
     "puhui person confirm-redemption p-000102030405060708090a0b0c0d0e0f --offer tea-2026 "
     "--quantity 2 --city WUHAN --key mine.key >> redemptions.ndjson",
     declare_confirm_redemption},
    {"person", "confirm-consent",
     "Confirms a consent with the account's own key, as a line for consent submit.",
     "puhui person confirm-consent p-000102030405060708090a0b0c0d0e0f data given --to bike-co "
     "--city WUHAN --key mine.key >> consents.ndjson",
     declare_confirm_consent},
    {"person", "confirm-erasure",
     "Confirms with the account's own key that it is to be erased, for account erase.",
     "puhui person confirm-erasure p-000102030405060708090a0b0c0d0e0f --city WUHAN "
     "--key mine.key --out erase.json",
     declare_confirm_erasure},
};

}  // namespace

std::span<const Command> person_commands() { return kCommands; }

}  // namespace puhui::node::cli
