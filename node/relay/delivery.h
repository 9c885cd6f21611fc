// One proven leaf of a city, taken to the city that it concerns: which event it calls for there,
// and what became of that.
//
//   an export              is answered: imported, refused with the reason why, or void
//   an answer to an export is brought home
//   a stated retirement, a recall, a project filed or under notice, the end of a draft or of
//                          a project, published tags: is noted
//
// Whatever others have done meanwhile is no failure. Functions of the two cities' answers alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ledger/recognition.h"
#include "node/relay/city.h"

namespace puhui::node::relay {

enum class Came {
  done,     // accepted as a leaf now
  known,    // there was nothing to do any more
  refused,  // it cannot be done
  waits     // it may be done another time
};
// "done", "known", …
[[nodiscard]] std::string_view word_of(Came came);

struct Carried {
  std::string action;  // "import", "note_recall", …
  Came came = Came::known;
  std::string code;           // of a refusal, or why it waits
  std::int64_t position = 0;  // leaf, of what was accepted
};

struct Delivery {
  v1::ProvenLeaf leaf;
  std::optional<v1::ProvenLeaf> notice;  // that put the draft in the leaf under public notice
  std::string attachment;                // of published tags
};

// LEAF_UNEXPECTED if the leaf calls for nothing there. Errors of the city: nothing is known then.
[[nodiscard]] Result<Carried> deliver(City& to, const Delivery& delivery);

// The parts of it, for whoever wants one of them.
// What stands in the entry of a proven leaf. LEAF_UNEXPECTED.
[[nodiscard]] Result<ledger::ForeignEvent> event_of(const v1::ProvenLeaf& leaf);
// The id of the transfer that an export began, as its city is known to `to`.
[[nodiscard]] Result<std::string> transfer_of(City& to, const v1::ProvenLeaf& exported);
// How `to` would import it now, by the last version of its agreement.
[[nodiscard]] Result<v1::Import> import_of(City& to, const v1::ProvenLeaf& exported);

// Whether all that it states is noted, once that leaf of `to` is applied: the largest serial is
// noted last.
[[nodiscard]] Result<bool> is_retirement_noted(City& to, const v1::StateRetirement& statement,
                                               std::int64_t at_least = 0);

// The attachment that must be brought with a leaf; empty if it needs none. Errors of the city that
// has it: NOT_PERMITTED to whom it does not answer.
[[nodiscard]] Result<std::string> attachment_of(City& from, const v1::ProvenLeaf& leaf);
// How the leaf of a publication names these tags. LEAF_UNEXPECTED; ATTACHMENT_MISMATCH if it names
// others.
[[nodiscard]] Result<v1::AttachmentRef> tags_named(const v1::ProvenLeaf& leaf,
                                                   std::string_view tags);
// Withdrawn, or turned down.
[[nodiscard]] bool has_ended_unfiled(const v1::Filing& filing);

// What an answer of the node means for one action.
[[nodiscard]] Result<Carried> carried(std::string action,
                                      const Result<v1::SubmissionResult>& result);

}  // namespace puhui::node::relay
