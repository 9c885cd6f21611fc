#include "node/peers/link.h"

#include <cassert>

namespace puhui::node::peers {

Link::Queued Link::enqueue(std::shared_ptr<const std::string> message,
                           std::size_t queue_bytes_max) {
  const std::size_t bytes = kFrameHeadBytes + message->size();
  const std::lock_guard lock(mutex_);
  if (bytes > queue_bytes_max - queue_bytes_ || retired_) {
    ++counters_.dropped_messages;
    return Queued::dropped;
  }
  queue_bytes_ += bytes;
  queue_.push_back(std::move(message));
  return std::exchange(woken_, true) ? Queued::waiting : Queued::first;
}

MemberStatus Link::status() const {
  const std::lock_guard lock(mutex_);
  return {id, sending_, receiving_, queue_bytes_, counters_};
}

void Link::arrived(std::size_t frame_bytes) {
  inbox_bytes_ += frame_bytes;
  const std::lock_guard lock(mutex_);
  ++counters_.received_messages;
  counters_.received_bytes += frame_bytes;
}

bool Link::taken(std::size_t bytes, std::size_t inbox_bytes_max) {
  const std::size_t before = inbox_bytes_.fetch_sub(bytes);
  assert(before >= bytes);
  return before >= inbox_bytes_max && before - bytes < inbox_bytes_max;
}

void Link::take(std::size_t write_bytes_max, Burst& burst) {
  burst.bytes.clear();
  burst.messages = 0;
  const std::lock_guard lock(mutex_);
  while (!queue_.empty()) {
    const std::string& message = *queue_.front();
    const std::size_t bytes = kFrameHeadBytes + message.size();
    if (burst.messages > 0 && burst.bytes.size() + bytes > write_bytes_max) return;
    append_frame(burst.bytes, message);
    ++burst.messages;
    queue_bytes_ -= bytes;
    queue_.pop_front();
  }
  woken_ = burst.messages > 0;
}

void Link::written(const Burst& burst) {
  const std::lock_guard lock(mutex_);
  counters_.sent_messages += burst.messages;
  counters_.sent_bytes += burst.bytes.size();
}

void Link::lost(const Burst& burst) {
  const std::lock_guard lock(mutex_);
  counters_.lost_messages += burst.messages;
}

void Link::set_sending(bool up) {
  const std::lock_guard lock(mutex_);
  sending_ = up;
  if (!up) return;
  if (counters_.connections++ > 0) ++counters_.reconnects;
}

void Link::set_receiving(bool up) {
  const std::lock_guard lock(mutex_);
  receiving_ = up;
}

}  // namespace puhui::node::peers
