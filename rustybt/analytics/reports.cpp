#include "rustybt/analytics/reports.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "rustybt/core/error.hpp"
#include "rustybt/storage/files.hpp"
#include "rustybt_embedded/report_page.hpp"

namespace rustybt::analytics {

namespace {

using Html = fmt::memory_buffer;

template <class... Values>
void put(Html& html, fmt::format_string<Values...> format, Values&&... values) {
  fmt::format_to(std::back_inserter(html), format, std::forward<Values>(values)...);
}

void put_text(Html& html, std::string_view text) { html.append(text.data(), text.data() + text.size()); }

std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

/// A JSON string; "<" is escaped so that it cannot end the script element.
std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == '<') {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

void put_numbers(Html& html, std::string_view name, const std::vector<double>& values, int digits) {
  put(html, "\"{}\":[", name);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) html.push_back(',');
    if (std::isfinite(values[i])) {
      put(html, "{:.{}f}", values[i], digits);
    } else {
      put_text(html, "null");
    }
  }
  html.push_back(']');
}

/// Sessions that the charts show: all, or of equal groups the lowest and the highest equity, and the last.
std::vector<std::size_t> chart_rows(const std::vector<double>& equity) {
  std::vector<std::size_t> rows;
  const std::size_t n = equity.size();
  if (n <= kMaxChartPoints) {
    for (std::size_t i = 0; i < n; ++i) rows.push_back(i);
    return rows;
  }
  const std::size_t groups = kMaxChartPoints / 2 - 1;
  rows.push_back(0);
  for (std::size_t g = 0; g < groups; ++g) {
    const std::size_t begin = n * g / groups;
    const std::size_t end = n * (g + 1) / groups;
    const auto first = equity.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto last = equity.begin() + static_cast<std::ptrdiff_t>(end);
    const auto [low, high] = std::minmax_element(first, last);
    const auto [earlier, later] = std::minmax(low, high);
    for (const auto at : {earlier, later}) {
      const auto row = static_cast<std::size_t>(at - equity.begin());
      if (row > rows.back()) rows.push_back(row);
    }
  }
  if (rows.back() != n - 1) rows.push_back(n - 1);
  return rows;
}

void put_data(Html& html, const ReportInput& input, const std::vector<std::size_t>& rows) {
  std::vector<double> benchmark;
  double value = input.starting_capital;
  for (const double r : input.benchmark_returns) benchmark.push_back(value *= 1.0 + (std::isfinite(r) ? r : 0.0));
  const std::vector<double> underwater = drawdowns(input.returns);
  const auto pick = [&rows](const std::vector<double>& all) {
    std::vector<double> shown;
    for (const std::size_t row : rows) {
      if (row < all.size()) shown.push_back(all[row]);
    }
    return shown;
  };

  put_text(html, "<script type=\"application/json\" id=\"data\">{\"days\":[");
  int previous = 0;
  for (const std::size_t row : rows) {  // differences: shorter
    const int day = input.sessions[row].days;
    put(html, "{}{}", row == rows.front() ? "" : ",", day - previous);
    previous = day;
  }
  put_text(html, "],");
  put_numbers(html, "equity", pick(input.equity), 2);
  put(html, ",\"benchmark_name\":{},", json_string(input.benchmark_name));
  put_numbers(html, "benchmark", pick(benchmark), 2);
  html.push_back(',');
  put_numbers(html, "drawdown", pick(underwater), 5);
  put_text(html, "}</script>\n");
}

std::string grouped(std::int64_t count) {
  std::string text = fmt::format("{}", count);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

std::string_view tone_class(Tone tone) {
  switch (tone) {
    case Tone::Good:
      return "good";
    case Tone::Bad:
      return "bad";
    default:
      return "";
  }
}

void put_figures(Html& html, const std::vector<ReportFigure>& figures) {
  if (figures.empty()) return;
  put_text(html, "<section class=\"figures\" aria-label=\"Headline figures\">\n");
  for (const ReportFigure& figure : figures) {
    put(html, "<dl class=\"figure\"><dt>{}</dt><dd class=\"{}{}\">{}<span class=\"note\">{}</span></dd></dl>\n",
        escape(figure.label), tone_class(figure.tone), figure.value.size() > 11 ? " small" : "", escape(figure.value),
        escape(figure.note));
  }
  put_text(html, "</section>\n");
}

void put_charts(Html& html, std::size_t shown, std::size_t sessions) {
  put_text(html, R"(<section><div class="section-head"><h2>Equity</h2>
<span class="hint gesture">drag to zoom, double click to reset</span>
<span class="segments" role="group" aria-label="Scale"><button id="linear" aria-pressed="true">Linear</button><button id="log" aria-pressed="false">Log</button></span>
<button id="reset">Reset zoom</button></div>
<div class="legend" id="equity-legend"></div><div class="chart" id="equity"></div>
)");
  if (shown < sessions) {
    put(html,
        "<p class=\"hint\">The charts show {} of {} sessions: the lowest and the highest of equal groups. All figures "
        "and the files beside this page use every session.</p>\n",
        grouped(static_cast<std::int64_t>(shown)), grouped(static_cast<std::int64_t>(sessions)));
  }
  put_text(html, R"(<noscript><p class="no-script">The charts need JavaScript.</p></noscript></section>
<section><div class="section-head"><h2>Underwater</h2><span class="hint">fall below the highest value so far</span></div>
<div class="legend" id="underwater-legend"></div><div class="chart low" id="underwater"></div></section>
)");
}

void put_return_cell(Html& html, double value, double full_colour, std::string_view more_classes) {
  // from 10 % to 62 % colour: the text stays legible in both themes
  const double strength = std::min(std::abs(value) / full_colour, 1.0);
  if (std::abs(value) < 0.0005) {
    put(html, "<td class=\"{}\">0.0</td>", more_classes);
    return;
  }
  put(html, "<td class=\"{} {}\" style=\"--a:{:.2f}\">{}{:.1f}</td>", value > 0 ? "up" : "down", more_classes,
      0.10 + 0.52 * strength, value > 0 ? "" : "\u2212", std::abs(value) * 100);
}

void put_months(Html& html, const ReportInput& input) {
  const std::vector<PeriodReturn> months = monthly_returns(input.sessions, input.returns);
  if (months.empty()) return;
  std::vector<double> sizes;
  for (const PeriodReturn& month : months) sizes.push_back(std::abs(month.value));
  std::sort(sizes.begin(), sizes.end());
  // full colour at the 90th percentile, so that one extreme month does not bleach the others
  const double full_colour = std::max(sizes[(sizes.size() - 1) * 9 / 10], 0.01);

  put_text(html, R"(<section><div class="section-head"><h2>Monthly returns</h2><span class="hint">per cent</span></div>
<div class="scroll"><table class="months"><thead><tr><th></th>)");
  for (const char* name :
       {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Year"}) {
    put(html, "<th scope=\"col\">{}</th>", name);
  }
  put_text(html, "</tr></thead><tbody>\n");
  auto month = months.begin();
  while (month != months.end()) {
    const int year = month->year;
    double growth = 1.0;
    put(html, "<tr><th scope=\"row\">{}</th>", year);
    for (int number = 1; number <= 12; ++number) {
      if (month != months.end() && month->year == year && month->month == number) {
        put_return_cell(html, month->value, full_colour, "");
        growth *= 1.0 + month->value;
        ++month;
      } else {
        put_text(html, "<td></td>");
      }
    }
    put_return_cell(html, growth - 1.0, full_colour * 3, "year");
    put_text(html, "</tr>\n");
  }
  put_text(html, "</tbody></table></div></section>\n");
}

void put_rows(Html& html, const ReportTable& table, const std::vector<std::vector<std::string>>& rows) {
  for (const auto& row : rows) {
    put_text(html, "<tr>");
    for (std::size_t i = 0; i < row.size() && i < table.columns.size(); ++i) {
      put(html, "<td{}>{}</td>", table.columns[i].is_number ? " class=\"n\"" : "", escape(row[i]));
    }
    put_text(html, "</tr>\n");
  }
}

void put_table(Html& html, const ReportTable& table) {
  put(html, "<section><div class=\"section-head\"><h2>{}</h2><span class=\"hint\">{} rows", escape(table.title),
      grouped(table.rows));
  const auto shown = static_cast<std::int64_t>(table.first_rows.size() + table.last_rows.size());
  if (shown < table.rows) {
    put(html, ", the first {} and the last {} here", table.first_rows.size(), table.last_rows.size());
  }
  if (!table.file.empty()) put(html, ", all in <span class=\"mono\">{}</span>", escape(table.file));
  put_text(html, "</span></div>\n");
  if (table.rows > 0) {
    put_text(html, "<div class=\"scroll\"><table class=\"sortable\"><thead><tr>");
    for (const ReportColumn& column : table.columns) {
      put(html, "<th scope=\"col\"{}>{}</th>", column.is_number ? " class=\"n\"" : "", escape(column.title));
    }
    put_text(html, "</tr></thead><tbody>\n");
    put_rows(html, table, table.first_rows);
    if (shown < table.rows) {
      put(html, "<tr class=\"gap\"><td colspan=\"{}\">{} more rows</td></tr>\n", table.columns.size(),
          grouped(table.rows - shown));
    }
    put_rows(html, table, table.last_rows);
    put_text(html, "</tbody></table></div>\n");
  }
  if (!table.totals.empty()) {
    put_text(html, "<dl class=\"totals\">");
    for (const ReportFact& total : table.totals) {
      put(html, "<div><dt>{}</dt><dd>{}</dd></div>", escape(total.name), escape(total.value));
    }
    put_text(html, "</dl>\n");
  }
  put_text(html, "</section>\n");
}

void put_facts(Html& html, std::string_view title, std::string_view id, const std::vector<ReportFact>& facts) {
  put(html, "<section id=\"{}\"><div class=\"section-head\"><h2>{}</h2></div><table class=\"facts\"><tbody>\n", id,
      title);
  for (const ReportFact& fact : facts) {
    put(html, "<tr><td>{}</td><td>{}{}</td></tr>\n", escape(fact.name), escape(fact.value),
        fact.note.empty() ? "" : fmt::format(" <span class=\"note\">{}</span>", escape(fact.note)));
  }
  put_text(html, "</tbody></table></section>\n");
}

void put_notes(Html& html, const std::vector<std::string>& notes) {
  if (notes.empty()) return;
  put_text(html, "<section class=\"notes\" aria-label=\"Notes\"><ul>\n");
  for (const std::string& note : notes) put(html, "<li>{}</li>\n", escape(note));
  put_text(html, "</ul></section>\n");
}

void check_lengths(const ReportInput& input) {
  const std::size_t n = input.sessions.size();
  const auto check = [n](std::string_view name, std::size_t size) {
    if (size != n) {
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("the report has {} sessions but {} values of {}", n, size, name));
    }
  };
  check("equity", input.equity.size());
  check("returns", input.returns.size());
  if (!input.benchmark_returns.empty()) check("benchmark_returns", input.benchmark_returns.size());
}

}  // namespace

std::vector<PeriodReturn> monthly_returns(const std::vector<Date>& sessions, const std::vector<double>& returns) {
  std::vector<PeriodReturn> months;
  for (std::size_t i = 0; i < sessions.size() && i < returns.size(); ++i) {
    const int year = sessions[i].year();
    const int month = sessions[i].month();
    if (months.empty() || months.back().year != year || months.back().month != month)
      months.push_back({year, month, 0.0});
    const double r = std::isfinite(returns[i]) ? returns[i] : 0.0;
    months.back().value = (1.0 + months.back().value) * (1.0 + r) - 1.0;
  }
  return months;
}

std::vector<double> drawdowns(const std::vector<double>& returns) {
  std::vector<double> result;
  result.reserve(returns.size());
  double growth = 1.0;
  double peak = 1.0;
  for (const double r : returns) {
    growth *= 1.0 + (std::isfinite(r) ? r : 0.0);
    peak = std::max(peak, growth);
    result.push_back(growth / peak - 1.0);
  }
  return result;
}

std::string render_report(const ReportInput& input) {
  check_lengths(input);
  const std::vector<std::size_t> rows = chart_rows(input.equity);
  Html html;
  put(html, R"page(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{}</title>
<script>(function(){{var t=null;try{{t=localStorage.getItem("rustybt-theme")}}catch(e){{}}
document.documentElement.dataset.theme=t||(matchMedia("(prefers-color-scheme: dark)").matches?"dark":"light")}})()</script>
<style>
)page",
      escape(input.title));
  put_text(html, report_page::dygraph_css);
  put_text(html, report_page::report_css);
  put(html, R"(</style></head><body>
<header class="top"><div><h1>{}</h1><p class="subtitle">{}</p></div><button id="theme">Dark</button></header>
<main>
)",
      escape(input.title), escape(input.subtitle));
  put_notes(html, input.notes);
  put_figures(html, input.headline);
  if (!input.sessions.empty()) {
    put_charts(html, rows.size(), input.sessions.size());
    put_months(html, input);
  }
  for (const ReportTable& table : input.tables) put_table(html, table);
  put_text(html, "<div class=\"columns\">\n");
  put_facts(html, "Policies in force", "policies", input.policies);
  put_facts(html, "This run", "provenance", input.provenance);
  put_text(html, "</div>\n");
  if (!input.command.empty()) {
    put(html, R"(<section><div class="section-head"><h2>Run it again</h2><button id="copy">Copy</button></div>
<pre id="command">{}</pre></section>
)",
        escape(input.command));
  }
  put_text(html, "</main>\n<footer>Made by rustybt. This file is complete: it loads nothing.</footer>\n");
  put_data(html, input, rows);
  put_text(html, "<script>\n/*\n");
  put_text(html, report_page::dygraph_license);
  put_text(html, "*/\n");
  put_text(html, report_page::dygraph_js);
  put_text(html, "\n</script>\n<script>\n");
  put_text(html, report_page::report_js);
  put_text(html, "</script>\n</body></html>\n");
  return fmt::to_string(html);
}

void write_report(const std::filesystem::path& path, const ReportInput& input) {
  storage::write_file_atomically(path, render_report(input));
}

}  // namespace rustybt::analytics
