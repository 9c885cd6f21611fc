// Commands by which acts are compared with those of a partner city (partners.h).
#include "crypto/hash.h"
#include "ledger/event.h"
#include "node/cli/batches.h"
#include "node/identity/command.h"
#include "node/identity/lines.h"

namespace puhui::node::identity {
namespace {

constexpr std::uint32_t kPerDayDefault = 20'000;

constexpr cli::Column kPartnerColumns[] = {
    {"PARTNER", "partner"}, {"CITY", "city"},         {"EXPONENT", "has_exponent"},
    {"PER-DAY", "per_day"}, {"TODAY", "asked_today"}, {"WAITING", "questions_open"},
    {"MADE-AT", "made_at"},
};

CLI::Option* add_partner(CLI::App& app, std::string& partner) {
  return app.add_option("--partner", partner, "code of the partner city")
      ->required()
      ->type_name("CITY");
}

CLI::Option* add_out(CLI::App& app, std::string& path, const char* what) {
  return app.add_option("--out", path, what)->required()->type_name("FILE");
}

// Before anything is kept or counted: nothing is replaced.
Result<void> need_absent(const std::string& path) {
  if (!exists(path)) return {};
  return fail(ErrorCode::LOCKED, path + " exists and is not replaced");
}

struct Making {
  std::string city, partner;
  std::uint32_t per_day = kPerDayDefault;
};

Run declare_make(CLI::App& app) {
  auto asked = std::make_shared<Making>();
  add_partner(app, asked->partner);
  app.add_option("--city", asked->city, "code of this city")->required()->type_name("CITY");
  app.add_option("--per-day", asked->per_day, "acts that the partner may ask about in a day")
      ->capture_default_str();
  return [asked](const Session& session) -> Result<void> {
    auto store = session.open_store();
    if (!store) return tl::make_unexpected(store.error());
    auto made = (*store)->partners().make(asked->city, asked->partner, asked->per_day,
                                          session.world.now_us());
    if (!made) return made;
    session.print({{"partner", asked->partner}, {"per_day", std::to_string(asked->per_day)}});
    return {};
  };
}

Run declare_limit(CLI::App& app) {
  auto asked = std::make_shared<Making>();
  add_partner(app, asked->partner);
  app.add_option("--per-day", asked->per_day, "acts that the partner may ask about in a day")
      ->required();
  return [asked](const Session& session) -> Result<void> {
    auto store = session.open_store();
    if (!store) return tl::make_unexpected(store.error());
    auto set = (*store)->partners().limit(asked->partner, asked->per_day);
    if (!set) return set;
    session.print({{"partner", asked->partner}, {"per_day", std::to_string(asked->per_day)}});
    return {};
  };
}

Run declare_wipe(CLI::App& app) {
  auto partner = std::make_shared<std::string>();
  add_partner(app, *partner);
  return [partner](const Session& session) -> Result<void> {
    auto store = session.open_store();
    if (!store) return tl::make_unexpected(store.error());
    auto wiped = (*store)->partners().wipe(*partner);
    if (!wiped) return wiped;
    session.print({{"partner", *partner}, {"exponent", "wiped"}});
    return {};
  };
}

Run declare_list(CLI::App&) {
  return [](const Session& session) -> Result<void> {
    auto store = session.open_store();
    if (!store) return tl::make_unexpected(store.error());
    const auto list = (*store)->partners().list(session.world.now_us());
    if (!list) return tl::make_unexpected(list.error());
    session.print(*list, kPartnerColumns);
    return {};
  };
}

struct Asking {
  cli::BatchFile file;
  std::string partner, scenario, kind, out_file;
};

Result<void> ask(const Session& session, const Asking& asked) {
  const auto kind = parse_carrier_kind(asked.kind);
  if (!kind) return tl::make_unexpected(kind.error());
  if (!ledger::is_name(asked.scenario))
    return fail(ErrorCode::INVALID_ARGUMENT, "\"" + asked.scenario + "\" is no name of a scenario");
  if (auto absent = need_absent(asked.out_file); !absent) return absent;
  const auto text = read_file(asked.file.path);
  if (!text) return tl::make_unexpected(text.error());
  auto store = session.open_store();
  if (!store) return tl::make_unexpected(store.error());
  const auto acts = read_acts((*store)->people(), (*store)->keys(),
                              {*text, cli::format_of(asked.file), asked.scenario, *kind});
  if (!acts) return fail(acts.error().code, asked.file.path + ": " + acts.error().detail);
  const auto question =
      (*store)->partners().ask(asked.partner, *acts, crypto::sha256(*text), session.world.now_us());
  if (!question) return tl::make_unexpected(question.error());
  if (auto written = write_new_file(asked.out_file, *question); !written) return written;
  session.print({{"question", asked.out_file}, {"acts", std::to_string(acts->lines.size())}});
  return {};
}

Run declare_ask(CLI::App& app) {
  auto asked = std::make_shared<Asking>();
  cli::add_file(app, asked->file);
  add_partner(app, asked->partner);
  app.add_option("--scenario", asked->scenario, "its name as both cities agreed on")->required();
  app.add_option("--kind", asked->kind, "of the carriers: bike, gate or meter")->required();
  add_out(app, asked->out_file, "new file for the partner city");
  return [asked](const Session& session) { return ask(session, *asked); };
}

struct Answering {
  std::string path, partner, out_file;
};

Result<void> answer(const Session& session, const Answering& asked) {
  if (auto absent = need_absent(asked.out_file); !absent) return absent;
  const auto question = read_file(asked.path);
  if (!question) return tl::make_unexpected(question.error());
  auto store = session.open_store();
  if (!store) return tl::make_unexpected(store.error());
  const auto answered =
      (*store)->partners().answer(asked.partner, *question, session.world.now_us());
  if (!answered) return tl::make_unexpected(answered.error());
  if (auto written = write_new_file(asked.out_file, answered->text); !written) return written;
  session.print({{"answer", asked.out_file},
                 {"points", std::to_string(answered->link.points())},
                 {"opening", std::to_string(answered->link.number())}});
  return {};
}

Run declare_answer(CLI::App& app) {
  auto asked = std::make_shared<Answering>();
  app.add_option("file", asked->path, "question of the partner city")->required();
  add_partner(app, asked->partner);
  add_out(app, asked->out_file, "new file for the partner city");
  return [asked](const Session& session) { return answer(session, *asked); };
}

struct Taking {
  std::vector<std::string> paths;
  std::string out_file;
};

Result<void> take(const Session& session, const Taking& asked) {
  if (auto absent = need_absent(asked.out_file); !absent) return absent;
  std::vector<std::string> answers;
  for (const auto& path : asked.paths) {
    auto text = read_file(path);
    if (!text) return tl::make_unexpected(text.error());
    answers.push_back(std::move(*text));
  }
  auto store = session.open_store();
  if (!store) return tl::make_unexpected(store.error());
  const auto taken = (*store)->partners().take(answers);
  if (!taken) return tl::make_unexpected(taken.error());
  // Kept first: after a crash in between the answer may be taken again, into another file.
  if (auto written = write_new_file(asked.out_file, taken->text, true); !written) return written;
  if (auto done = (*store)->partners().forget(taken->questions); !done) return done;
  session.print({{"records", asked.out_file}, {"acts", std::to_string(taken->records)}});
  return {};
}

Run declare_take(CLI::App& app) {
  auto asked = std::make_shared<Taking>();
  app.add_option("file", asked->paths, "answers of partner cities, all about the same acts")
      ->required();
  add_out(app, asked->out_file,
          "new file, mode 0600, for the records, as puhui behaviour submit takes it; it ends as "
          "that of the acts did");
  return [asked](const Session& session) { return take(session, *asked); };
}

constexpr Command kCommands[] = {
    {"tags", "make", "Makes the secret exponent by which acts are compared with a partner city.",
     "puhui-identity tags make --partner XIANGYANG --city WUHAN --per-day 20000", declare_make},
    {"tags", "limit", "Sets how many acts a partner city may ask about in a day.",
     "puhui-identity tags limit --partner XIANGYANG --per-day 50000", declare_limit},
    {"tags", "wipe", "Destroys the exponent for a partner city; later tags meet none of the old.",
     "puhui-identity tags wipe --partner XIANGYANG", declare_wipe},
    {"tags", "list", "Lists partner cities, without the exponents.", "puhui-identity tags list",
     declare_list},
    {"tags", "ask", "Makes the question about acts for a partner city; no act is in it.",
     "puhui-identity tags ask rides.csv --partner XIANGYANG --scenario shared-bike --kind bike "
     "--out rides.question",
     declare_ask},
    {"tags", "answer", "Answers a partner city's question, and logs it.",
     "puhui-identity tags answer rides.question --partner WUHAN --out rides.answer",
     declare_answer},
    {"tags", "take", "Puts the tags of answers with the acts that were asked about, as records.",
     "puhui-identity tags take rides.answer --out records.csv\n"
     "puhui behaviour submit records.csv --batch rides-20250301 --scenario shared-bike "
     "--party bike-co --key bike-co.key",
     declare_take},
};

}  // namespace

std::span<const Command> tags_commands() { return kCommands; }

}  // namespace puhui::node::identity
