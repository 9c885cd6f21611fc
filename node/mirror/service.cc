#include "node/mirror/service.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <condition_variable>
#include <csignal>
#include <filesystem>
#include <thread>

#include "node/clocks.h"
#include "node/mirror/site.h"

namespace puhui::node {
namespace {

namespace asio = boost::asio;

constexpr std::uint32_t kStopBoundMs = 5'000;
constexpr std::int64_t kSecond = 1'000'000;

std::int64_t files_in(const std::string& folder) {
  std::error_code error;
  const std::filesystem::directory_iterator files(folder, error);
  return error ? 0 : std::distance(begin(files), end(files));
}

// Runs the sockets and waits for a signal; `rest` sleeps between rounds and wakes for it.
class Process {
 public:
  Process() : signals_(io_, SIGINT, SIGTERM) {
    signals_.async_wait([this](const auto& error, int) {
      if (error) return;
      std::lock_guard lock(mutex_);
      stopping_ = true;
      changed_.notify_all();
    });
    thread_ = std::thread([this] { io_.run(); });
  }
  ~Process() {
    io_.stop();
    thread_.join();
  }
  asio::io_context& io() { return io_; }
  // False once a signal came.
  [[nodiscard]] bool stops() const { return stopping_; }
  bool rest(std::uint32_t ms) {
    std::unique_lock lock(mutex_);
    return !changed_.wait_for(lock, std::chrono::milliseconds(ms), [this] { return stops(); });
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stops(); });
  }

 private:
  asio::io_context io_;
  asio::signal_set signals_;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> stopping_{false};
};

class Mirror {
 public:
  struct Parts {
    Copy& copy;
    Follower& follower;
    MirrorViews* views;  // may be null
    Site& site;
  };
  Mirror(const MirrorOptions& options, Parts parts)
      : options_(options),
        copy_(parts.copy),
        follower_(parts.follower),
        views_(parts.views),
        site_(parts.site) {
    status_.set_source(options.follow.source.where);
    status_.set_forks(files_in(options.folder + "/evidence"));
    describe_head();
    publish();
  }

  Result<void> round(const Told& told) {
    const auto before = copy_.checkpoint();
    const auto done = follower_.follow();
    const auto now = wall_clock_us();
    status_.set_error(done ? std::string() : describe(done.error()));
    if (done) {
      status_.set_answered_at(now);
      status_.set_bytes_fetched(status_.bytes_fetched() + static_cast<std::int64_t>(done->bytes));
      status_.set_attachments_missing(static_cast<std::int64_t>(done->attachments_missing));
    }
    if (done) follow_views(done->attachments_missing == 0);
    if (copy_.checkpoint() != before) {
      status_.set_accepted_at(now);
      describe_head();
    }
    status_.set_forks(files_in(options_.folder + "/evidence"));
    publish();
    told(status_, done ? *done : Round());
    if (!done) return tl::make_unexpected(done.error());
    return {};
  }

 private:
  void follow_views(bool has_all_attachments) {
    if (views_ == nullptr) return;
    const auto followed = views_->follow(has_all_attachments);
    status_.set_views_error(followed ? std::string() : describe(followed.error()));
    status_.set_views_size(static_cast<std::int64_t>(views_->size()));
  }
  void describe_head() {
    if (copy_.head().size == 0) return;
    const auto stated = crypto::parse_checkpoint(crypto::parse_note(copy_.checkpoint())->text);
    status_.set_origin(stated->origin);
    status_.set_size(static_cast<std::int64_t>(stated->size));
    status_.set_root(stated->root.base64());
    const auto verified = crypto::verify_checkpoint(options_.follow.policy, copy_.checkpoint());
    if (!verified) return;  // cosigners have changed since
    std::uint64_t newest_s = 0;
    for (const auto& witness : verified->witnesses) newest_s = std::max(newest_s, witness.time_s);
    status_.set_checkpoint_time(static_cast<std::int64_t>(newest_s) * kSecond);
  }
  void publish() {
    site_.publish(copy_.head(), copy_.checkpoint());
    site_.tell(status_);
    std::string json;
    google::protobuf::util::JsonPrintOptions print;
    print.add_whitespace = true;
    (void)google::protobuf::util::MessageToJsonString(status_, &json, print);
    if (auto kept = write_file(options_.folder + "/status.json", json, Mode::shared); !kept)
      status_.set_error(describe(kept.error()));
  }

  const MirrorOptions& options_;
  Copy& copy_;
  Follower& follower_;
  MirrorViews* views_;
  Site& site_;
  v1::MirrorStatus status_;
};

Result<std::unique_ptr<Witness>> open_witness(std::optional<WitnessOptions> options) {
  if (!options) return std::unique_ptr<Witness>();
  return Witness::open(std::move(*options));
}

Result<std::unique_ptr<MirrorViews>> open_views(const MirrorOptions& options, const Copy& copy) {
  if (!options.views) return std::unique_ptr<MirrorViews>();
  return MirrorViews::open(copy, std::max(1u, std::thread::hardware_concurrency()));
}

void follow_on(const MirrorOptions& options, Mirror& mirror, Process& process, const Told& told) {
  do {
    const auto done = mirror.round(told);
    if (done || done.error().code != ErrorCode::CHECKPOINT_INCONSISTENT) continue;
    process.wait();
    return;
  } while (process.rest(options.every_ms));
}

}  // namespace

Result<void> run_mirror(MirrorOptions options, const Told& told) {
  auto copy = Copy::open(options.folder);
  if (!copy) return tl::make_unexpected(copy.error());
  auto witness = open_witness(std::move(options.witness));
  if (!witness) return tl::make_unexpected(witness.error());
  Process process;
  options.follow.stops = [&process] { return process.stops(); };
  auto follower = Follower::start(*copy, options.follow);
  if (!follower) return tl::make_unexpected(follower.error());
  auto views = open_views(options, *copy);
  if (!views) return tl::make_unexpected(views.error());
  Site site(*copy, witness->get(), views->get());
  Mirror mirror(options, {*copy, **follower, views->get(), site});
  if (options.once) return mirror.round(told);

  std::unique_ptr<http::Server> server;
  if (options.serving) {
    auto started =
        http::Server::start(process.io(), std::move(*options.serving),
                            [&site](const http::Request& request, http::Respond respond) {
                              site.handle(request, std::move(respond));
                            });
    if (!started) return tl::make_unexpected(started.error());
    server = std::move(*started);
  }
  follow_on(options, mirror, process, told);
  if (server) server->stop(kStopBoundMs).wait();
  return {};
}

}  // namespace puhui::node
