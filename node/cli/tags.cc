// Tags of acts: published for a partner city, and noted of one.
#include <algorithm>

#include "crypto/checkpoint.h"
#include "crypto/note.h"
#include "crypto/tlog_proof.h"
#include "ledger/recognition.h"
#include "ledger/records.h"
#include "node/cli/attachment.h"
#include "node/cli/cities.h"

namespace puhui::node::cli {
namespace {

constexpr Column kTagColumns[] = {{"LEAF", "leaf"}, {"RECORD", "record"}, {"TAG", "tag"}};
constexpr Column kBothColumns[] = {{"LEAF", "leaf"},
                                   {"RECORD", "record"},
                                   {"PARTNER-LEAF", "partner_leaf"},
                                   {"PARTNER-RECORD", "partner_record"}};

CLI::Option* add_partner(CLI::App& app, std::string& partner) {
  return app.add_option("--partner", partner, "code of the partner city")
      ->required()
      ->type_name("CITY");
}

// ---- Publishing -------------------------------------------------------------------------------

// All tags for the partner that no publication holds, and where the first of these ended.
Result<v1::ActTagList> unpublished(Session& session, const std::string& partner) {
  v1::ActTagList all;
  std::string after;
  do {
    Query query{{"limit", std::to_string(kListLimitMax)}};
    if (!after.empty()) query.emplace_back("after", after);
    const auto part = session.get<v1::ActTagList>({"v1", "tags", partner}, std::move(query));
    if (!part) return tl::make_unexpected(part.error());
    if (after.empty()) all.set_published(part->published());
    if (!part->next().empty() && part->next() == after)
      return fail(ErrorCode::CORRUPT, "the node answers the same part of the list again");
    after = part->next();
    all.mutable_items()->MergeFrom(part->items());
  } while (!after.empty());
  return all;
}

// Of whole leaves, as many as one attachment holds: at least those of the first leaf, which came in
// one attachment themselves.
int end_of_part(const v1::ActTagList& tags, int begin) {
  const auto most = std::min(tags.items_size() - begin, static_cast<int>(ledger::kRecordsMax));
  int end = begin + most;
  if (end == tags.items_size()) return end;
  while (end > begin + 1 && tags.items(end - 1).leaf() == tags.items(end).leaf()) --end;
  return end;
}

Result<Draft> draft_of(const std::string& partner, const v1::ActTagList& tags, int begin, int end,
                       std::uint64_t from) {
  std::vector<std::string> records;
  for (int i = begin; i < end; ++i) records.push_back(tags.items(i).tag());
  auto attachments = pack_records(records, ledger::kRecordsMax);
  if (!attachments) return tl::make_unexpected(attachments.error());
  Draft draft;
  auto& action = *draft.payload.mutable_publish_tags();
  action.set_partner(partner);
  action.set_from(from);
  action.set_to(static_cast<std::uint64_t>(tags.items(end - 1).leaf()) + 1);
  *action.mutable_tags() = attachments->front().named;
  draft.attachments.push_back(std::move(attachments->front().bytes));
  return draft;
}

Result<Exit> publish(Session& session, const std::string& partner) {
  const auto tags = unpublished(session, partner);
  if (!tags) return tl::make_unexpected(tags.error());
  if (tags->items().empty())
    return fail(ErrorCode::BATCH_EMPTY, "no act was tagged for " + partner + " since leaf " +
                                            std::to_string(tags->published()));
  std::vector<Draft> drafts;
  auto from = tags->published();
  for (int begin = 0; begin < tags->items_size();) {
    const auto end = end_of_part(*tags, begin);
    auto draft = draft_of(partner, *tags, begin, end, from);
    if (!draft) return tl::make_unexpected(draft.error());
    from = draft->payload.publish_tags().to();
    drafts.push_back(std::move(*draft));
    begin = end;
  }
  return submit_in_turn(session, std::move(drafts));
}

Run declare_publish(CLI::App& app) {
  auto partner = std::make_shared<std::string>();
  add_partner(app, *partner);
  return [partner](Session& session) { return publish(session, *partner); };
}

// ---- Noting -----------------------------------------------------------------------------------

// The leaf of a receipt, as another city's ledger proves it.
Result<v1::ProvenLeaf> proven_by(std::string_view receipt, const std::string& city,
                                 std::uint32_t epoch) {
  const auto proof = crypto::parse_tlog_proof(receipt);
  if (!proof) return tl::make_unexpected(proof.error());
  if (!proof->extra) return fail(ErrorCode::PROOF_MALFORMED, "the receipt holds no entry");
  const auto note = crypto::parse_note(proof->checkpoint);
  if (!note) return tl::make_unexpected(note.error());
  const auto checkpoint = crypto::parse_checkpoint(note->text);
  if (!checkpoint) return tl::make_unexpected(checkpoint.error());
  v1::ProvenLeaf leaf;
  leaf.set_city(city);
  leaf.set_entry(*proof->extra);
  leaf.set_index(proof->index);
  leaf.set_tree_size(checkpoint->size);
  leaf.set_epoch(epoch);
  for (const auto& hash : proof->path) leaf.add_path(std::string(hash.view()));
  return leaf;
}

struct Noting {
  std::string published, tags_file, partner, there;
  std::uint32_t epoch = 0;
};

struct Published {
  v1::ProvenLeaf leaf;
  std::string tags;
};

Result<Published> from_files(const Noting& asked) {
  if (asked.tags_file.empty())
    return fail(ErrorCode::INVALID_ARGUMENT, "the tags in a file, or --there");
  const auto receipt = read_file(asked.published);
  if (!receipt) return tl::make_unexpected(receipt.error());
  auto tags = read_file(asked.tags_file);
  if (!tags) return tl::make_unexpected(tags.error());
  auto leaf = proven_by(*receipt, asked.partner, asked.epoch);
  if (!leaf) return tl::make_unexpected(leaf.error());
  return Published{std::move(*leaf), std::move(*tags)};
}

// Of the partner's node, proved by the last checkpoint that was accepted here.
Result<Published> from_node(const Session& session, const Noting& asked) {
  const auto number = parse_number(asked.published);
  if (!number) return tl::make_unexpected(number.error());
  auto carriage = open_carriage(session, asked.there);
  if (!carriage) return tl::make_unexpected(carriage.error());
  auto delivery = carriage->prove({*number, {}});
  if (!delivery) return tl::make_unexpected(delivery.error());
  auto tags = carriage->there->fetch(target_of({"v1", "attachments", asked.published}));
  if (!tags) return tl::make_unexpected(tags.error());
  return Published{std::move(delivery->leaf), std::move(*tags)};
}

Result<Exit> note(Session& session, const Noting& asked) {
  auto published = asked.there.empty() ? from_files(asked) : from_node(session, asked);
  if (!published) return tl::make_unexpected(published.error());
  auto named = relay::tags_named(published->leaf, published->tags);
  if (!named) return tl::make_unexpected(named.error());
  std::vector<Draft> drafts(1);
  auto& action = *drafts.front().payload.mutable_note_tags();
  *action.mutable_published() = std::move(published->leaf);
  *action.mutable_tags() = std::move(*named);
  drafts.front().attachments.push_back(std::move(published->tags));
  return submit(session, std::move(drafts));
}

Run declare_note(CLI::App& app) {
  auto asked = std::make_shared<Noting>();
  app.add_option("published", asked->published,
                 "the partner's receipt of its publication, under a checkpoint accepted here; with "
                 "--there, its leaf")
      ->required();
  auto* tags = app.add_option("tags", asked->tags_file, "its attachment: the tags");
  auto* partner = app.add_option("--partner", asked->partner, "whose receipt it is")
                      ->type_name("CITY")
                      ->needs(tags);
  auto* epoch =
      app.add_option("--epoch", asked->epoch, "of the partner's ledger, after it was restored (0)")
          ->needs(tags);
  tags->needs(partner);
  app.add_option("--there", asked->there, std::string("the partner instead of files: ") + kCityHelp)
      ->type_name("URL|PROFILE")
      ->excludes(tags)
      ->excludes(partner)
      ->excludes(epoch);
  return [asked](Session& session) { return note(session, *asked); };
}

// ---- Reading ----------------------------------------------------------------------------------

Run declare_get(CLI::App& app) {
  auto leaf = std::make_shared<std::uint64_t>();
  add_value(
      app, "leaf", parse_number, [leaf](std::uint64_t number) { *leaf = number; },
      "where they were published")
      ->required();
  return [leaf](Session& session) -> Result<Exit> {
    const auto bytes = session.fetch({"v1", "attachments", std::to_string(*leaf)});
    if (!bytes) return tl::make_unexpected(bytes.error());
    if (auto delivered = session.deliver(*bytes); !delivered)
      return tl::make_unexpected(delivered.error());
    return Exit::ok;
  };
}

template <class List>
Run lists_of_partner(CLI::App& app, const char* rest, std::span<const Column> columns) {
  auto partner = std::make_shared<std::string>();
  add_partner(app, *partner);
  auto flags = add_list_flags(app);
  return [partner, flags, rest, columns](Session& session) {
    return *rest == '\0'
               ? show_list<List>(session, {"v1", "tags", *partner}, *flags, columns)
               : show_list<List>(session, {"v1", "tags", *partner, rest}, *flags, columns);
  };
}

Run declare_list(CLI::App& app) { return lists_of_partner<v1::ActTagList>(app, "", kTagColumns); }

Run declare_both(CLI::App& app) {
  return lists_of_partner<v1::ActOfBothList>(app, "both", kBothColumns);
}

constexpr Command kCommands[] = {
    {"tags", "publish", "Publishes the tags for a partner city of all acts credited since.",
     "puhui tags publish --partner XIANGYANG --party operator --key operator.key "
     "--client-cert operator.pem --client-key operator-tls.key",
     declare_publish},
    {"tags", "get", "Fetches the tags that were published at a leaf, also a partner city's.",
     "puhui tags get 1200 --out 1200.tags --client-cert wuhan.pem --client-key wuhan-tls.key",
     declare_get},
    {"tags", "note", "Notes the tags that a partner city published for this one.",
     "puhui tags note 1200 --there wuhan.toml --party operator --key operator.key\n"
     "puhui tags note 1200.receipt 1200.tags --partner WUHAN --party operator --key operator.key",
     declare_note},
    {"tags", "list", "Lists the tags for a partner city that are not published yet.",
     "puhui tags list --partner XIANGYANG --client-cert operator.pem --client-key operator-tls.key",
     declare_list},
    {"tags", "both", "Lists acts that were credited here and in a partner city.",
     "puhui tags both --partner XIANGYANG --client-cert operator.pem --client-key operator-tls.key",
     declare_both},
};

}  // namespace

std::span<const Command> tags_commands() { return kCommands; }

}  // namespace puhui::node::cli
