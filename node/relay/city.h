// A city as those see it who carry proofs between cities: what its node answers, and events sent to
// it. What a node answers is believed only as far as the other city's rules prove it again; a lying
// node can delay, no more.
// Threads: one at a time.
#pragma once

#include <google/protobuf/message.h>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/error.h"
#include "puhui/v1/api.pb.h"

namespace puhui::node::relay {

using Parts = std::initializer_list<std::string_view>;
using Query = std::vector<std::pair<std::string, std::string>>;

class City {
 public:
  City() = default;
  City(const City&) = delete;
  City& operator=(const City&) = delete;
  virtual ~City() = default;

  // Its code, as its node states it.
  [[nodiscard]] virtual const std::string& code() const = 0;
  // The bytes of a path: "/checkpoint", "/tile/0/x001/234".
  [[nodiscard]] virtual Result<std::string> fetch(const std::string& path) = 0;
  // What each of its nodes that are known here answers there; none of one that answers nothing.
  [[nodiscard]] virtual std::vector<std::string> fetch_from_each(const std::string& path) = 0;
  // The answer to a GET of these parts. NOT_FOUND where there is nothing.
  [[nodiscard]] virtual Result<void> read(Parts parts, Query query,
                                          google::protobuf::Message& answer) = 0;
  // Fills in what an action leaves open, signs it and sends it with its attachment, if there is
  // one; what was decided, or why nobody knows.
  [[nodiscard]] virtual Result<v1::SubmissionResult> submit(v1::Payload payload,
                                                            std::string attachment) = 0;

  template <class M>
  [[nodiscard]] Result<M> get(Parts parts, Query query = {}) {
    M answer;
    if (auto done = read(parts, std::move(query), answer); !done)
      return tl::make_unexpected(done.error());
    return answer;
  }
  // The same; nothing where there is nothing.
  template <class M>
  [[nodiscard]] Result<std::optional<M>> find(Parts parts, Query query = {}) {
    auto answer = get<M>(parts, std::move(query));
    if (answer) return std::optional<M>(std::move(*answer));
    if (answer.error().code == ErrorCode::NOT_FOUND) return std::optional<M>();
    return tl::make_unexpected(answer.error());
  }
};

// The parts of a list, fetched one after the other, item by item. The parts of its path and the
// city outlive it.
template <class List>
class Items {
 public:
  using Item = std::remove_cvref_t<decltype(std::declval<List>().items(0))>;

  // From the place on that `after` names, or from the first one.
  Items(City& city, std::vector<std::string_view> parts, Query query = {}, std::string after = {})
      : city_(city), parts_(std::move(parts)), query_(std::move(query)), after_(std::move(after)) {}

  // The next one, valid until the one after is asked for; null at the end.
  [[nodiscard]] Result<const Item*> next() {
    while (at_ == part_.items_size()) {
      if (is_last_) return nullptr;
      if (auto done = fetch(); !done) return tl::make_unexpected(done.error());
    }
    return &part_.items(at_++);
  }

 private:
  Result<void> fetch() {
    auto query = query_;
    const auto after = part_.next().empty() ? after_ : part_.next();
    query.emplace_back("limit", "500");
    if (!after.empty()) query.emplace_back("after", after);
    part_.Clear();
    at_ = 0;
    auto done = read(std::move(query));
    if (!done) return done;
    if (!after.empty() && part_.next() == after)
      return fail(ErrorCode::CORRUPT, "the node answers the same part of a list again");
    is_last_ = part_.next().empty();
    return {};
  }
  // Paths of lists have two parts, or four.
  Result<void> read(Query query) {
    if (parts_.size() == 2) return city_.read({parts_[0], parts_[1]}, std::move(query), part_);
    return city_.read({parts_[0], parts_[1], parts_[2], parts_[3]}, std::move(query), part_);
  }

  City& city_;
  const std::vector<std::string_view> parts_;
  const Query query_;
  const std::string after_;
  List part_;
  int at_ = 0;
  bool is_last_ = false;
};

}  // namespace puhui::node::relay
