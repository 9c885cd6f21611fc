// The commands of `puhui-identity`: each declares its flags and answers what to do once they are
// parsed. Flags are bound to objects the answer shares.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "node/cli/exit.h"
#include "node/cli/text.h"
#include "node/identity/run.h"
#include "node/identity/store.h"

namespace puhui::node::identity {

// One run: its streams, and where the store is.
struct Session {
  const World& world;
  std::string folder;
  std::string passphrase_file;
  std::string output = "table";

  // CONFIG if no store is named; errors of the functions they call.
  [[nodiscard]] Result<std::unique_ptr<Store>> make_store() const;
  [[nodiscard]] Result<std::unique_ptr<Store>> open_store() const;
  // The keys alone: any number of processes may read them, also while another uses the store.
  [[nodiscard]] Result<Keys> read_keys() const;

  void print(const cli::Fields& fields) const;
  void print(const google::protobuf::Message& list, std::span<const cli::Column> columns) const;

 private:
  [[nodiscard]] Result<std::optional<std::string>> passphrase() const;
};

using Run = std::function<Result<void>(const Session&)>;

struct Command {
  const char* noun;  // Null: the verb alone is the command.
  const char* verb;
  const char* summary;  // One sentence.
  const char* example;  // One or more lines, without indentation.
  Run (*declare)(CLI::App& app);
};

// Of people and carriers; of what a ledger's event allows; of acts compared with partner cities.
[[nodiscard]] std::span<const Command> everyday_commands();
[[nodiscard]] std::span<const Command> decided_commands();
[[nodiscard]] std::span<const Command> tags_commands();

}  // namespace puhui::node::identity
