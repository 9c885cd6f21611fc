// Receipts, records, checkpoints, the policy: fetch and verify.
#include "node/cli/command.h"
#include "node/cli/receipt.h"
#include "node/files/folder.h"

namespace puhui::node::cli {
namespace {

// A file to verify, the policy to believe, and keys to judge signatures by.
struct Question {
  std::string path;
  std::string policy_file;
  std::vector<NamedKey> keys;
};

std::shared_ptr<Question> add_question(CLI::App& app, const char* what) {
  auto question = std::make_shared<Question>();
  app.add_option("file", question->path, what)->required();
  app.add_option("--policy", question->policy_file, "tlog-policy file: whom to believe")
      ->required();
  add_values(
      app, "--key-file", read_named_key,
      [question](NamedKey key) { question->keys.push_back(std::move(key)); },
      "key that must have signed: hex, or a key file; repeat for several")
      ->allow_extra_args(false);
  return question;
}

Run declare_receipt_verify(CLI::App& app) {
  return [question = add_question(app, "receipt")](Session& session) -> Result<Exit> {
    const auto policy = read_policy(question->policy_file);
    if (!policy) return tl::make_unexpected(policy.error());
    const auto receipt = read_file(question->path);
    if (!receipt) return tl::make_unexpected(receipt.error());
    const auto verified = verify_receipt(*receipt, *policy, question->keys);
    if (!verified) return tl::make_unexpected(verified.error());
    session.print_proved(describe(*verified), "payload",
                         verified->payload ? &*verified->payload : nullptr);
    return Exit::ok;
  };
}

Run declare_receipt_get(CLI::App& app) {
  auto position = std::make_shared<std::uint64_t>();
  auto witnessed = std::make_shared<bool>(false);
  add_value(
      app, "position", parse_number, [position](std::uint64_t number) { *position = number; },
      "position of the leaf")
      ->required();
  app.add_flag("--witnessed", *witnessed,
               "under a checkpoint that meets the node's witness policy");
  return [position, witnessed](Session& session) -> Result<Exit> {
    Query query;
    if (*witnessed) query.emplace_back("witnessed", "true");
    const auto receipt =
        session.fetch({"v1", "receipts", std::to_string(*position)}, std::move(query));
    if (!receipt) return tl::make_unexpected(receipt.error());
    auto delivered = session.flags().receipt_file.empty()
                         ? session.deliver(*receipt)
                         : write_new_file(session.flags().receipt_file, *receipt);
    if (!delivered) return tl::make_unexpected(delivered.error());
    return Exit::ok;
  };
}

Run declare_record_proof(CLI::App& app) {
  auto place = std::make_shared<std::pair<std::uint64_t, std::uint64_t>>();
  add_value(
      app, "position", parse_number, [place](std::uint64_t number) { place->first = number; },
      "position of the behaviour batch")
      ->required();
  add_value(
      app, "index", parse_number, [place](std::uint64_t number) { place->second = number; },
      "index of the record in it")
      ->required();
  return [place](Session& session) -> Result<Exit> {
    const auto proof = session.get<v1::RecordProof>(
        {"v1", "records", std::to_string(place->first), std::to_string(place->second)});
    if (!proof) return tl::make_unexpected(proof.error());
    if (auto delivered = session.deliver(to_json(*proof)); !delivered)
      return tl::make_unexpected(delivered.error());
    return Exit::ok;
  };
}

Run declare_record_verify(CLI::App& app) {
  return [question = add_question(app, "record proof")](Session& session) -> Result<Exit> {
    const auto policy = read_policy(question->policy_file);
    if (!policy) return tl::make_unexpected(policy.error());
    const auto bytes = read_file(question->path);
    if (!bytes) return tl::make_unexpected(bytes.error());
    v1::RecordProof proof;
    if (auto read = from_json(*bytes, proof, true); !read)
      return fail(ErrorCode::PROOF_MALFORMED, read.error().detail);
    const auto verified = verify_record(proof, *policy, question->keys);
    if (!verified) return tl::make_unexpected(verified.error());
    auto fields = describe(verified->receipt);
    const auto& batch = verified->receipt.payload->submit_behaviour_batch();
    fields.emplace_back("provider", verified->receipt.payload->party());
    fields.emplace_back("batch", batch.batch());
    fields.emplace_back("scenario", batch.scenario());
    session.print_proved(fields, "record", &verified->record);
    return Exit::ok;
  };
}

Run declare_checkpoint(CLI::App& app) {
  auto policy_file = std::make_shared<std::string>();
  app.add_option("--verify", *policy_file, "accept it only under this tlog-policy");
  return [policy_file](Session& session) -> Result<Exit> {
    const auto note = session.fetch({"checkpoint"});
    if (!note) return tl::make_unexpected(note.error());
    if (!policy_file->empty()) {
      const auto policy = read_policy(*policy_file);
      if (!policy) return tl::make_unexpected(policy.error());
      const auto verified = crypto::verify_checkpoint(*policy, *note);
      if (!verified) return tl::make_unexpected(verified.error());
      session.print(describe(*verified));
      if (session.flags().out_file.empty()) return Exit::ok;
    }
    if (auto delivered = session.deliver(*note); !delivered)
      return tl::make_unexpected(delivered.error());
    return Exit::ok;
  };
}

Run declare_policy_export(CLI::App&) {
  return [](Session& session) -> Result<Exit> {
    const auto text = session.fetch({"v1", "policy"});
    if (!text) return tl::make_unexpected(text.error());
    if (const auto policy = crypto::parse_policy(*text); !policy)
      return fail(policy.error().code, "the node's answer: " + policy.error().detail);
    if (auto delivered = session.deliver(*text); !delivered)
      return tl::make_unexpected(delivered.error());
    return Exit::ok;
  };
}

constexpr Command kCommands[] = {
    {"receipt", "get", "Fetches the receipt of a leaf.",
     "puhui receipt get 1200 --out 1200.receipt\n"
     "puhui receipt get 1200 --witnessed --out 1200.receipt",
     declare_receipt_get},
    {"receipt", "verify", "Verifies a receipt and shows what it proves, without a network.",
     "puhui receipt verify 1200.receipt --policy city.policy\n"
     "puhui receipt verify 1200.receipt --policy city.policy --key-file buyer.pub",
     declare_receipt_verify},
    {"record", "proof", "Fetches the proof of one behaviour record.",
     "puhui record proof 1201 17 --client-cert me.pem --client-key me.key --out record.json",
     declare_record_proof},
    {"record", "verify", "Verifies the proof of a behaviour record, without a network.",
     "puhui record verify record.json --policy city.policy", declare_record_verify},
    {"checkpoint", nullptr, "Shows the city's newest checkpoint, or verifies it.",
     "puhui checkpoint\npuhui checkpoint --verify city.policy --out checkpoint.txt",
     declare_checkpoint},
    {"policy", "export", "Fetches the city's verification policy.",
     "puhui policy export --out city.policy", declare_policy_export},
};

}  // namespace

std::span<const Command> proof_commands() { return kCommands; }

}  // namespace puhui::node::cli
