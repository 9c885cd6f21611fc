// Files of records as events: the flags that their commands share, and the batches they become.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "node/cli/attachment.h"
#include "node/cli/command.h"
#include "node/files/folder.h"

namespace puhui::node::cli {

struct BatchFile {
  std::string path;
  std::string format;  // Empty: by the file's ending.
  std::string batch;
  std::size_t records_max = 10'000;
};

// The file and --format. The object must live as long as the parser.
void add_file(CLI::App& app, BatchFile& file);
// --records-per-batch.
void add_records_max(CLI::App& app, BatchFile& file);
// --batch and --records-per-batch.
void add_batch(CLI::App& app, BatchFile& file);
[[nodiscard]] RecordFormat format_of(const BatchFile& file);

// The file's records, by `read(text, format)`, in attachments. Errors name the file.
template <class Read>
[[nodiscard]] Result<std::vector<Attachment>> attachments_of(const BatchFile& file, Read read) {
  const auto text = read_file(file.path);
  if (!text) return tl::make_unexpected(text.error());
  const auto records = read(*text, format_of(file));
  if (!records) return fail(records.error().code, file.path + ": " + records.error().detail);
  auto attachments = build_attachments(*records, file.records_max);
  if (!attachments)
    return fail(attachments.error().code, file.path + ": " + attachments.error().detail);
  return attachments;
}

// An event for each attachment: `common`, its batch's name (with -1, -2, … if there are several),
// its records.
template <class Action>
[[nodiscard]] std::vector<Draft> drafts_of(const BatchFile& file,
                                           std::vector<Attachment> attachments,
                                           const Action& common, Action* (v1::Payload::*field)()) {
  std::vector<Draft> drafts;
  for (auto& attachment : attachments) {
    auto& draft = drafts.emplace_back();
    auto& action = *(draft.payload.*field)();
    action = common;
    const auto number = "-" + std::to_string(drafts.size());
    action.set_batch(file.batch + (attachments.size() == 1 ? "" : number));
    *action.mutable_records() = std::move(attachment.named);
    draft.attachments.push_back(std::move(attachment.bytes));
  }
  return drafts;
}

}  // namespace puhui::node::cli
