// table: a row a variant; sorted, with intervals as bars, shared ranks and verdicts.

var HIDDEN = ["settings", "key", "verdict", "margin_pct", "is_synthetic", "rank_hi"];
var FIRST = ["model", "level", "adapter", "score_pct", "rank", "diff_pct", "size_gb", "ram_gb", "gen_tps", "bpw"];
var VERDICTS = {
  same: { sign: "=", says: "the whole interval of the difference is within the margin" },
  worse: { sign: "\u25bc", says: "the whole interval of the difference is below the margin" },
  better: { sign: "\u25b2", says: "the whole interval of the difference is above the margin" },
  undecided: { sign: "?", says: "the interval reaches over the margin: more questions would be needed" },
};

function hasValue(name) {
  return data.variants.some(function (v) { return v[name] !== null && v[name] !== "" && v[name] !== undefined; });
}

function placeOf(name) { return FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length; }

// Columns that can be chosen: those with a value somewhere; an interval stands with its column.
function tableColumns() {
  return data.columns.filter(function (c) {
    return !HIDDEN.includes(c.name) && !isInterval(c.name) && hasValue(c.name);
  }).sort(function (a, b) { return placeOf(a.name) - placeOf(b.name); });
}

function firstColumns() {
  return tableColumns().map(function (c) { return c.name; }).filter(function (n) { return FIRST.includes(n); });
}

function chosenColumns() {
  var chosen = stateList("cols").filter(function (n) { return columnOf(n); });
  return chosen.length ? chosen : firstColumns();
}

function badge(verdict, margin, parent) {
  var v = VERDICTS[verdict];
  if (!v) return;
  var text = verdict + " \u00b1" + formatNumber(margin, margin < 1 ? 1 : margin % 1 ? 1 : 0);
  var e = make("span", { className: "badge " + verdict, title: "Margin " + margin + " points: " + v.says }, parent);
  mark(make("span", { textContent: v.sign }, e), { "aria-hidden": "true" });
  e.append(" " + text);
}

// An interval on a scale that all rows share; a line at zero for differences.
function bar(parent, lo, value, hi, range) {
  if (!isNumber(lo) || !isNumber(hi)) return;
  var at = function (v) { return 100 * (v - range.lo) / (range.hi - range.lo || 1); };
  var box = mark(make("span", { className: "ci" }, parent), { "aria-hidden": "true" });
  if (range.lo < 0 && range.hi > 0) make("i", { className: "zero" }, box).style.left = at(0) + "%";
  var span = make("i", { className: "span" }, box);
  span.style.left = at(lo) + "%";
  span.style.width = Math.max(1, at(hi) - at(lo)) + "%";
  make("i", { className: "dot" }, box).style.left = at(value) + "%";
}

function rangeOf(rows, name) {
  var lo = Infinity, hi = -Infinity, low = besideName(name, "_lo"), high = besideName(name, "_hi");
  rows.forEach(function (v) {
    if (isNumber(v[name])) {
      lo = Math.min(lo, isNumber(v[low]) ? v[low] : v[name]);
      hi = Math.max(hi, isNumber(v[high]) ? v[high] : v[name]);
    }
  });
  return { lo: lo, hi: hi };
}

function intervalText(v, c) {
  var lo = v[besideName(c.name, "_lo")], hi = v[besideName(c.name, "_hi")];
  return isNumber(lo) && isNumber(hi) ? formatNumber(lo, c.decimals) + " to " + formatNumber(hi, c.decimals) : "";
}

function cellText(v, c) {
  var x = v[c.name];
  if (x === null || x === undefined || x === "") return "";
  if (c.kind === "bool") return x ? "yes" : "no";
  return typeof x === "number" ? formatNumber(x, c.decimals) : String(x);
}

function nameCell(cell, v) {
  cell.append(v.model);
  if (v.is_recommended) mark(make("span", { className: "badge star", textContent: "\u2605 recommended", title: v.is_recommended }, cell), {});
  if (v.is_upcast) make("span", { className: "badge upcast", textContent: "upcast",
    title: "More bits than the model's source file has: the weights are no better than the source" }, cell);
  if (v.missing) make("span", { className: "badge missing-mark", textContent: "incomplete", title: v.missing }, cell);
}

function rankCell(cell, v) {
  cell.append(v.rank_hi && v.rank_hi !== v.rank ? v.rank + "\u2013" + v.rank_hi : String(v.rank));
}

function cellFill(cell, v, c, ranges) {
  var text = cellText(v, c);
  if (c.name === "model") return nameCell(cell, v);
  if (!text) {
    cell.className = "missing";
    make("span", { textContent: "\u2013", title: "not measured" }, cell);
    mark(cell.firstChild, { role: "img", "aria-label": "not measured" });
    return;
  }
  if (c.name === "rank") return rankCell(cell, v);
  var interval = intervalText(v, c);
  var isSigned = c.name === "diff_pct";
  make("span", { className: "value", textContent: (isSigned && v[c.name] > 0 ? "+" : "") + text }, cell);
  if (interval) {
    cell.title = "95 % interval: " + interval;
    make("span", { className: "unseen", textContent: ", 95 % interval " + interval }, cell);
  }
  if (ranges[c.name]) bar(cell, v[besideName(c.name, "_lo")], v[c.name], v[besideName(c.name, "_hi")], ranges[c.name]);
  if (isSigned && v.verdict) badge(v.verdict, v.margin_pct, cell);
}

function rowMake(body, v, columns, ranges) {
  var row = make("tr", { className: v.is_recommended ? "recommended" : "" }, body);
  row.dataset.key = v.key;
  var tick = make("td", { className: "tick" }, row), input = make("input", { type: "checkbox" }, tick);
  mark(input, { "aria-label": "Compare " + v.model + " " + v.level });
  input.checked = stateList("cmp").includes(v.key);
  input.addEventListener("change", function () { compareToggle(v.key, input); });
  columns.forEach(function (c, i) {
    var cell = make(i === 0 ? "th" : "td", { className: c.kind === "text" ? "text" : "num" }, row);
    if (i === 0) cell.scope = "row";
    cellFill(cell, v, c, ranges);
  });
}

function headMake(table, columns) {
  var row = make("tr", {}, make("thead", {}, table));
  make("th", { scope: "col", className: "tick", innerHTML: "<span class=unseen>Compare</span>" }, row);
  columns.forEach(function (c) {
    var head = make("th", { scope: "col", className: c.kind === "text" ? "text" : "num" }, row);
    head.dataset.name = c.name;
    if (state.sort === c.name) mark(head, { "aria-sort": state.down ? "descending" : "ascending" });
    var button = make("button", { type: "button", title: "Sort by this column" }, head);
    var label = state.task && c.name === "score_pct" ? "Score, " + state.task : c.label;
    button.append(label);
    if (c.unit) button.append(" ", make("small", { textContent: "(" + c.unit + ")" }));
    button.addEventListener("click", function () {
      var isSame = state.sort === c.name;
      stateSet({ sort: c.name, down: isSame ? (state.down ? "" : "1") : c.kind === "text" ? "" : "1" });
      var again = document.querySelector("#variants th[data-name='" + c.name + "'] button");
      if (again) again.focus();
    });
  });
}

function tableRows() {
  var rows = shownVariants();
  return rows.sort(function (a, b) { return compareValues(a[state.sort], b[state.sort], state.down !== ""); });
}

function tableShow() {
  var place = document.getElementById("variants"), rows = tableRows();
  var columns = chosenColumns().map(columnOf), ranges = {};
  var all = data.variants.map(function (v) { return variantFor(v, state.task); });
  ["score_pct", "diff_pct"].forEach(function (name) { if (columnOf(name)) ranges[name] = rangeOf(all, name); });
  var top = place.scrollTop, left = place.scrollLeft;
  var table = make("table", {}, clear(place));
  make("caption", { textContent: (data.isSynthetic ? "SYNTHETIC: " : "") + "variants, " + (state.task || "composite of the tasks") }, table);
  headMake(table, columns);
  var body = make("tbody", {}, table);
  rows.forEach(function (v) { rowMake(body, v, columns, ranges); });
  if (!rows.length)
    make("td", { colSpan: columns.length + 1, className: "nothing", textContent: "No variant passes the filters." }, make("tr", {}, body));
  place.scrollTop = top;
  place.scrollLeft = left;
  document.getElementById("count").textContent = rows.length + " of " + data.variants.length + " variants";
}

// ---- saving the view ----

// Shown rows and columns, each interval behind its column, and the verdict with its margin.
function viewColumns() {
  var out = [];
  chosenColumns().forEach(function (name) {
    out.push(name);
    ["_lo", "_hi"].forEach(function (end) { var n = besideName(name, end); if (n) out.push(n); });
    if (name === "diff_pct") out.push("verdict", "margin_pct");
    if (name === "rank" && columnOf("rank_hi")) out.push("rank_hi");
  });
  return out.filter(function (n, i) { return columnOf(n) && out.indexOf(n) === i; });
}

function saveView(form) {
  var names = viewColumns(), rows = tableRows();
  if (form === "csv") {
    save("variants.csv", csvText(names, rows.map(function (v) { return names.map(function (n) { return v[n]; }); }), data.isSynthetic), "text/csv");
    return;
  }
  var objects = rows.map(function (v) {
    var o = data.isSynthetic ? { data: "SYNTHETIC" } : {};
    names.forEach(function (n) { o[n] = v[n] === undefined ? null : v[n]; });
    return o;
  });
  save("variants.json", JSON.stringify(objects, null, 1) + "\n", "application/json");
}
