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

// Returns a promise of the SVG text. Warnings of Vega and Vega-Lite go to perbitNote. Vega only logs what
// goes wrong while data flow and draws the rest: here the first such error is the result.
function perbitRender(specText) {
  var errors = [];
  var logger = vega.logger(vega.Warn);
  var join = function (args) {
    return Array.prototype.map.call(args, function (a) { return a && a.message ? a.message : String(a); }).join(" ");
  };
  logger.warn = function () { perbitNote(join(arguments)); return logger; };
  logger.error = function () { errors.push(join(arguments)); return logger; };

  vega.textMetrics.width = function (item, text) {
    var px = item.fontSize != null ? +item.fontSize || 0 : 11;
    var weight = item.fontWeight;
    return text == null ? 0 : perbitTextWidth(String(text).trim(), px, weight === "bold" || weight >= 600);
  };
  vega.setRandom(vega.randomLCG(1));

  var refuse = function (uri) {
    return Promise.reject(new Error("a chart may not load '" + uri + "': its data must be inside the spec"));
  };
  var loader = { load: refuse, sanitize: refuse, file: refuse, http: refuse };
  var spec = vegaLite.compile(JSON.parse(specText), { logger: logger }).spec;
  var outside = (spec.data || []).filter(function (d) { return d.url; });
  if (outside.length) return refuse(outside[0].url);
  return new vega.View(vega.parse(spec), { renderer: "none", loader: loader, logger: logger }).toSVG()
    .then(function (svg) {
      if (errors.length) throw new Error(errors[0]);
      return svg;
    });
}
