// Audits: a log judged again by code that shares no rule with the nodes that wrote it.
#include <chrono>
#include <thread>

#include "node/audit/report.h"
#include "node/cli/command.h"
#include "node/cli/source.h"
#include "node/files/folder.h"
#include "node/mirror/service.h"

namespace puhui::node::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr unsigned kThreadsMax = 256;
constexpr std::chrono::seconds kTellEvery{1};

struct AuditFlags {
  std::string source, policy_file, folder, state_file, report_folder;
  unsigned threads = 0;
};

// Says once a second how far an audit is, and how fast.
class AuditTeller {
 public:
  explicit AuditTeller(std::ostream& err) : err_(err) {}
  void operator()(const audit::Progress& now) {
    const auto since = Clock::now() - told_;
    if (since < kTellEvery) return;
    const auto ms = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(since).count());
    const auto rate = [ms](std::uint64_t from, std::uint64_t to) {
      return std::to_string(to < from ? 0 : (to - from) * 1'000 / ms);
    };
    err_ << now.leaves << " of " << now.total << " leaves, " << rate(before_.leaves, now.leaves)
         << " leaves/s, " << rate(before_.signatures, now.signatures) << " signatures/s\n";
    told_ = Clock::now();
    before_ = now;
  }

 private:
  std::ostream& err_;
  Clock::time_point told_ = Clock::now();
  audit::Progress before_;
};

// Brings the copy in the folder up to date with a server.
Result<void> follow(const Session& session, const AuditFlags& flags, const crypto::Policy& policy) {
  auto source = source_of(session, flags.source);
  if (!source) return tl::make_unexpected(source.error());
  MirrorOptions options;
  options.folder = flags.folder;
  options.once = true;
  options.follow.source = std::move(*source);
  options.follow.policy = policy;
  options.follow.progress = Teller(session.world().err);
  return run_mirror(std::move(options), [](const v1::MirrorStatus&, const Round&) {});
}

Result<Exit> audit_log(Session& session, const AuditFlags& flags) {
  auto policy = read_policy(flags.policy_file);
  if (!policy) return tl::make_unexpected(policy.error());
  audit::Options options;
  options.folder = flags.source;
  if (flags.source.find("://") != std::string::npos) {
    if (flags.folder.empty())
      return fail(ErrorCode::INVALID_ARGUMENT, "--folder: where the copy of a server's log goes");
    if (auto copied = follow(session, flags, *policy); !copied)
      return tl::make_unexpected(copied.error());
    options.folder = flags.folder;
  }
  options.policy = std::move(*policy);
  options.threads = flags.threads > 0 ? flags.threads : std::thread::hardware_concurrency();
  options.state_file = flags.state_file;
  options.progress = AuditTeller(session.world().err);
  const auto audited = audit::run(options);
  if (!audited) return tl::make_unexpected(audited.error());
  if (audited->resumed_from > 0)
    session.world().err << "signatures of the first " << audited->resumed_from
                        << " leaves were verified by an earlier run\n";
  if (!flags.report_folder.empty())
    if (auto kept = write_report(flags.report_folder, audit::make_report(*audited)); !kept)
      return tl::make_unexpected(kept.error());
  session.print(audit::summary(*audited));
  return audited->audit.first_bad() ? Exit::unverified : Exit::ok;
}

Run declare_run(CLI::App& app) {
  auto flags = std::make_shared<AuditFlags>();
  app.add_option("source", flags->source,
                 "folder of a copy, or https:// address of a node or mirror")
      ->required();
  app.add_option("--policy", flags->policy_file, "tlog-policy file: whom to believe")->required();
  app.add_option("--folder", flags->folder, "for an address: the copy; made if there is none");
  app.add_option("--threads", flags->threads, "that verify (as many as there are cores)")
      ->check(CLI::Range(1u, kThreadsMax));
  app.add_option("--state", flags->state_file, "keep progress here, and go on from it");
  app.add_option("--report", flags->report_folder,
                 "write audit.json and audit.md into this folder");
  return [flags](Session& session) { return audit_log(session, *flags); };
}

constexpr Command kCommands[] = {
    {"audit", "run", "Derives everything anew from a log's entries and names the first bad one.",
     "puhui audit run copy --policy city.policy --report report\n"
     "puhui audit run https://10.0.0.1:7443 --folder copy --policy city.policy --ca authority.pem "
     "\\\n"
     "  --state audit.state",
     declare_run},
};

}  // namespace

std::span<const Command> audit_commands() { return kCommands; }

}  // namespace puhui::node::cli
