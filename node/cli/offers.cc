// What citizens get for grams: offers, redemptions, settlements.
#include "node/cli/batches.h"
#include "node/cli/records.h"
#include "puhui/v1/view.pb.h"

namespace puhui::node::cli {
namespace {

std::string left_of(const google::protobuf::Message& element) {
  const auto& offer = dynamic_cast<const v1::Offer&>(element);
  return std::to_string(offer.stock() - offer.redeemed());
}

constexpr Column kOfferColumns[] = {
    {"OFFER", "offer.offer"}, {"MERCHANT", "offer.merchant"}, {"SPONSOR", "offer.sponsor"},
    {"STATE", "state"},       {"GRAMS", "offer.price_g"},     {"LEFT", "", left_of},
    {"REDEEMED", "redeemed"}, {"SETTLED", "settled"},         {"FROM", "offer.from"},
    {"TO", "offer.to"},       {"NAME", "offer.name_zh"},
};

// A flag for a count above zero.
CLI::Option* add_count(CLI::App& app, const char* flag, std::function<void(std::int64_t)> store,
                       const char* help) {
  return app.add_option_function<std::int64_t>(flag, store, help)
      ->check(CLI::PositiveNumber)
      ->type_name("N");
}

CLI::Option* add_grams(CLI::App& app, const char* flag, std::function<void(std::int64_t)> store,
                       const char* help) {
  return add_value(app, flag, parse_amount_g, std::move(store), help)->type_name("AMOUNT");
}

CLI::Option* add_yuan(CLI::App& app, const char* flag, std::function<void(std::int64_t)> store,
                      const char* help) {
  return add_value(app, flag, parse_cents, std::move(store), help)->type_name("YUAN");
}

template <class Action>
void add_offer(CLI::App& app, const std::shared_ptr<Action>& action, const char* help) {
  app.add_option("offer", *action->mutable_offer(), help)->required();
}

void add_terms(CLI::App& app, const std::shared_ptr<v1::OpenOffer>& action) {
  add_grams(
      app, "--price", [action](std::int64_t grams) { action->set_price_g(grams); },
      "grams for one: 500g or 1.5kg")
      ->required();
  add_count(
      app, "--stock", [action](std::int64_t stock) { action->set_stock(stock); },
      "how many there are")
      ->required();
  add_count(
      app, "--per-person", [action](std::int64_t most) { action->set_per_person(most); },
      "the most that one person gets (no limit)");
  add_value(
      app, "--from", parse_time_us, [action](std::int64_t time_us) { action->set_from(time_us); },
      "redeemed from then on (at once)")
      ->type_name("TIME");
  add_value(
      app, "--to", parse_time_us, [action](std::int64_t time_us) { action->set_to(time_us); },
      "redeemed until then, exclusive")
      ->required()
      ->type_name("TIME");
  add_yuan(
      app, "--value", [action](std::int64_t cents) { action->set_value_cents(cents); },
      "yuan that one is worth; a figure");
  add_paper(
      app, "--terms", [action](v1::Document terms) { *action->mutable_terms() = std::move(terms); },
      "its terms");
}

Run declare_open(CLI::App& app) {
  auto action = std::make_shared<v1::OpenOffer>();
  add_offer(app, action, "name of the offer, new");
  app.add_option("--merchant", *action->mutable_merchant(),
                 "party that hands it out (the acting party)");
  app.add_option("--sponsor", *action->mutable_sponsor(), "pool that the grams go to")->required();
  app.add_option("--name-zh", *action->mutable_name_zh(), "Chinese name");
  app.add_option("--name-en", *action->mutable_name_en(), "English name");
  add_terms(app, action);
  return [action](Session& session) {
    v1::Payload payload;
    auto& opened = *payload.mutable_open_offer();
    opened = *action;
    if (opened.merchant().empty()) opened.set_merchant(session.settings().party);
    return submit(session, std::move(payload));
  };
}

Run declare_change(CLI::App& app) {
  auto action = std::make_shared<v1::ChangeOffer>();
  add_offer(app, action, "offer to add to");
  add_count(
      app, "--add", [action](std::int64_t stock) { action->set_stock_added(stock); },
      "how many more there are")
      ->required();
  return submits(action, &v1::Payload::mutable_change_offer);
}

Run declare_close(CLI::App& app) {
  auto action = std::make_shared<v1::ChangeOffer>();
  action->set_is_closed(true);
  add_offer(app, action, "offer to close");
  return submits(action, &v1::Payload::mutable_change_offer);
}

struct Redemptions {
  BatchFile file;
  v1::Redeem action;
};

Run declare_redeem(CLI::App& app) {
  auto redemptions = std::make_shared<Redemptions>();
  app.add_option("offer", *redemptions->action.mutable_offer(), "offer that is redeemed")
      ->required();
  add_file(app, redemptions->file);
  add_batch(app, redemptions->file);
  return [redemptions](Session& session) -> Result<Exit> {
    auto attachments = attachments_of(redemptions->file, read_redemptions);
    if (!attachments) return tl::make_unexpected(attachments.error());
    return submit(session, drafts_of(redemptions->file, std::move(*attachments),
                                     redemptions->action, &v1::Payload::mutable_redeem));
  };
}

Run declare_settle(CLI::App& app) {
  auto action = std::make_shared<v1::SettleOffer>();
  app.add_option("settlement", *action->mutable_settlement(), "name of the settlement, new")
      ->required();
  app.add_option("--offer", *action->mutable_offer(), "offer it settles")->required();
  add_count(
      app, "--quantity", [action](std::int64_t quantity) { action->set_quantity(quantity); },
      "how many were redeemed since the settlement before")
      ->required();
  add_grams(
      app, "--amount", [action](std::int64_t grams) { action->set_amount_g(grams); },
      "grams they cost: 500g or 1.5kg")
      ->required();
  add_yuan(
      app, "--value", [action](std::int64_t cents) { action->set_value_cents(cents); },
      "yuan they are worth (0)");
  add_paper(
      app, "--document",
      [action](v1::Document document) { *action->mutable_document() = std::move(document); },
      "the settlement sheet");
  return submits(action, &v1::Payload::mutable_settle_offer);
}

Run declare_list(CLI::App& app) { return lists<v1::OfferList>(app, "offers", kOfferColumns); }
Run declare_show(CLI::App& app) { return shows<v1::Offer>(app, "offers", "offer"); }
Run declare_settlement(CLI::App& app) {
  return shows<v1::OfferSettlement>(app, "offer-settlements", "settlement");
}

constexpr Command kCommands[] = {
    {"offer", "open", "Opens an offer: what citizens get for so many grams.",
     "puhui offer open tea-2026 --sponsor bike-co/pool --name-zh 奶茶券 --price 500g --stock 1000 "
     "--per-person 2 --to 2026-07-01T00:00:00+08:00 --value 12 --terms terms.pdf "
     "--party tea-house --key tea.key --key operator.key --key bike-co.key",
     declare_open},
    {"offer", "change", "Adds to the stock of an offer.",
     "puhui offer change tea-2026 --add 500 --party tea-house --key tea.key --key operator.key "
     "--key bike-co.key",
     declare_change},
    {"offer", "close", "Closes an offer for ever.",
     "puhui offer close tea-2026 --party tea-house --key tea.key --key operator.key "
     "--key bike-co.key",
     declare_close},
    {"offer", "redeem", "Signs redemptions of one offer in batches and sends them.",
     "puhui offer redeem tea-2026 redemptions.csv --batch tea-20260301 --party operator "
     "--key operator.key --key tea.key",
     declare_redeem},
    {"offer", "settle", "Settles what was redeemed, as merchant and sponsor agree on it.",
     "puhui offer settle tea-2026-03 --offer tea-2026 --quantity 120 --amount 60kg --value 1440 "
     "--document sheet.pdf --party tea-house --key tea.key --key bike-co.key",
     declare_settle},
    {"offer", "settlement", "Shows a settlement.", "puhui offer settlement tea-2026-03",
     declare_settlement},
    {"offer", "show", "Shows an offer: its terms, its stock, what was redeemed.",
     "puhui offer show tea-2026", declare_show},
    {"offer", "list", "Lists offers.", "puhui offer list --all", declare_list},
};

}  // namespace

std::span<const Command> offer_commands() { return kCommands; }

}  // namespace puhui::node::cli
