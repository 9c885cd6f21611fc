#include "consensus/message.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <cassert>
#include <utility>

#include "consensus/overloaded.h"
#include "puhui/v1/consensus.pb.h"

namespace puhui::consensus {
namespace {

// PeerMessage > ConsensusMessage > RaftInstallSnapshot > RaftSnapshot > RaftConfiguration > server.
constexpr int kMaxDepth = 8;

tl::unexpected<Error> malformed(std::string why) {
  return fail(v1::MESSAGE_MALFORMED, std::move(why));
}

template <class M>
bool parse(M& message, std::string_view bytes) {
  google::protobuf::io::CodedInputStream input(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                               static_cast<int>(bytes.size()));
  input.SetRecursionLimit(kMaxDepth);
  return message.ParseFromCodedStream(&input) && input.ConsumedEntireMessage();
}

// ---- Out ----

void put(v1::RaftConfiguration* out, const Configuration& configuration) {
  for (const Server& server : configuration.servers) {
    auto* member = out->add_servers();
    member->set_id(server.id);
    member->set_address(server.address);
    member->set_voter(server.role == Role::kVoter);
  }
}

void put(v1::RaftSnapshot* out, const Snapshot& snapshot) {
  out->set_index(snapshot.index);
  out->set_term(snapshot.term);
  put(out->mutable_configuration(), snapshot.configuration);
  out->set_configuration_index(snapshot.configuration_index);
  out->set_manifest(snapshot.manifest);
}

void put(v1::ConsensusMessage& out, const AppendEntries& m) {
  auto* to = out.mutable_append_entries();
  to->set_term(m.term);
  to->set_prev_index(m.prev_index);
  to->set_prev_term(m.prev_term);
  to->set_commit(m.commit);
  for (const Entry& entry : m.entries) {
    auto* e = to->add_entries();
    e->set_term(entry.term);
    e->set_kind(static_cast<std::uint32_t>(entry.kind));
    e->set_data(*entry.data);
  }
}

void put(v1::ConsensusMessage& out, const AppendResult& m) {
  auto* to = out.mutable_append_result();
  to->set_term(m.term);
  to->set_rejected(m.rejected);
  to->set_last_index(m.last_index);
}

void put(v1::ConsensusMessage& out, const RequestVote& m) {
  auto* to = out.mutable_request_vote();
  to->set_term(m.term);
  to->set_last_index(m.last_index);
  to->set_last_term(m.last_term);
  to->set_disrupt_leader(m.disrupt_leader);
  to->set_pre_vote(m.pre_vote);
}

void put(v1::ConsensusMessage& out, const VoteResult& m) {
  auto* to = out.mutable_vote_result();
  to->set_term(m.term);
  to->set_granted(m.granted);
  to->set_pre_vote(m.pre_vote);
}

void put(v1::ConsensusMessage& out, const InstallSnapshot& m) {
  auto* to = out.mutable_install_snapshot();
  to->set_term(m.term);
  put(to->mutable_snapshot(), m.snapshot);
}

void put(v1::ConsensusMessage& out, const TimeoutNow& m) {
  auto* to = out.mutable_timeout_now();
  to->set_term(m.term);
  to->set_last_index(m.last_index);
  to->set_last_term(m.last_term);
}

void put(v1::RaftReadProbe* to, Term term, std::uint64_t round) {
  to->set_term(term);
  to->set_round(round);
}

// ---- In ----

Result<Configuration> get(const v1::RaftConfiguration& in) {
  if (static_cast<std::size_t>(in.servers_size()) > kMaxServers) {
    return malformed("a configuration of more than 32 members");
  }
  Configuration configuration;
  for (const auto& member : in.servers()) {
    configuration.servers.push_back(
        {member.id(), member.address(), member.voter() ? Role::kVoter : Role::kLearner});
  }
  if (auto ok = check(configuration); !ok) return malformed(ok.error().detail);
  return configuration;
}

Result<Snapshot> get(v1::RaftSnapshot& in) {
  if (in.manifest().size() > kMaxManifestBytes) return malformed("a manifest is too large");
  auto configuration = get(in.configuration());
  if (!configuration) return tl::make_unexpected(configuration.error());
  return Snapshot{in.index(), in.term(), std::move(*configuration), in.configuration_index(),
                  std::move(*in.mutable_manifest())};
}

Result<Entry> get(v1::RaftEntry& in) {
  const std::uint32_t kind = in.kind();
  if (kind < static_cast<std::uint32_t>(EntryKind::kBlock) ||
      kind > static_cast<std::uint32_t>(EntryKind::kConfiguration)) {
    return malformed("an entry of unknown kind");
  }
  return Entry{in.term(), static_cast<EntryKind>(kind),
               std::make_shared<const std::string>(std::move(*in.mutable_data()))};
}

Result<Message> get(v1::RaftAppendEntries& in) {
  if (static_cast<std::size_t>(in.entries_size()) > kMaxEntriesPerMessage) {
    return malformed("too many entries");
  }
  AppendEntries append{in.term(), in.prev_index(), in.prev_term(), in.commit(), {}};
  append.entries.reserve(static_cast<std::size_t>(in.entries_size()));
  for (auto& bytes : *in.mutable_entries()) {
    auto entry = get(bytes);
    if (!entry) return tl::make_unexpected(entry.error());
    append.entries.push_back(std::move(*entry));
  }
  return CoreMessage(std::move(append));
}

Result<Message> get(v1::RaftInstallSnapshot& in) {
  auto snapshot = get(*in.mutable_snapshot());
  if (!snapshot) return tl::make_unexpected(snapshot.error());
  return CoreMessage(InstallSnapshot{in.term(), std::move(*snapshot)});
}

Result<Message> get(v1::ConsensusMessage& in) {
  using C = v1::ConsensusMessage;
  switch (in.content_case()) {
    case C::kAppendEntries:
      return get(*in.mutable_append_entries());
    case C::kInstallSnapshot:
      return get(*in.mutable_install_snapshot());
    case C::kAppendResult: {
      const auto& m = in.append_result();
      return CoreMessage(AppendResult{m.term(), m.rejected(), m.last_index()});
    }
    case C::kRequestVote: {
      const auto& m = in.request_vote();
      return CoreMessage(
          RequestVote{m.term(), m.last_index(), m.last_term(), m.disrupt_leader(), m.pre_vote()});
    }
    case C::kVoteResult: {
      const auto& m = in.vote_result();
      return CoreMessage(VoteResult{m.term(), m.granted(), m.pre_vote()});
    }
    case C::kTimeoutNow: {
      const auto& m = in.timeout_now();
      return CoreMessage(TimeoutNow{m.term(), m.last_index(), m.last_term()});
    }
    case C::kReadProbe:
      return ReadProbe{in.read_probe().term(), in.read_probe().round()};
    case C::kReadProbeResult:
      return ReadProbeResult{in.read_probe_result().term(), in.read_probe_result().round()};
    case C::kReadRequest:
      return ReadRequest{in.read_request().id()};
    case C::kReadResult:
      return ReadResult{in.read_result().id(), in.read_result().index()};
    case C::CONTENT_NOT_SET:
      break;
  }
  return malformed("a consensus message without content");
}

}  // namespace

std::string encode(const Configuration& configuration) {
  v1::RaftConfiguration out;
  put(&out, configuration);
  return out.SerializeAsString();
}

Result<Configuration> decode_configuration(std::string_view bytes) {
  v1::RaftConfiguration in;
  if (bytes.size() > kMaxServers * (kMaxAddressBytes + 32) || !parse(in, bytes)) {
    return malformed("not a configuration");
  }
  return get(in);
}

std::string encode(const Snapshot& snapshot) {
  v1::RaftSnapshot out;
  put(&out, snapshot);
  return out.SerializeAsString();
}

Result<Snapshot> decode_snapshot(std::string_view bytes) {
  v1::RaftSnapshot in;
  if (bytes.size() > kMaxMessageBytes || !parse(in, bytes)) return malformed("not a snapshot");
  return get(in);
}

std::string encode(const Message& message) {
  v1::PeerMessage envelope;
  auto& out = *envelope.mutable_consensus();
  std::visit(
      Overloaded{
          [&](const CoreMessage& m) { std::visit([&](const auto& core) { put(out, core); }, m); },
          [&](const ReadProbe& m) { put(out.mutable_read_probe(), m.term, m.round); },
          [&](const ReadProbeResult& m) { put(out.mutable_read_probe_result(), m.term, m.round); },
          [&](const ReadRequest& m) { out.mutable_read_request()->set_id(m.id); },
          [&](const ReadResult& m) {
            out.mutable_read_result()->set_id(m.id);
            out.mutable_read_result()->set_index(m.index);
          }},
      message);
  return envelope.SerializeAsString();
}

Result<Message> decode_message(std::string_view bytes) {
  if (bytes.size() > kMaxMessageBytes) return fail(v1::TOO_LARGE, "a peer message");
  v1::PeerMessage envelope;
  if (!parse(envelope, bytes)) return malformed("not a peer message");
  if (!envelope.has_consensus()) return malformed("a peer message without consensus content");
  return get(*envelope.mutable_consensus());
}

std::string wrap(std::string_view app) {
  v1::PeerMessage envelope;
  envelope.set_app(std::string(app));
  return envelope.SerializeAsString();
}

std::optional<std::string_view> unwrap(std::string_view bytes) {
  constexpr std::uint32_t kAppTag = v1::PeerMessage::kAppFieldNumber << 3 | 2;
  if (bytes.size() > kMaxMessageBytes) return std::nullopt;
  google::protobuf::io::CodedInputStream input(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                               static_cast<int>(bytes.size()));
  std::uint32_t length = 0;
  if (input.ReadTag() != kAppTag || !input.ReadVarint32(&length)) return std::nullopt;
  const auto start = static_cast<std::size_t>(input.CurrentPosition());
  if (bytes.size() - start != length) return std::nullopt;
  return bytes.substr(start);
}

}  // namespace puhui::consensus
