// What a mirror serves: the copy's checkpoint and tiles, how it stands, and its witness.
//
//   GET  /checkpoint, /tile/…      as C2SP tlog-tiles, of what was accepted
//   GET  /v1/mirror                MirrorStatus as JSON
//   GET  /v1/…                     the city's views, where the mirror keeps them (views.h)
//   GET  /livez  /readyz  /metrics
//   POST /witness/add-checkpoint and GET /witness/… (node/witness/endpoint.h)
//
// Attachments hold personal data and are not served: a mirror knows nobody's roles.
// Threads: all functions from any.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "node/http/message.h"
#include "node/mirror/copy.h"
#include "node/mirror/views.h"
#include "node/witness/endpoint.h"
#include "puhui/v1/api.pb.h"

namespace puhui::node {

class Site {
 public:
  // `witness` is null where no log is followed, `views` where none are kept; all outlive the site.
  Site(const Copy& copy, Witness* witness, MirrorViews* views)
      : copy_(copy), witness_(witness), views_(views) {}

  void handle(const http::Request& request, http::Respond respond);

  // What is served from now on, and told.
  void publish(crypto::TreeHead head, std::string note);
  void tell(v1::MirrorStatus status);

 private:
  struct Published {
    crypto::TreeHead head;
    std::string note;
  };
  [[nodiscard]] http::Response tile(const std::string& path, const crypto::TreeHead& head) const;
  [[nodiscard]] std::string metrics(const v1::MirrorStatus& status) const;

  const Copy& copy_;
  WitnessEndpoint witness_;
  MirrorViews* const views_;
  mutable std::mutex mutex_;
  Published published_;
  v1::MirrorStatus status_;
};

}  // namespace puhui::node
