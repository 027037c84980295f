// What Vega needs around it when it runs inside perbit (svg.c), without a browser.
// svg.c provides perbitTextWidth(text, fontPx, isBold) and perbitNote(text), and calls perbitRender.
var self = globalThis;
var window = undefined;
Math.random = function () { return 0.5; };
globalThis.console = {};
["log", "info", "debug", "warn", "error"].forEach(function (name) { console[name] = perbitNote; });
globalThis.setTimeout = function (f) { Promise.resolve().then(f); return 0; };
globalThis.clearTimeout = function () {};
globalThis.structuredClone = function (v) { return v === undefined ? v : JSON.parse(JSON.stringify(v)); };

// Returns a promise of the SVG text. Every warning of Vega and Vega-Lite goes to perbitNote.
function perbitRender(specText) {
  var logger = vega.logger(vega.Warn);
  logger.warn = logger.error = function () {
    perbitNote(Array.prototype.map.call(arguments, String).join(" "));
    return logger;
  };
  vega.textMetrics.width = function (item, text) {
    var px = item.fontSize != null ? +item.fontSize || 0 : 11;
    var weight = item.fontWeight;
    return text == null ? 0 : perbitTextWidth(String(text).trim(), px, weight === "bold" || weight >= 600);
  };
  vega.setRandom(vega.randomLCG(1));
  var refuse = function (uri) {
    return Promise.reject(new Error("a chart may not load '" + uri + "': data must be inside the spec"));
  };
  var failed = [];
  var loader = {
    load: refuse, sanitize: refuse, file: refuse, http: refuse,
  };
  var spec = vegaLite.compile(JSON.parse(specText), { logger: logger }).spec;
  (spec.data || []).forEach(function (d) { if (d.url) failed.push(d.url); });
  if (failed.length) return refuse(failed[0]);
  return new vega.View(vega.parse(spec), { renderer: "none", loader: loader, logger: logger }).toSVG();
}
