// `rustybt strategy check`: reruns with another future, twice the same, with other hash seeds, and with later starts.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "rustybt/cli/behaviour.hpp"
#include "rustybt/cli/probe_runs.hpp"
#include "rustybt/core/random.hpp"
#include "rustybt/data/bar_store.hpp"
#include "rustybt/utils/calendar_utils.hpp"

namespace rustybt::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr int kFailedStatus = 1;
constexpr const char* kEndDates = "the days on which assets end";

enum class Verdict { Passed, Failed, NotTold };

struct Finding {
  std::string when;  ///< what was changed
  std::optional<Difference> difference;
  std::optional<Deed> source;  ///< what the future came from, and the line that opened it
};

struct Check {
  std::string name;
  Verdict verdict = Verdict::Passed;
  std::string said = {};
  std::vector<Finding> findings = {};
  std::vector<std::string> notes = {};
  std::string advice = {};
  Json facts = Json::object();
};

const char* word_of(Verdict verdict) {
  return verdict == Verdict::Passed ? "passed" : verdict == Verdict::Failed ? "FAILED" : "not told";
}

/// After `session` of the run the future is another one; `bound` is the first moment that may differ.
struct Cut {
  std::size_t session = 0;
  int minutes = 0;  ///< known of the session after it
  std::int64_t bound_ns = 0;
};

/// Dates where it shows: the sessions of orders, the ones before them (orders before the open), and some between.
std::vector<Cut> choose_cuts(const Behaviour& real, int wanted, bool minute) {
  const std::size_t last = real.sessions.size() - 2;  // the session after a cut is run too
  std::vector<std::size_t> near, even;
  for (const Date day : real.order_sessions) {
    const auto at = static_cast<std::size_t>(std::ranges::lower_bound(real.sessions, day) - real.sessions.begin());
    if (at <= last) near.push_back(at);
    if (at > 0 && at - 1 <= last) near.push_back(at - 1);
  }
  std::ranges::sort(near);
  near.erase(std::ranges::unique(near).begin(), near.end());
  const auto count = static_cast<std::size_t>(wanted);
  for (std::size_t i = 1; i <= count; ++i) even.push_back(last * i / (count + 1));
  std::set<std::size_t> chosen;
  const std::size_t of_orders = near.empty() ? 0 : count - count / 4;
  for (std::size_t i = 0; i < of_orders; ++i) {
    // neighbours alternate, so that an order's own session and the one before it both come
    std::size_t at = near.size() * i / of_orders;
    if (i % 2 == 1 && at + 1 < near.size()) ++at;
    chosen.insert(near[at]);
  }
  for (std::size_t i = 0; i < even.size() && chosen.size() < count; ++i) chosen.insert(even[(i * 5 + 2) % even.size()]);
  for (std::size_t i = 0; i <= last && chosen.size() < count; ++i) chosen.insert(i);  // a short run
  const utils::CalendarPtr calendar = utils::get_calendar(real.calendar);
  std::vector<Cut> cuts;
  for (const std::size_t session : chosen) {
    Cut cut{session, 0, real.closes[session + 1]};
    if (minute) {  // every second one within the session
      const int next = calendar->session_at_or_after(real.sessions[session + 1]);
      if (cuts.size() % 2 == 1) cut.minutes = calendar->minute_count(next) / 2;
      cut.bound_ns = calendar->minute(next, cut.minutes).ns;
    }
    cuts.push_back(cut);
  }
  return cuts;
}

std::string sessions_text(int count) { return fmt::format("{} session{}", count, count == 1 ? "" : "s"); }

std::string moment(std::int64_t ns, Date session) {
  return ns == Timestamp::from_date(session).ns ? session.to_string() : Timestamp{ns}.to_string();
}

class StrategyCheck {
 public:
  StrategyCheck(Invocation& invocation, const StrategyCheckCommand& command)
      : command_(command), runs_(invocation, command) {}

  void run() {
    ProbeRun real, again, first{.seeded = false}, second{.seeded = false}, hash1{.hash_seed = 1}, hash2{.hash_seed = 2};
    runs_.run({&real});
    real_ = read_behaviour(real.folder);
    if (real_.failure) return;
    if (real_.sessions.size() < 5) {
      throw Error(ErrorCode::InvalidDateRange,
                  fmt::format("the run has {} sessions, a check needs 5 at least", real_.sessions.size()),
                  "choose --start and --end further apart");
    }
    std::vector<ProbeRun*> same = {&again};
    if (runs_.is_script()) same = {&again, &first, &second, &hash1, &hash2};
    runs_.run(same);
    const auto parted = first_difference(real_, read_behaviour(again.folder));
    const auto repeated =
        runs_.is_script() ? first_difference(read_behaviour(first.folder), read_behaviour(second.folder)) : parted;
    if (!parted) {
      look_ahead();
    } else {
      checks_.push_back({.name = "look-ahead",
                         .verdict = Verdict::NotTold,
                         .said = "two equal runs differ, so that nothing can be told from changed ones",
                         .advice = "make the strategy repeat itself first (determinism, below)"});
    }
    determinism(repeated);
    if (runs_.is_script() && !parted) {
      hash_seeds(first_difference(real_, read_behaviour(hash1.folder)),
                 first_difference(real_, read_behaviour(hash2.folder)));
    }
    if (!command_.skip_warm_up && !repeated && !parted) warm_up();
  }

  [[nodiscard]] const Behaviour& real() const { return real_; }
  [[nodiscard]] const std::vector<Check>& checks() const { return checks_; }
  [[nodiscard]] int runs() const { return runs_.count(); }

 private:
  [[nodiscard]] Date known(const Cut& cut) const { return real_.sessions[cut.session]; }

  ProbeRun changed(data::FutureKind kind, const Cut& cut) const {
    data::FutureView view{kind, known(cut), cut.minutes, mix64(cut.session)};
    ProbeRun run;
    run.future = run.file_future = view.to_string();
    run.stop_after = real_.sessions[cut.session + 1].to_string();
    return run;
  }

  void look_ahead() {
    const std::vector<Cut> cuts = choose_cuts(real_, command_.cuts, command_.run.frequency == "minute");
    std::vector<ProbeRun> runs;
    for (const auto kind : {data::FutureKind::Cut, data::FutureKind::Mirrored, data::FutureKind::Shuffled})
      for (const auto& cut : cuts) runs.push_back(changed(kind, cut));
    std::vector<ProbeRun*> all;
    for (ProbeRun& run : runs) all.push_back(&run);
    runs_.run(all);

    Check truncated{.name = "future cut off"}, other{.name = "future changed"};
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const auto& cut = cuts[i % cuts.size()];
      Check& check = i < cuts.size() ? truncated : other;
      auto difference = first_difference(real_, read_behaviour(runs[i].folder), known(cut), cut.bound_ns);
      if (!difference) continue;
      check.verdict = Verdict::Failed;
      check.findings.push_back({describe(runs[i], cut), std::move(difference), std::nullopt});
      if (check.findings.size() == 1) check.findings[0].source = find_source(runs[i], cut);
    }
    truncated.said = fmt::format("bars after {} dates were taken away", cuts.size());
    other.said = fmt::format("bars after {} dates were mirrored, and shuffled", cuts.size());
    for (Check* check : {&truncated, &other}) {
      if (check->verdict == Verdict::Failed) {
        check->said += fmt::format("; {} of {} runs differ before them", check->findings.size(),
                                   check == &truncated ? cuts.size() : 2 * cuts.size());
        check->advice = advise(check->findings[0]);
      }
    }
    std::set<std::string> named;
    for (const Deed& deed : real_.unchecked) {
      if (named.insert(deed.what).second)
        truncated.notes.push_back(fmt::format("{}, opened at {}, cannot be cut: whether its future is used is not told",
                                              deed.what, deed.place));
    }
    checks_.push_back(std::move(truncated));
    checks_.push_back(std::move(other));
  }

  [[nodiscard]] std::string describe(const ProbeRun& run, const Cut& cut) const {
    const std::string_view kind = std::string_view(run.future).substr(0, run.future.find(':'));
    return fmt::format("{} after {}{}", kind == "cut" ? "cut off" : kind, known(cut).to_string(),
                       cut.minutes > 0 ? fmt::format(" and {} minutes of the next session", cut.minutes) : "");
  }

  /// The one thing whose future alone makes the difference: a file or bundle that the strategy opened itself, or when
  /// assets end.
  std::optional<Deed> find_source(const ProbeRun& run, const Cut& cut) {
    std::vector<Deed> sources;
    for (const Deed& file : real_.files) {
      if (std::ranges::find(sources, file.what, &Deed::what) == sources.end()) sources.push_back(file);
    }
    std::vector<ProbeRun> only(sources.size() + 1, run);
    std::vector<ProbeRun*> all;
    for (std::size_t i = 0; i < only.size(); ++i) {
      only[i].future.clear();
      if (i < sources.size()) only[i].sources = std::vector<std::string>{sources[i].what};
      all.push_back(&only[i]);
    }
    sources.emplace_back().what = kEndDates;
    only.back().future = "ends:" + known(cut).to_string();
    only.back().file_future.clear();
    runs_.run(all);
    for (std::size_t i = 0; i < only.size(); ++i) {
      if (first_difference(real_, read_behaviour(only[i].folder), known(cut), cut.bound_ns)) return sources[i];
    }
    return std::nullopt;
  }

  [[nodiscard]] std::string advise(const Finding& finding) const {
    if (finding.source && finding.source->what == kEndDates)
      return "end_date and auto_close_date of an asset that still trades are in the future: choose assets by what has "
             "happened (data.can_trade, prices and volumes up to the day)";
    if (finding.source) {
      return fmt::format(
          "use only rows up to the day of the call: no shift(-n), no rank, mean or fit over the whole table. If later "
          "rows are known beforehand (a calendar), say --trust {}",
          finding.source->what.starts_with("bundle:") ? "FILE" : fs::path(finding.source->what).filename().string());
    }
    const bool early = finding.difference->place.ends_with(" before_trading_start");
    if (early && real_.preset == "zipline") {
      return "under preset zipline before_trading_start sees the bar of its own day, as in Zipline (quirk Q1): decide "
             "in "
             "handle_data or a scheduled function, or run with --set before_trading_start_view=previous_close";
    }
    if (finding.difference->kind == "read")
      return "this read of `data` knows bars that are still to come: look at the policies of the run "
             "(docs/policies.md)";
    return "find what this call depends on: numbers that were computed from the whole history, or kept from outside of "
           "`data`";
  }

  void determinism(std::optional<Difference> difference) {
    Check check{.name = "determinism", .said = "two equal runs gave equal bytes"};
    if (difference) {
      check.verdict = Verdict::Failed;
      check.said = "two equal runs differ";
      check.findings.push_back({"the same run again", std::move(difference), std::nullopt});
      check.advice =
          "seed every source of random numbers (random.seed(1), numpy.random.default_rng(1)); do not ask for the time, "
          "the network or memory addresses";
    }
    checks_.push_back(std::move(check));
  }

  void hash_seeds(std::optional<Difference> a, std::optional<Difference> b) {
    Check check{.name = "hash seeds", .said = "runs with PYTHONHASHSEED 0, 1 and 2 gave equal bytes"};
    if (a || b) {
      check.verdict = Verdict::Failed;
      check.said = "runs with other values of PYTHONHASHSEED differ";
      check.findings.push_back({a ? "PYTHONHASHSEED=1" : "PYTHONHASHSEED=2", a ? a : b, std::nullopt});
      check.advice = "do not depend on the order of a set: iterate over sorted(assets), or keep a list";
    }
    checks_.push_back(std::move(check));
  }

  void warm_up() {
    const auto sessions = static_cast<int>(real_.sessions.size());
    std::vector<int> later = command_.later;
    if (later.empty()) later = {sessions / 10, sessions / 4, sessions / 2};
    std::erase_if(later, [sessions](int n) { return n < 1 || n > sessions - 2; });
    std::ranges::sort(later);
    later.erase(std::ranges::unique(later).begin(), later.end());
    Check check{.name = "warm-up"};
    std::vector<ProbeRun> runs(later.size());
    std::vector<ProbeRun*> all;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      runs[i].start = real_.sessions[static_cast<std::size_t>(later[i])].to_string();
      all.push_back(&runs[i]);
    }
    runs_.run(all);

    const bool holds = std::ranges::any_of(real_.signals, [](const auto& s) { return !s.second.at("").empty(); });
    std::map<std::string, int> never;  // recorded values: in how many runs they never agree
    int needed = 0, held_apart = 0, counted = 0;
    Json starts = Json::array();
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const Behaviour late = read_behaviour(runs[i].folder);
      const auto first = static_cast<std::size_t>(later[i]);
      if (late.failure) {
        check.verdict = Verdict::Failed;
        check.findings.push_back({fmt::format("started {} later", sessions_text(later[i])),
                                  Difference{late.failure->ns, late.failure->session, "error", late.failure->place,
                                             "error", "nothing", late.failure->what},
                                  std::nullopt});
        continue;
      }
      Date from = real_.sessions[first];
      bool holds_apart = false;
      for (const auto& [name, since] : agreement(real_, late)) {
        if (name.empty() && !holds) continue;
        if (!since) {
          name.empty() ? ++held_apart : ++never[name];
          holds_apart = holds_apart || name.empty();
        } else {
          from = std::max(from, *since);
          ++counted;
        }
      }
      if (holds_apart) {
        check.notes.push_back(fmt::format("started {} later ({}): what is held never becomes the same",
                                          sessions_text(later[i]), runs[i].start));
        starts.push_back({{"later", later[i]}, {"start", runs[i].start}, {"agrees_from", nullptr}});
        continue;
      }
      const auto at = static_cast<int>(std::ranges::lower_bound(real_.sessions, from) - real_.sessions.begin());
      needed = std::max(needed, at - later[i]);
      starts.push_back({{"later", later[i]},
                        {"start", runs[i].start},
                        {"agrees_from", from.to_string()},
                        {"sessions", at - later[i]}});
      check.notes.push_back(fmt::format("started {} later ({}): the same from {} on, after {}", sessions_text(later[i]),
                                        runs[i].start, from.to_string(), sessions_text(at - later[i])));
    }
    check.facts = {{"sessions", needed}, {"starts", starts}};
    const auto count = static_cast<int>(later.size());
    std::vector<std::string> of_start;
    for (const auto& [name, times] : never) of_start.push_back(name);
    if (!of_start.empty()) {
      check.notes.push_back(fmt::format("recorded values that depend on when the run starts, as a portfolio's does: {}",
                                        fmt::join(of_start, ", ")));
      check.facts["depend_on_start"] = of_start;
    }
    if (check.findings.empty() && (held_apart > 0 || (counted == 0 && !never.empty()))) {
      check.verdict = Verdict::Failed;
      check.said = held_apart > 0
                       ? fmt::format("what is held never becomes the same in {} of {} later starts", held_apart, count)
                       : "no recorded value ever becomes the same after a later start";
      check.advice =
          "the strategy depends on the day it starts on (a counter, values kept from earlier sessions): take them from "
          "the calendar or from data.history";
    } else if (!check.findings.empty()) {
      check.said = "a later start fails";
      check.advice = "let the strategy wait until it has the data it needs";
    } else if (counted == 0) {
      check.said = "nothing is held or recorded, so there is nothing to compare";
    } else {
      check.said = needed == 0 ? "later starts give the same at once"
                               : fmt::format("later starts give the same after {} at most", sessions_text(needed));
      if (needed > 0) check.advice = fmt::format("start {} before the first one that counts", sessions_text(needed));
    }
    checks_.push_back(std::move(check));
  }

  const StrategyCheckCommand& command_;
  ProbeRuns runs_;
  Behaviour real_;
  std::vector<Check> checks_;
};

std::string text_of(const Finding& finding) {
  if (!finding.difference) return "";
  const Difference& d = *finding.difference;
  std::string text = fmt::format("  {}: the first difference is on {}\n", finding.when, moment(d.ns, d.session));
  const std::string where = d.place.empty() ? d.kind : d.place;
  text += fmt::format("    {}{}{}\n      as it is   {}\n      changed    {}\n", where, d.what.empty() ? "" : ": ",
                      d.what, d.before, d.after);
  if (finding.source) {
    text += fmt::format("    the future came from {}{}\n", finding.source->what,
                        finding.source->place.empty() ? "" : ", opened at " + finding.source->place);
  }
  return text;
}

Json json_of(const Finding& finding) {
  Json json = {{"changed", finding.when}};
  if (finding.difference) {
    const Difference& d = *finding.difference;
    json.update({{"at", Timestamp{d.ns}.to_string()},
                 {"session", d.session.to_string()},
                 {"kind", d.kind},
                 {"where", d.place.empty() ? Json() : Json(d.place)},
                 {"what", d.what},
                 {"before", d.before},
                 {"after", d.after}});
  }
  json["source"] = finding.source
                       ? Json{{"file", finding.source->what},
                              {"where", finding.source->place.empty() ? Json() : Json(finding.source->place)}}
                       : Json();
  return json;
}

}  // namespace

int check_strategy(Invocation& invocation, const StrategyCheckCommand& command) {
  Console& console = invocation.console;
  const auto begin = std::chrono::steady_clock::now();
  StrategyCheck check(invocation, command);
  try {
    check.run();
  } catch (const ProbeRuns::NotStarted& problem) {
    console.print_error_text(problem.said);
    if (console.json()) console.print_json(Json{{"passed", false}, {"error", problem.said}}.dump(2));
    return problem.exit_status == 0 ? kFailedStatus : problem.exit_status;
  }
  const Behaviour& real = check.real();
  if (real.failure) {
    throw Error(ErrorCode::StrategyFailed,
                fmt::format("the strategy fails as it is{}: {}",
                            real.failure->place.empty() ? "" : " (" + real.failure->place + ")", real.failure->what),
                "`rustybt run` shows the whole traceback; check it again when it runs");
  }
  const bool passed = std::ranges::all_of(check.checks(), [](const Check& c) { return c.verdict == Verdict::Passed; });
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();

  std::string text =
      fmt::format("\n{}: {} to {}, {} sessions, preset {}, {} runs in {:.1f} s\n\n", command.run.strategy.string(),
                  real.sessions.front().to_string(), real.sessions.back().to_string(),
                  grouped(static_cast<std::int64_t>(real.sessions.size())), real.preset, check.runs(), seconds);
  std::vector<std::vector<std::string>> rows;
  Json json = {{"strategy", command.run.strategy.string()},
               {"passed", passed},
               {"sessions", real.sessions.size()},
               {"preset", real.preset},
               {"runs", check.runs()},
               {"checks", Json::array()}};
  std::string details;
  for (const Check& c : check.checks()) {
    rows.push_back({c.name, word_of(c.verdict), c.said});
    Json one = {{"name", c.name},   {"result", word_of(c.verdict)},
                {"said", c.said},   {"findings", Json::array()},
                {"notes", c.notes}, {"advice", c.advice}};
    for (const Finding& finding : c.findings) one["findings"].push_back(json_of(finding));
    if (!c.facts.empty()) one.update(c.facts);
    json["checks"].push_back(std::move(one));
    if (c.findings.empty() && c.notes.empty() && c.advice.empty()) continue;
    details += fmt::format("\n{}\n", c.name);
    if (!c.findings.empty()) details += text_of(c.findings.front());
    for (const std::string& note : c.notes) details += "  " + note + "\n";
    if (!c.advice.empty()) details += fmt::format("  What to do: {}\n", c.advice);
  }
  console.print(text + align_table({{"check", false}, {"result", false}, {"what was done", false}}, rows) + details);
  console.print_json(json.dump(2, ' ', false, Json::error_handler_t::replace));
  return passed ? 0 : kFailedStatus;
}

}  // namespace rustybt::cli
