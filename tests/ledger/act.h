// Sending an action, whichever it is: alone, or with the records of its attachment.
#pragma once

#include "tests/ledger/city.h"

namespace puhui::ledger::testing {

// Every action has a message type of its own.
template <class Action>
void set_action(v1::Payload& payload, const Action& action) {
  const auto* fields = v1::Payload::descriptor()->FindOneofByName("action");
  for (int i = 0; i < fields->field_count(); ++i)
    if (fields->field(i)->message_type() == Action::descriptor())
      payload.GetReflection()->MutableMessage(&payload, fields->field(i))->CopyFrom(action);
}

// An event of the first signer.
template <class Action>
Sent signed_action(City& city, const Action& action, const Signers& signers) {
  auto payload = city.event(signers.front());
  set_action(payload, action);
  return sign(payload, signers);
}
template <class Action>
Answer act(City& city, const Action& action, const Signers& signers) {
  return city.submit(signed_action(city, action, signers));
}

template <class Record>
std::string attached(const std::vector<Record>& records) {
  std::string bytes;
  for (const auto& record : records) append_record(bytes, record.SerializeAsString());
  return bytes;
}
template <class Action>
Sent signed_records(City& city, Action action, const std::string& attachment,
                    const Signers& signers) {
  name_attachment(*action.mutable_records(), attachment);
  auto payload = city.event(signers.front());
  set_action(payload, action);
  return sign_with(payload, signers, attachment);
}

}  // namespace puhui::ledger::testing
