// Filings on their way, and what lies open to the public: filings and verified reports.
#include "node/cli/command.h"
#include "puhui/v1/view.pb.h"

namespace puhui::node::cli {
namespace {

constexpr Column kFilingColumns[] = {
    {"FILING", "filing"},
    {"KIND", "kind"},
    {"BY", "drafter"},
    {"STATE", "state"},
    {"REVIEWS", "reviews.party"},
    {"OPEN-UNTIL", "notice.until"},
    {"OBJECTIONS", "notice.objections.objection"},
    {"LEAF", "drafted_at"},
};

Run declare_show(CLI::App& app) { return shows<v1::Filing>(app, "filings", "filing"); }
Run declare_list(CLI::App& app) { return lists<v1::FilingList>(app, "filings", kFilingColumns); }

template <class Action>
void add_filing(CLI::App& app, const std::shared_ptr<Action>& action) {
  app.add_option("name", *action->mutable_filing(), "filing")->required();
}

Run declare_review(CLI::App& app) {
  auto action = std::make_shared<v1::ReviewFiling>();
  add_filing(app, action);
  add_choice(app, "review", "for", "against",
             [action](bool approve) { action->set_approve(approve); });
  add_paper(
      app, "--opinion",
      [action](v1::Document opinion) { *action->mutable_opinion() = std::move(opinion); },
      "the reasons");
  return submits(action, &v1::Payload::mutable_review_filing);
}

Run declare_withdraw(CLI::App& app) {
  auto action = std::make_shared<v1::WithdrawFiling>();
  add_filing(app, action);
  app.add_option("--reason", *action->mutable_reason(), "why");
  return submits(action, &v1::Payload::mutable_withdraw_filing);
}

Run declare_complete(CLI::App& app) {
  auto action = std::make_shared<v1::CompleteFiling>();
  add_filing(app, action);
  return submits(action, &v1::Payload::mutable_complete_filing);
}

// ---- Public notice ----------------------------------------------------------------------------

// The field that names what lies open: a filing or a report.
using About = std::string* (v1::NoticeSubject::*)();
constexpr About kFiling = &v1::NoticeSubject::mutable_filing;
constexpr About kReport = &v1::NoticeSubject::mutable_report;

template <About kAbout, class Action>
void add_about(CLI::App& app, const std::shared_ptr<Action>& action) {
  app.add_option("name", *(action->mutable_about()->*kAbout)(),
                 kAbout == kFiling ? "filing" : "report")
      ->required();
}

template <About kAbout>
Run declare_publicise(CLI::App& app) {
  auto action = std::make_shared<v1::OpenNotice>();
  add_about<kAbout>(app, action);
  return submits(action, &v1::Payload::mutable_open_notice);
}

template <About kAbout>
Run declare_object(CLI::App& app) {
  auto action = std::make_shared<v1::RaiseObjection>();
  add_about<kAbout>(app, action);
  app.add_option("objection", *action->mutable_objection(), "name of the objection, new")
      ->required();
  add_paper(
      app, "--grounds",
      [action](v1::Document grounds) { *action->mutable_grounds() = std::move(grounds); },
      "what it says")
      ->required();
  return submits(action, &v1::Payload::mutable_raise_objection);
}

template <About kAbout>
Run declare_decide(CLI::App& app) {
  auto action = std::make_shared<v1::DecideObjection>();
  add_about<kAbout>(app, action);
  app.add_option("objection", *action->mutable_objection(), "objection to decide")->required();
  add_choice(app, "ruling", "upheld", "dismissed",
             [action](bool upheld) { action->set_upheld(upheld); });
  add_paper(
      app, "--decision",
      [action](v1::Document decision) { *action->mutable_decision() = std::move(decision); },
      "the decision and its reasons")
      ->required();
  return submits(action, &v1::Payload::mutable_decide_objection);
}

constexpr Command kCommands[] = {
    {"filing", "show", "Shows a filing: its documents, reviews, notice and objections.",
     "puhui filing show pv001", declare_show},
    {"filing", "list", "Lists filings.", "puhui filing list --all", declare_list},
    {"filing", "review", "Reviews a draft, for or against it.",
     "puhui project file PV001 … --draft pv001 --enclose design.pdf --party acme --key acme.key\n"
     "puhui filing review pv001 for --opinion opinion.pdf --party expert-1 --key expert-1.key",
     declare_review},
    {"filing", "publicise", "Opens the public notice of a filing that was approved.",
     "puhui filing publicise pv001 --party operator --key operator.key",
     declare_publicise<kFiling>},
    {"filing", "object", "Objects to a filing under public notice.",
     "puhui filing object pv001 neighbours-1 --grounds letter.pdf --party acme --key acme.key",
     declare_object<kFiling>},
    {"filing", "decide", "Decides an objection to a filing; one that is upheld turns it down.",
     "puhui filing decide pv001 neighbours-1 dismissed --decision decision.pdf "
     "--party expert-1 --key expert-1.key --key expert-2.key",
     declare_decide<kFiling>},
    {"filing", "withdraw", "Withdraws a filing before it is completed.",
     "puhui filing withdraw pv001 --reason \"another site\" --party acme --key acme.key",
     declare_withdraw},
    {"filing", "complete", "Files what was drafted, once it was reviewed and its notice is over.",
     "puhui filing complete pv001 --party operator --key operator.key", declare_complete},
    {"report", "publicise", "Opens the public notice of a verified report.",
     "puhui report publicise pv001-2024 --party operator --key operator.key",
     declare_publicise<kReport>},
    {"report", "object", "Objects to a report under public notice.",
     "puhui report object pv001-2024 meter --grounds letter.pdf --party acme --key acme.key",
     declare_object<kReport>},
    {"report", "decide", "Decides an objection to a report; one that is upheld rejects it.",
     "puhui report decide pv001-2024 meter upheld --decision decision.pdf "
     "--party expert-1 --key expert-1.key --key expert-2.key",
     declare_decide<kReport>},
};

}  // namespace

std::span<const Command> filing_commands() { return kCommands; }

}  // namespace puhui::node::cli
