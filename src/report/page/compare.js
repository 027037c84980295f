// compare: two to four variants side by side, task by task, and the questions whose answers flipped.

var COMPARE_MAX = 4, LIST_MAX = 200;

function compareToggle(key, input) {
  var list = stateList("cmp");
  if (list.includes(key)) list = list.filter(function (k) { return k !== key; });
  else if (list.length < COMPARE_MAX) list.push(key);
  else {
    input.checked = false;
    document.getElementById("compare-note").textContent = "At most " + COMPARE_MAX + " variants can be compared: take one out first.";
    return;
  }
  stateSet({ cmp: list.join("\n") });
}

function compared() {
  return stateList("cmp").map(function (key) {
    return data.variants.find(function (v) { return v.key === key; });
  }).filter(Boolean).slice(0, COMPARE_MAX);
}

function variantName(v) { return v.model + " " + v.level + (v.adapter && v.adapter !== "none" ? " + " + v.adapter : ""); }

function percent(x, decimals) { return formatNumber(100 * x, decimals); }

// Differences of answers are of right or wrong; a task of shares has its mean difference without an interval.
function pairCell(cell, task, a, b) {
  var x = answersOf(task, a.index), y = answersOf(task, b.index);
  if (!x || !y) return make("span", { className: "none", textContent: "no answers in common" }, cell);
  var f = flipsOf(x, y), lost = f.lost.length, gained = f.gained.length;
  if (!f.n) return make("span", { className: "none", textContent: "no question in common" }, cell);
  var ci = pairedInterval(lost, gained, f.n), d = 100 * (gained - lost) / f.n;
  make("div", { textContent: (d > 0 ? "+" : "") + formatNumber(d, 2) + " (" + percent(ci.lo, 2) + " to " + percent(ci.hi, 2) + ")" }, cell);
  make("div", { className: "small", textContent: gained + " gained, " + lost + " lost of " + f.n + "; flipped " +
    percent((lost + gained) / f.n, 1) + " %, McNemar p " + formatP(mcnemar(lost, gained)) }, cell);
  badge(verdictOf(100 * ci.lo, 100 * ci.hi, data.margin), data.margin, cell);
}

function formatP(p) { return p < 0.001 ? "< 0.001" : p.toFixed(3); }

function compareHead(table, list) {
  var row = make("tr", {}, make("thead", {}, table));
  make("th", { scope: "col", textContent: "" }, row).append(make("span", { className: "unseen", textContent: "Figure" }));
  list.forEach(function (v, i) {
    var cell = make("th", { scope: "col" }, row);
    cell.append(variantName(v), " ");
    var out = make("button", { type: "button", className: "out", textContent: "remove" }, cell);
    mark(out, { "aria-label": "Remove " + variantName(v) + " from the comparison" });
    out.addEventListener("click", function () { compareToggle(v.key); });
    if (i === 0) make("div", { className: "small", textContent: "the others are compared with this one" }, cell);
  });
}

function figureRow(body, label, list, c) {
  if (!c || !list.some(function (v) { return cellText(v, c); })) return;
  var row = make("tr", {}, body);
  make("th", { scope: "row", textContent: label || c.label + (c.unit ? " (" + c.unit + ")" : "") }, row);
  list.forEach(function (v) {
    var interval = intervalText(v, c), cell = make("td", {}, row);
    cell.textContent = cellText(v, c) ? cellText(v, c) + (interval ? " (" + interval + ")" : "") : "not measured";
    if (!cellText(v, c)) cell.className = "none";
  });
}

function taskRow(body, task, list) {
  var row = make("tr", {}, body), head = make("th", { scope: "row" }, row);
  head.append(task);
  list.forEach(function (v, i) {
    var cell = make("td", {}, row), s = (data.byTask[task] || [])[v.index];
    if (!s || !isNumber(s.score_pct)) return make("span", { className: "none", textContent: "not measured" }, cell);
    make("div", { textContent: formatNumber(s.score_pct, 2) + (isNumber(s.score_lo_pct) ?
      " (" + formatNumber(s.score_lo_pct, 2) + " to " + formatNumber(s.score_hi_pct, 2) + ")" : "") }, cell);
    if (i) pairCell(cell, task, list[0], v);
  });
}

// ---- flipped questions of a pair and a task ----

function questionItem(list, task, i) {
  var item = make("li", { textContent: documentName(task, i) }, list), text = questionText(task, i);
  if (text) item.append(": ", make("q", { textContent: text }));
}

function flipLists(place, task, a, b) {
  var x = answersOf(task, a.index), y = answersOf(task, b.index);
  if (!x || !y) return make("p", { textContent: "The answers of one of the two to this task are not in the page." }, place);
  var f = flipsOf(x, y);
  [["lost", "Right with " + variantName(a) + ", wrong with " + variantName(b), f.lost],
    ["gained", "Wrong with " + variantName(a) + ", right with " + variantName(b), f.gained]].forEach(function (part) {
    var box = make("details", { className: "flips", open: part[2].length <= 40 }, place);
    make("summary", { textContent: part[1] + ": " + part[2].length + " of " + f.n + " questions" }, box);
    var list = make("ol", { className: part[0] }, box);
    part[2].slice(0, LIST_MAX).forEach(function (i) { questionItem(list, task, i); });
    if (part[2].length > LIST_MAX)
      make("p", { className: "small", textContent: "and " + (part[2].length - LIST_MAX) + " more, all in the file" }, box);
  });
  if (data.raw.no_questions)
    make("p", { className: "small", textContent: "Not every question has its text here: " + data.raw.no_questions }, place);
  var button = make("button", { type: "button", textContent: "Save flipped questions as CSV" }, place);
  button.addEventListener("click", function () {
    var rows = f.lost.map(function (i) { return [task, documentName(task, i), "lost", questionText(task, i)]; })
      .concat(f.gained.map(function (i) { return [task, documentName(task, i), "gained", questionText(task, i)]; }));
    save("flips.csv", csvText(["task", "document", "change", "question"], rows, data.isSynthetic), "text/csv");
  });
}

function flipsShow(place, list) {
  var tasks = data.tasks.filter(function (t) {
    return data.items[t] && list.filter(function (v) { return data.items[t].right[v.index]; }).length > 1;
  });
  if (!tasks.length) return make("p", { className: "none", textContent: "No task was answered by two of these variants." }, place);
  var chosen = state.pair.split("\n"), task = tasks.includes(chosen[0]) ? chosen[0] : tasks[0];
  var other = list.slice(1).find(function (v) { return v.key === chosen[1]; }) || list[1];
  var form = make("div", { className: "filters" }, place);
  var pick = function (label, options, value, change) {
    var select = make("select", {});
    options.forEach(function (o) { make("option", { value: o[0], textContent: o[1] }, select); });
    select.value = value;
    select.addEventListener("change", function () { change(select.value); });
    field(form, label, select);
  };
  pick("Task", tasks.map(function (t) { return [t, t]; }), task, function (t) { stateSet({ pair: t + "\n" + other.key }); });
  pick("Against " + variantName(list[0]), list.slice(1).map(function (v) { return [v.key, variantName(v)]; }), other.key,
    function (key) { stateSet({ pair: task + "\n" + key }); });
  flipLists(place, task, list[0], other);
}

function compareShow() {
  var place = clear(document.getElementById("compare")), list = compared(), note = document.getElementById("compare-note");
  note.textContent = list.length === 0 ? "Tick two to four variants in the table."
    : list.length === 1 ? "Tick one more variant in the table to compare it with " + variantName(list[0]) + "." : "";
  if (list.length < 2) return;
  var box = mark(make("div", { className: "scroll", tabIndex: 0 }, place), { role: "region", "aria-label": "Comparison" });
  var table = make("table", { className: "compare" }, box);
  make("caption", { textContent: (data.isSynthetic ? "SYNTHETIC: " : "") + "comparison on the same questions; intervals 95 %, margin " + data.margin + " points" }, table);
  compareHead(table, list);
  var body = make("tbody", {}, table);
  ["score_pct", "size_gb", "ram_gb", "bpw", "gen_tps", "prompt_tps", "loss_pct", "kl_nat"].forEach(function (name) {
    figureRow(body, null, list, columnOf(name));
  });
  data.tasks.forEach(function (task) { taskRow(body, task, list); });
  make("h3", { textContent: "Questions that flipped" }, place);
  flipsShow(place, list);
}
