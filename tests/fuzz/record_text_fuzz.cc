// Consents, redemptions, readings and acts as text. Any bytes are records, or an error; errors name
// the line. What is read can be put into an attachment, and its line is read as the same record.
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string>

#include "ledger/records.h"
#include "node/cli/attachment.h"
#include "node/cli/records.h"

namespace {

namespace cli = puhui::node::cli;
namespace v1 = puhui::v1;

constexpr std::size_t kRecordsMax = 50;
constexpr unsigned kScale = 3;

template <class R>
using Read = puhui::Result<std::vector<R>>;

// Whether there are records; if so, they fit into attachments.
template <class R>
bool check(const Read<R>& read) {
  if (!read) {
    assert(read.error().detail.starts_with("line "));
    return false;
  }
  const auto attachments = cli::build_attachments(*read, kRecordsMax);
  if (read->empty()) assert(attachments.error().code == puhui::ErrorCode::BATCH_EMPTY);
  if (!attachments) return false;
  std::size_t count = 0;
  for (const auto& attachment : *attachments) {
    const auto pieces = puhui::ledger::split_records(attachment.bytes);
    assert(pieces && pieces->size() == attachment.named.count());
    count += pieces->size();
  }
  assert(count == read->size());
  return true;
}

// Of records whose lines can be written, too.
template <class R>
void check_lines(const Read<R>& read, Read<R> (*again)(std::string_view, cli::RecordFormat)) {
  if (!check(read)) return;
  std::string lines;
  for (const auto& record : *read) lines += cli::line_of(record);
  const auto same = again(lines, cli::RecordFormat::ndjson);
  assert(same && same->size() == read->size());
  for (std::size_t i = 0; i < read->size(); ++i)
    assert((*same)[i].SerializeAsString() == (*read)[i].SerializeAsString());
}

}  // namespace

// The first byte says of which kind and in which form; the rest is the text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto format = (data[0] & 1) != 0 ? cli::RecordFormat::ndjson : cli::RecordFormat::csv;
  switch (data[0] >> 1 & 3) {
    case 0:
      check_lines(cli::read_consents(text, format), cli::read_consents);
      break;
    case 1:
      check_lines(cli::read_redemptions(text, format), cli::read_redemptions);
      break;
    case 2:
      check(cli::read_readings(text, format, kScale));
      break;
    default:
      check(cli::read_acts(text, format));
  }
  return 0;
}
