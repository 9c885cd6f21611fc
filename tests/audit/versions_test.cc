// Versions as an agreement names them, judged again.
#include "ledger/versions.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "node/audit/recognition.h"

namespace puhui::node::audit {
namespace {

std::string some_label() {
  return *rc::gen::container<std::string>(rc::gen::elementOf(std::string("0129Vv.-")));
}

RC_GTEST_PROP(AuditedVersions, AreMeantAsTheLedgerMeansThem, ()) {
  const auto versions = some_label() + ".." + some_label(), version = some_label();
  RC_ASSERT(is_of(versions, version) == ledger::covers(versions, version));
  RC_ASSERT(is_of(version, version) == ledger::covers(version, version));
}

}  // namespace
}  // namespace puhui::node::audit
