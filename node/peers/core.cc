#include "node/peers/core.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <cassert>

#include "node/listen.h"

namespace puhui::node::peers {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// How long to wait when the system has no descriptors for another connection.
constexpr std::chrono::milliseconds kAcceptPause{100};

}  // namespace

void tune(tcp::socket& socket, const Limits& limits) {
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  const unsigned timeout_ms = limits.write_timeout_ms;
  // Without it the connection lives a little longer, no more: a failure is of no consequence.
  static_cast<void>(setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms,
                               sizeof timeout_ms));
}

Core::Core(asio::io_context& io, const asio::any_io_executor& deliver, Options options,
           OnMessage on_message)
    : strand_(asio::make_strand(io)),
      deliver_(deliver),
      options_(std::move(options)),
      hello_(encode_hello(options_.cluster_id)),
      sink_(std::make_shared<Sink>()),
      acceptor_(strand_),
      accept_timer_(strand_) {
  assert(options_.limits.queue_bytes_max >= kMaxFrameBytes + kFrameHeadBytes);
  assert(options_.limits.backoff_min_ms > 0);
  sink_->on_message = std::move(on_message);
}

void Core::use_identity(const tls::PeerIdentity& identity) {
  context_ = identity.context([weak = weak_from_this()](const crypto::PublicKey& key) {
    const auto core = weak.lock();
    return core != nullptr && core->find(key) != nullptr;
  });
}

Result<void> Core::listen() {
  const auto port = node::listen(acceptor_, options_.listen_host, options_.listen_port);
  if (!port) return tl::make_unexpected(port.error());
  port_ = *port;
  return {};
}

void Core::run() {
  asio::post(strand_, [self = shared_from_this()] { self->accept(); });
}

Result<void> Core::check(const std::vector<Member>& members) const {
  if (members.size() > kMembersMax) return fail(ErrorCode::INVALID_ARGUMENT, "too many members");
  std::set<NodeId> ids;
  std::set<crypto::PublicKey> keys;
  for (const Member& member : members) {
    if (member.id == 0) return fail(ErrorCode::INVALID_ARGUMENT, "a member without an id");
    if (!ids.insert(member.id).second || !keys.insert(member.key).second) {
      return fail(ErrorCode::INVALID_ARGUMENT,
                  "member " + std::to_string(member.id) + ": its id or key is named twice");
    }
  }
  return {};
}

Result<void> Core::set_members(std::vector<Member> members) {
  if (auto checked = check(members); !checked) return checked;
  std::erase_if(members, [this](const Member& member) { return member.id == options_.self; });
  const std::lock_guard lock(mutex_);
  if (sink_->stopped) return {};
  Links links;
  for (const Member& member : members) {
    const auto old = links_.find(member.id);
    const bool known = old != links_.end();
    links[member.id] =
        known && old->second->key == member.key
            ? old->second
            : std::make_shared<Link>(member.id, member.key,
                                     known ? old->second->status().counters : Counters{});
  }
  for (const auto& [id, link] : links_) {
    const auto kept = links.find(id);
    if (kept == links.end() || kept->second != link) link->retire();
  }
  links_ = links;
  // Posted under the lock: the strand sees the changes in the order they were made.
  asio::post(strand_, [self = shared_from_this(), members = std::move(members),
                       links = std::move(links)] { self->apply(members, links); });
  return {};
}

bool Core::send(NodeId to, std::shared_ptr<const std::string> message) {
  assert(message->size() <= kMaxFrameBytes);
  std::shared_ptr<Link> link;
  {
    const std::lock_guard lock(mutex_);
    const auto found = links_.find(to);
    if (found != links_.end()) link = found->second;
  }
  if (link == nullptr) {
    ++unaddressed_;
    return false;
  }
  const auto queued = link->enqueue(std::move(message), options_.limits.queue_bytes_max);
  if (queued == Link::Queued::first) {
    asio::post(strand_, [self = shared_from_this(), to] { self->wake(to); });
  }
  return queued != Link::Queued::dropped;
}

Status Core::status() const {
  Status status;
  status.refused = refused_;
  status.unaddressed = unaddressed_;
  const std::lock_guard lock(mutex_);
  for (const auto& [id, link] : links_) status.members.push_back(link->status());
  return status;
}

std::shared_ptr<Link> Core::find(const crypto::PublicKey& key) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, link] : links_) {
    if (link->key == key) return link;
  }
  return nullptr;
}

std::future<void> Core::stop() {
  sink_->stopped = true;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, link] : links_) link->retire();
  }
  auto done = std::make_shared<std::promise<void>>();
  asio::post(strand_, [self = shared_from_this(), done] {
    self->close_all();
    done->set_value();
  });
  return done->get_future();
}

// ---- The strand ----

void Core::emit(Event::Kind kind, NodeId member, std::string detail) {
  if (options_.on_event) options_.on_event({kind, member, std::move(detail)});
}

void Core::apply(const std::vector<Member>& members, const Links& links) {
  if (sink_->stopped) return;
  for (auto entry = slots_.begin(); entry != slots_.end();) {
    const auto kept = links.find(entry->first);
    const bool stays = kept != links.end() && kept->second == entry->second.link;
    if (!stays) drop(entry->second, "no longer a member");
    entry = stays ? std::next(entry) : slots_.erase(entry);
  }
  for (const Member& member : members) {
    Slot& slot = slots_[member.id];
    if (slot.member == member) continue;
    if (auto outgoing = std::exchange(slot.outgoing, nullptr))
      outgoing->close("its address changed");
    slot.member = member;
    slot.link = links.at(member.id);
    slot.backoff_ms = options_.limits.backoff_min_ms;
    dial(slot);
  }
}

// The connections find no slot that holds them any more, so that nothing dials again.
void Core::drop(Slot& slot, const std::string& reason) {
  if (auto outgoing = std::exchange(slot.outgoing, nullptr)) outgoing->close(reason);
  if (auto incoming = std::exchange(slot.incoming, nullptr)) incoming->close(reason);
  slot.retry.reset();
}

void Core::dial(Slot& slot) {
  slot.retry.reset();
  slot.outgoing = std::make_shared<Outgoing>(shared_from_this(), slot.link);
  slot.outgoing->start(slot.member.host, slot.member.port);
}

void Core::dial_later(Slot& slot) {
  slot.retry =
      std::make_unique<asio::steady_timer>(strand_, std::chrono::milliseconds(slot.backoff_ms));
  slot.backoff_ms = std::min(slot.backoff_ms * 2, options_.limits.backoff_max_ms);
  slot.retry->async_wait([self = shared_from_this(), link = slot.link](error_code error) {
    Slot* waiting = self->slot_of(*link);
    if (!error && waiting != nullptr && waiting->outgoing == nullptr) self->dial(*waiting);
  });
}

Core::Slot* Core::slot_of(const Link& link) {
  const auto found = slots_.find(link.id);
  return found != slots_.end() && found->second.link.get() == &link ? &found->second : nullptr;
}

void Core::outgoing_ended(const Outgoing& outgoing, const std::string& reason) {
  emit(outgoing.up() ? Event::Kind::lost : Event::Kind::dial_failed, outgoing.link()->id, reason);
  Slot* const slot = slot_of(*outgoing.link());
  if (slot == nullptr || slot->outgoing.get() != &outgoing) return;
  if (outgoing.held() >= std::chrono::milliseconds(options_.limits.backoff_max_ms)) {
    slot->backoff_ms = options_.limits.backoff_min_ms;
  }
  slot->outgoing = nullptr;
  dial_later(*slot);
}

void Core::incoming_ended(const std::shared_ptr<Incoming>& incoming, const std::string& reason) {
  const auto& link = incoming->link();
  if (link == nullptr) {
    greeting_.erase(incoming);
    if (sink_->stopped) return;
    ++refused_;
    return emit(Event::Kind::refused, 0, reason);
  }
  emit(Event::Kind::closed, link->id, reason);
  Slot* const slot = slot_of(*link);
  if (slot == nullptr || slot->incoming != incoming) return;
  slot->incoming = nullptr;
  link->set_receiving(false);
}

void Core::adopt(const std::shared_ptr<Incoming>& incoming) {
  greeting_.erase(incoming);
  Slot* const slot = slot_of(*incoming->link());
  if (slot == nullptr) return incoming->close("no longer a member");
  if (auto older = std::exchange(slot->incoming, incoming)) older->close("replaced");
  incoming->link()->set_receiving(true);
  emit(Event::Kind::accepted, incoming->link()->id, {});
  // A member that dials has come back: no need to wait out the pause.
  if (slot->outgoing == nullptr) dial(*slot);
}

void Core::deliver(const std::shared_ptr<Link>& link, std::string frame) {
  link->arrived(kFrameHeadBytes + frame.size());
  asio::post(deliver_,
             [sink = sink_, weak = weak_from_this(), link, limit = options_.limits.inbox_bytes_max,
              bytes = std::move(frame)]() mutable {
               const std::size_t size = kFrameHeadBytes + bytes.size();
               if (!sink->stopped && !link->retired()) sink->on_message(link->id, std::move(bytes));
               if (!link->taken(size, limit)) return;
               if (const auto core = weak.lock()) {
                 asio::post(core->strand_, [core, link] { core->resume(*link); });
               }
             });
}

void Core::wake(NodeId member) {
  const auto found = slots_.find(member);
  if (found != slots_.end() && found->second.outgoing) found->second.outgoing->wake();
}

void Core::resume(const Link& link) {
  Slot* const slot = slot_of(link);
  if (slot != nullptr && slot->incoming) slot->incoming->resume();
}

void Core::accept() {
  if (!acceptor_.is_open()) return;
  acceptor_.async_accept(strand_,
                         [self = shared_from_this()](error_code error, tcp::socket socket) {
                           if (!self->acceptor_.is_open()) return;
                           if (error) return self->accept_later(error.message());
                           self->accepted(std::move(socket));
                           self->accept();
                         });
}

void Core::accepted(tcp::socket socket) {
  if (greeting_.size() >= options_.limits.handshakes_max) {
    ++refused_;
    return emit(Event::Kind::refused, 0, "too many handshakes at once");
  }
  const auto incoming = std::make_shared<Incoming>(shared_from_this(), std::move(socket));
  greeting_.insert(incoming);
  incoming->start();
}

void Core::accept_later(const std::string& reason) {
  emit(Event::Kind::accept_failed, 0, reason);
  accept_timer_.expires_after(kAcceptPause);
  accept_timer_.async_wait([self = shared_from_this()](error_code) { self->accept(); });
}

void Core::close_all() {
  error_code ignored;
  acceptor_.close(ignored);
  accept_timer_.cancel();
  for (auto& [id, slot] : slots_) drop(slot, "stopping");
  slots_.clear();
  for (const auto& incoming : std::set(greeting_)) incoming->close("stopping");
}

}  // namespace puhui::node::peers
