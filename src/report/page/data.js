// data: the variants, their scores by task and their answers by question, as dashboard.c wrote them.
// A row is an object with a value (or null) a column; rows of `scores` say their variant and task.

var data = null;

function rowsOf(table) {
  return table.rows.map(function (values) {
    var row = {};
    table.columns.forEach(function (c, i) { row[c.name] = values[i]; });
    return row;
  });
}

// row id -> text of the id, which stays the same when the study grows
function variantKey(v) { return [v.model, v.level].concat(v.adapter || [], v.settings || []).join("|"); }

function dataRead(text) {
  var raw = JSON.parse(text);
  var variants = rowsOf(raw.variants), byTask = {};
  variants.forEach(function (v, i) {
    v.index = i;
    v.key = variantKey(v);
  });
  rowsOf(raw.scores).forEach(function (s) {
    (byTask[s.task] = byTask[s.task] || [])[s.variant] = s;
  });
  data = {
    raw: raw, variants: variants, columns: raw.variants.columns, scoreColumns: raw.scores.columns,
    byTask: byTask, tasks: Object.keys(byTask), isSynthetic: raw.synthetic, margin: raw.margin_pct,
    items: {},
  };
  raw.items.forEach(function (t) { data.items[t.task] = t; });
}

// A variant as the table shows it: with a task chosen, the task's figures stand in the columns of the composite.
function variantFor(v, task) {
  if (!task) return v;
  var s = (data.byTask[task] || [])[v.index], row = Object.assign({}, v);
  data.scoreColumns.forEach(function (c) {
    if (c.name !== "variant" && c.name !== "task") row[c.name] = s ? s[c.name] : null;
  });
  return row;
}

function distinct(name) {
  var seen = [];
  data.variants.forEach(function (v) { if (v[name] && seen.indexOf(v[name]) < 0) seen.push(v[name]); });
  return seen;
}

function formatNumber(v, decimals) {
  if (!isNumber(v)) return "\u2013";
  return decimals < 0 ? String(v) : v.toFixed(decimals);
}

function columnOf(name) { return data.columns.find(function (c) { return c.name === name; }); }

// "x_lo_pct" for "x_pct", "_lo": the ends of an interval stand before the unit
function besideName(name, infix) {
  var at = name.lastIndexOf("_");
  return [name + infix, name.slice(0, at) + infix + name.slice(at)].find(function (n) { return columnOf(n); });
}

function isInterval(name) {
  return data.columns.some(function (c) {
    return c.name !== name && (besideName(c.name, "_lo") === name || besideName(c.name, "_hi") === name);
  });
}

// ---- answers: a bit a question, or a byte for scores between 0 and 1; 255: not asked ----

function bytesOf(base64) {
  var text = atob(base64), bytes = new Uint8Array(text.length);
  for (var i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

// 1 right, 0 wrong, 255 not asked, for each question of the task; null: the variant has not run it
function answersOf(task, index) {
  var t = data.items[task];
  if (!t || !t.right[index]) return null;
  t.cache = t.cache || {};
  if (t.cache[index]) return t.cache[index];
  var bits = bytesOf(t.right[index]), asked = t.asked[index] ? bytesOf(t.asked[index]) : null;
  var out = new Uint8Array(t.n);
  for (var i = 0; i < t.n; i++)
    out[i] = asked && !(asked[i >> 3] >> (i & 7) & 1) ? 255 : bits[i >> 3] >> (i & 7) & 1;
  return (t.cache[index] = out);
}

// "anatomy 12" for the part of a task and the document's number in it; without documents they count from its start
function documentName(task, i) {
  var t = data.items[task], leaf = t.leaves.filter(function (l) { return l.at <= i; }).pop();
  return (t.leaves.length > 1 ? leaf.name + " " : "") + (t.documents ? t.documents[i] : i - leaf.at);
}

// What a question asks, or ""
function questionText(task, i) { return data.items[task].questions[i] || ""; }
