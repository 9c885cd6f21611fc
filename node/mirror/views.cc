#include "node/mirror/views.h"

#include <filesystem>

#include "node/http/problem.h"
#include "node/views/answer.h"

namespace puhui::node {
namespace {

http::Response answer(const http::Request& request, ledger::View& view, ledger::View& current,
                      CompletePtr checkpoint) {
  const auto genesis = current.genesis();
  if (!genesis) return http::problem({ErrorCode::UNAVAILABLE, "no views yet"});
  // A checkpoint newer than the views proves nothing here yet.
  if (checkpoint && checkpoint->size > current.head().size) checkpoint.reset();
  views::Reading reading{request, view, current, *genesis, std::move(checkpoint),
                         nullptr, {},   {},      0};
  return views::answer_read(reading);
}

}  // namespace

MirrorViews::MirrorViews(const Copy& copy, unsigned threads)
    : copy_(copy),
      folder_(copy.folder() + "/views"),
      threads_(threads),
      leaves_(copy),
      pool_(threads) {}

// Nobody may end a history from within its own answer.
MirrorViews::~MirrorViews() {
  if (const auto last = built()) last->history->stop();
  slow_reads_.stop();
}

Result<std::unique_ptr<MirrorViews>> MirrorViews::open(const Copy& copy, unsigned threads) {
  std::unique_ptr<MirrorViews> views(new MirrorViews(copy, threads));
  if (auto built = views->build(); !built) return tl::make_unexpected(built.error());
  return views;
}

Result<void> MirrorViews::build() {
  if (auto made = make_folder(folder_); !made) return made;
  ledger::StoreOptions store;
  store.folder = folder_ + "/ledger";
  auto ledger = ledger::Ledger::open(store);
  if (!ledger) return tl::make_unexpected(ledger.error());
  HistoryOptions options;
  options.folder = folder_ + "/history";
  options.threads = threads_;
  auto built = std::make_shared<Built>();
  built->ledger = std::move(*ledger);
  auto& of = *built->ledger;
  built->history = std::make_unique<History>(
      options, [&of](std::uint64_t leaf) { return Result<StoredLeaf>(of.view().leaf(leaf)); },
      [&of](std::uint64_t size) { return of.view().root_at(size); });
  std::lock_guard lock(mutex_);
  built_ = std::move(built);
  return {};
}

MirrorViews::BuiltPtr MirrorViews::built() const {
  std::lock_guard lock(mutex_);
  return built_;
}

std::uint64_t MirrorViews::size() const {
  const auto from = built();
  return from ? from->ledger->view().head().size : 0;
}

Result<void> MirrorViews::follow(bool has_all_attachments) {
  if (!built())
    if (auto begun = build(); !begun) return begun;
  if (has_all_attachments && built()->ledger->view().gap()) {
    {
      std::lock_guard lock(mutex_);
      if (built_.use_count() > 1) return {};  // somebody reads; the next round will do
      built_.reset();
    }
    std::error_code error;
    std::filesystem::remove_all(folder_, error);
    if (error) return io_failure(folder_, error);
    if (auto begun = build(); !begun) return begun;
  }
  const auto size = copy_.head().size;
  auto followed = replay(
      *built()->ledger, [this, size](std::uint64_t leaf) { return leaves_.read(leaf, size); }, size,
      pool_);
  if (followed) built()->ledger->sync();
  return followed;
}

void MirrorViews::handle(const http::Request& request, http::Respond respond,
                         CompletePtr checkpoint) {
  const auto from = built();
  if (!from) return respond(http::problem({ErrorCode::UNAVAILABLE, "the views begin anew"}));
  auto current = from->ledger->view();
  const auto size = views::asks_past(request) ? views::size_asked(request, current)
                                              : Result<std::uint64_t>(current.head().size);
  if (!size) return respond(http::problem(size.error()));
  // What was measured is what is answered: leaves may come before the answer does.
  if (*size == current.head().size) {
    auto now = std::make_shared<const Past>(
        Past{from, std::make_unique<ledger::View>(std::move(current))});
    return answer_read(from, request, respond, {checkpoint, std::move(now)});
  }
  from->history->at(*size, http::caller_of(request),
                    [this, from, request, respond, checkpoint](const Result<PastPtr>& past) {
                      if (!past) return respond(http::problem(past.error()));
                      answer_read(from, request, respond, {checkpoint, *past});
                    });
}

void MirrorViews::answer_read(const BuiltPtr& from, const http::Request& request,
                              const http::Respond& respond, const Moment& moment) {
  auto work = [from, request, moment] {
    auto now = from->ledger->view();
    return answer(request, moment.past ? *moment.past->view : now, now, moment.checkpoint);
  };
  if (views::is_slow(request)) return slow_reads_.answer(request, respond, std::move(work));
  respond(work());
}

}  // namespace puhui::node
