// Documents that events name: what a file is, in the words of the ledger. The bytes stay with
// whoever has the file.
#pragma once

#include <string>

#include "proto/error.h"
#include "puhui/v1/event.pb.h"

namespace puhui::node::cli {

// FILE, or FILE=MEDIA/TYPE: name, SHA-256, media type and size of a file. Unless it is given, the
// media type is that of the file's extension. INVALID_ARGUMENT for an extension that is not known
// and for an empty file; errors of read_file.
[[nodiscard]] Result<v1::Document> read_document(const std::string& text);

}  // namespace puhui::node::cli
