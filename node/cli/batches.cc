#include "node/cli/batches.h"

#include "ledger/records.h"

namespace puhui::node::cli {

void add_file(CLI::App& app, BatchFile& file) {
  app.add_option("file", file.path, "records: CSV with a header, or one JSON object per line")
      ->required();
  app.add_option("--format", file.format, "csv or ndjson (by the file's ending)")
      ->check(CLI::IsMember({"csv", "ndjson"}));
}

void add_records_max(CLI::App& app, BatchFile& file) {
  app.add_option("--records-per-batch", file.records_max, "split after so many records")
      ->check(CLI::Range(std::size_t{1}, ledger::kRecordsMax));
}

void add_batch(CLI::App& app, BatchFile& file) {
  app.add_option("--batch", file.batch, "the sender's name for the batch; parts get -1, -2, …")
      ->required();
  add_records_max(app, file);
}

RecordFormat format_of(const BatchFile& file) {
  const bool is_json = file.format.empty() ? file.path.ends_with("json") : file.format == "ndjson";
  return is_json ? RecordFormat::ndjson : RecordFormat::csv;
}

}  // namespace puhui::node::cli
