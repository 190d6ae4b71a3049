"use strict";
(function () {
  const root = document.documentElement;
  const data = JSON.parse(document.getElementById("data").textContent);
  const css = (name) => getComputedStyle(root).getPropertyValue(name).trim();

  // --- theme: the system's until the reader chooses -----------------------------------------------------------------
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  let chosen = null;
  try { chosen = localStorage.getItem("rustybt-theme"); } catch (e) { /* storage is off for local files */ }
  const themeButton = document.getElementById("theme");
  const charts = [];
  function applyTheme() {
    const theme = chosen || (system.matches ? "dark" : "light");
    root.dataset.theme = theme;
    themeButton.textContent = theme === "dark" ? "Light" : "Dark";
    themeButton.setAttribute("aria-label", "Switch to the " + themeButton.textContent.toLowerCase() + " theme");
    for (const chart of charts) chart.updateOptions(chart.themeOptions());
  }
  themeButton.addEventListener("click", function () {
    chosen = root.dataset.theme === "dark" ? "light" : "dark";
    try { localStorage.setItem("rustybt-theme", chosen); } catch (e) { /* not kept */ }
    applyTheme();
  });
  system.addEventListener("change", applyTheme);
  applyTheme();

  // --- charts -------------------------------------------------------------------------------------------------------
  const money = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
  const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 4 });
  const minus = (format) => (v) => format.format(v).replace("-", "\u2212");
  const percent = (v) => (v * 100).toFixed(Math.abs(v) < 0.0995 ? 1 : 0).replace("-", "\u2212") + "\u00a0%";
  const percent2 = (v) => (v * 100).toFixed(2).replace("-", "\u2212") + "\u00a0%";
  const day = (ms) => new Date(ms).toISOString().slice(0, 10);
  const hasBenchmark = data.benchmark.length > 0;

  let first = 0;
  const dates = data.days.map((step) => new Date((first += step) * 86400000));
  const equityRows = dates.map((d, i) => hasBenchmark ? [d, data.equity[i], data.benchmark[i]] : [d, data.equity[i]]);
  const underwaterRows = dates.map((d, i) => [d, data.drawdown[i]]);

  function legend(element, names, colors, format) {
    return function (g, row) {
      const i = row === null || row === undefined ? g.numRows() - 1 : row;
      let html = "<span>" + day(g.getValue(i, 0)) + "</span>";
      names.forEach(function (name, k) {
        html += '<span><i style="background:var(' + colors[k] + ')"></i>' + name + " <b>" + format(g.getValue(i, k + 1)) + "</b></span>";
      });
      element.innerHTML = html;
    };
  }
  // one finger scrolls the page, two zoom
  const interaction = typeof Dygraph === "function" ? Object.assign({}, Dygraph.defaultInteractionModel) : {};
  for (const name of ["touchstart", "touchmove", "touchend"]) {
    const handle = interaction[name];
    if (handle) interaction[name] = (event, g, context) => { if (event.touches.length > 1 || context.initialTouches) handle(event, g, context); };
  }
  let syncing = false;
  function chart(id, rows, names, colors, format, options) {
    const element = document.getElementById(id);
    const show = legend(document.getElementById(id + "-legend"), names.map(escapeHtml), colors, format);
    const theme = () => ({
      colors: colors.map(css),
      axes: { x: { axisLineColor: css("--line") }, y: { axisLineColor: css("--line") } },
      gridLineColor: css("--line"),
      rangeSelectorPlotStrokeColor: css("--benchmark"),
      rangeSelectorPlotFillColor: css("--soft"),
      rangeSelectorPlotFillGradientColor: "",
      rangeSelectorBackgroundStrokeColor: css("--line"),
      rangeSelectorForegroundStrokeColor: css("--muted"),
      rangeSelectorAlpha: 0.6,
    });
    const base = {
      labels: ["Date"].concat(names),
      labelsUTC: true,
      drawPoints: rows.length === 1,  // a line of one point cannot be seen
      pointSize: 3,
      legend: "never",
      interactionModel: interaction,
      strokeWidth: 1.6,
      gridLineWidth: 1,
      highlightCircleSize: 3,
      xRangePad: 4,
      animatedZooms: false,
      axisLabelFontSize: 12,
      highlightCallback: (event, x, points, row) => show(element.graph, row),
      unhighlightCallback: () => show(element.graph, null),
      drawCallback: function (g, initial) {
        if (initial || syncing) return;
        syncing = true;
        for (const other of charts) if (other !== g) other.updateOptions({ dateWindow: g.xAxisRange() });
        syncing = false;
      },
    };
    const themed = theme();
    for (const axis of ["x", "y"]) Object.assign(themed.axes[axis], (options.axes || {})[axis]);
    const graph = new Dygraph(element, rows, Object.assign(base, options, themed));
    graph.themeOptions = theme;
    element.graph = graph;
    charts.push(graph);
    show(graph, null);
    return graph;
  }
  function escapeHtml(text) {
    return text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
  }

  if (dates.length > 0 && typeof Dygraph === "function") {
    const narrow = window.innerWidth < 560;
    const xAxis = narrow ? { pixelsPerLabel: 78 } : {};
    const yWidth = narrow ? 46 : 58;
    const equity = chart("equity", equityRows, hasBenchmark ? ["Portfolio", data.benchmark_name] : ["Portfolio"],
      ["--accent", "--benchmark"].slice(0, hasBenchmark ? 2 : 1), minus(money), {
        showRangeSelector: !narrow && dates.length > 60,
        rangeSelectorHeight: 28,
        axes: { x: xAxis, y: { axisLabelFormatter: minus(compact), axisLabelWidth: yWidth } },
      });
    const deepest = Math.min(...data.drawdown);
    chart("underwater", underwaterRows, ["Drawdown"], ["--down"], percent2, {
      fillGraph: true, fillAlpha: 0.18,
      axes: { x: xAxis, y: { axisLabelFormatter: percent, axisLabelWidth: yWidth } },
      valueRange: [deepest < 0 ? null : -0.01, Math.max(0.002, -0.02 * deepest)],
    });
    const canLog = data.equity.concat(data.benchmark).every((v) => v > 0);
    const scale = { linear: document.getElementById("linear"), log: document.getElementById("log") };
    for (const name of ["linear", "log"]) {
      scale[name].disabled = name === "log" && !canLog;
      scale[name].addEventListener("click", function () {
        scale.linear.setAttribute("aria-pressed", String(name === "linear"));
        scale.log.setAttribute("aria-pressed", String(name === "log"));
        equity.updateOptions({ logscale: name === "log" });
      });
    }
    document.getElementById("reset").addEventListener("click", () => equity.resetZoom());
  }

  // --- sortable tables: up, down, as it was -------------------------------------------------------------------------
  function key(cell) {
    const text = cell.textContent.trim();
    if (!cell.classList.contains("n")) return text;
    const number = parseFloat(text.replace(/,/g, "").replace("\u2212", "-"));
    return isNaN(number) ? -Infinity : number;
  }
  for (const table of document.querySelectorAll("table.sortable")) {
    const body = table.tBodies[0];
    const original = Array.from(body.rows);
    const rows = original.filter((row) => !row.classList.contains("gap"));
    const headers = Array.from(table.tHead.rows[0].cells);
    headers.forEach(function (header, column) {
      header.tabIndex = 0;
      const sort = function () {
        const next = { none: "ascending", ascending: "descending", descending: "none" }[header.getAttribute("aria-sort") || "none"];
        headers.forEach((h) => h.removeAttribute("aria-sort"));
        if (next === "none") { body.replaceChildren(...original); return; }
        header.setAttribute("aria-sort", next);
        const sign = next === "ascending" ? 1 : -1;
        const keyed = rows.map((row) => [key(row.cells[column]), row]);
        keyed.sort((a, b) => sign * (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
        body.replaceChildren(...keyed.map((pair) => pair[1]));
      };
      header.addEventListener("click", sort);
      header.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); sort(); } });
    });
  }

  const copy = document.getElementById("copy");
  if (copy) copy.addEventListener("click", function () {
    navigator.clipboard.writeText(document.getElementById("command").textContent).then(() => {
      copy.textContent = "Copied";
      setTimeout(() => (copy.textContent = "Copy"), 1500);
    });
  });
})();
