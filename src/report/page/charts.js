// charts: pictures become interactive charts, those near the window first; they show what the filters let through.

var NARROW_PX = 480; // below this there is no room for the names of levels; the tooltip has them
var drawn = [];      // figures that were drawn: {figure, view, values}
var darkMode = window.matchMedia("(prefers-color-scheme: dark)");

function panelsOf(spec) { return spec.vconcat || spec.concat || [spec]; }

function withoutLabels(panel) {
  (panel.layer || []).forEach(function (group) {
    if (group.layer) group.layer = group.layer.filter(function (l) { return !/_labels_/.test(l.name || ""); });
  });
}

// Panels take the width that the page has: beside each other where a list has two columns and both fit.
function fitPanels(spec, room) {
  var columns = spec.concat ? (room < 640 ? 1 : room < 1150 ? 2 : 3) : 1;
  var panelPx = Math.max(200, Math.min(Math.floor(room / columns) - 95, spec.concat ? 420 : 860));
  if (spec.concat) spec.columns = columns;
  panelsOf(spec).forEach(function (panel) {
    if (typeof panel.width === "number") panel.width = panelPx;
    if (panelPx < NARROW_PX && !spec.concat || room < NARROW_PX) withoutLabels(panel);
    if (panel.width && panel.width.step && room < NARROW_PX) panel.width = { step: 22 };
  });
  return panelPx;
}

// Lines that do not fit above a narrow chart go into the caption.
function fit(spec, room, caption) {
  var panelPx = fitPanels(spec, room), legend = spec.config && spec.config.legend;
  if (legend && legend.columns)
    legend.columns = Math.max(1, Math.min(spec.concat ? 4 : legend.columns + 1, Math.floor(Math.min(room, 900) / 170)));
  caption.querySelectorAll(".lines").forEach(function (e) { e.remove(); });
  if (room < 640 && spec.title) {
    var lines = make("div", { className: "lines" });
    [].concat(spec.title.subtitle || []).forEach(function (line) { make("div", { textContent: line }, lines); });
    caption.prepend(lines);
    spec.title = { text: spec.title.text, anchor: "start", fontSize: 14 };
  }
  return panelPx;
}

function themed(spec) {
  var dark = document.getElementById("theme-dark");
  if (!dark || !darkMode.matches) return spec;
  var legend = spec.config.legend, config = JSON.parse(dark.textContent);
  config.legend.columns = legend.columns;
  spec.config = config;
  return spec;
}

// Of a chart with a panel a task, only the task that is chosen.
function taskPanel(spec) {
  if (!spec.concat || !state.task) return spec;
  var kept = spec.concat.filter(function (panel) { return panel.title.text === state.task; });
  if (kept.length) {
    spec.concat = kept;
    (spec.params || []).forEach(function (p) { if (p.views && p.views.length) p.views = [kept[0].name + "_points"]; });
  }
  return spec;
}

function shownRows(values) {
  if (!data) return values;
  var seen = {};
  data.variants.filter(isShown).forEach(function (v) { seen[v.model + "\n" + v.level] = true; });
  return values.filter(function (row) { return seen[row.model + "\n" + row.level]; });
}

function draw(figure) {
  var place = figure.querySelector(".chart"), caption = figure.querySelector("figcaption");
  var spec = taskPanel(themed(JSON.parse(figure.querySelector(".spec").textContent)));
  var values = spec.data.values, fresh = document.createElement("div");
  spec.data.values = shownRows(values);
  fit(spec, place.clientWidth, caption);
  place.appendChild(fresh);
  figure.dataset.state = figure.dataset.state || "drawing";
  return vegaEmbed(fresh, spec, {
    renderer: "svg", logLevel: vega.Error, // an empty view is no news
    actions: { export: { svg: true, png: true }, source: false, compiled: false, editor: false },
  }).then(function (result) {
    Array.from(place.children).forEach(function (c) { if (c !== fresh) c.remove(); });
    caption.hidden = false;
    figure.dataset.state = "interactive";
    figure.dataset.drawnMs = Math.round(performance.now());
    drawn = drawn.filter(function (d) { return d.figure !== figure; });
    drawn.push({ figure: figure, view: result.view, values: values });
    return result;
  }, function (why) { // the picture stays
    fresh.remove();
    figure.dataset.state = "picture";
    console.error(why);
  });
}

function chartsFilter() {
  drawn.forEach(function (d) { d.view.data("results", shownRows(d.values)).runAsync(); });
}

function chartsRedraw() { drawn.slice().forEach(function (d) { draw(d.figure); }); }

function chartsMake() {
  if (typeof vegaEmbed !== "function") return;
  var figures = Array.from(document.querySelectorAll("figure")).filter(function (f) { return f.querySelector(".spec"); });
  var watch = new IntersectionObserver(function (entries) {
    entries.forEach(function (entry) {
      if (!entry.isIntersecting || entry.target.dataset.state) return;
      watch.unobserve(entry.target);
      draw(entry.target);
    });
  }, { rootMargin: "600px" });
  figures.forEach(function (f) { watch.observe(f); });
  // the others one after the other while the reader looks at the first, so that scrolling does not wait for them
  var later = function () {
    var next = figures.find(function (f) { return !f.dataset.state; });
    if (next) draw(next).then(function () { setTimeout(later, 50); });
  };
  setTimeout(later, 500);
  window.addEventListener("beforeprint", function () {
    figures.forEach(function (f) { if (!f.dataset.state) draw(f); });
  });
  darkMode.addEventListener("change", chartsRedraw);
  var width = window.innerWidth, timer = 0;
  window.addEventListener("resize", function () {
    if (window.innerWidth === width) return;
    width = window.innerWidth;
    clearTimeout(timer);
    timer = setTimeout(chartsRedraw, 200);
  });
}
