// What a public notice is about.
#pragma once

#include <string>

#include "puhui/v1/event.pb.h"

namespace puhui::ledger::testing {

inline v1::NoticeSubject filing_named(const std::string& filing) {
  v1::NoticeSubject subject;
  subject.set_filing(filing);
  return subject;
}
inline v1::NoticeSubject report_named(const std::string& report) {
  v1::NoticeSubject subject;
  subject.set_report(report);
  return subject;
}

}  // namespace puhui::ledger::testing
