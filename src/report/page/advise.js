// advise: which variant for so much memory. The best is the one with the highest low end of its interval: what can be
// counted on. Others whose interval reaches it are named, since the numbers do not tell them apart.

function adviceFor(budget, leastTps) {
  var fit = data.variants.filter(function (v) {
    return isNumber(v.score_lo_pct) && isNumber(memoryOf(v)) && memoryOf(v) <= budget &&
      (!leastTps || isNumber(v.gen_tps) && v.gen_tps >= leastTps);
  });
  fit.sort(function (a, b) { return b.score_lo_pct - a.score_lo_pct || memoryOf(a) - memoryOf(b); });
  return { best: fit[0], others: fit.slice(1).filter(function (v) { return v.score_hi_pct >= fit[0].score_pct; }), n: fit.length };
}

// Machines are sold in GiB, files measured in GB. A quarter of the machine, at least 1 GiB, is kept, as perbit recommend has it;
// or what the reader says.
function leftFor(gib) {
  return 1.073741824 * (gib - (state.reserve === "" ? Math.max(1, gib / 4) : Number(state.reserve) || 0));
}

function adviceText(v) {
  return variantName(v) + ": score " + formatNumber(v.score_pct, 1) + " (" + formatNumber(v.score_lo_pct, 1) + " to " +
    formatNumber(v.score_hi_pct, 1) + "), " + formatNumber(memoryOf(v), 2) + " GB " + (isNumber(v.ram_gb) ? "peak memory" : "file, memory not measured") +
    (isNumber(v.gen_tps) ? ", " + formatNumber(v.gen_tps, 1) + " tokens/s" : "");
}

function adviceCard(parent, title, budget) {
  var card = make("div", { className: "card" }, parent), advice = adviceFor(budget, Number(state.tps));
  make("h3", { textContent: title }, card);
  make("p", { className: "small", textContent: formatNumber(Math.max(0, budget), 1) + " GB left for the model" +
    (state.tps ? ", at least " + state.tps + " tokens/s" : "") }, card);
  if (!advice.best) return make("p", { className: "none", textContent: "No measured variant fits." }, card);
  var p = make("p", {}, card);
  make("strong", { textContent: variantName(advice.best) }, p);
  p.append(adviceText(advice.best).slice(variantName(advice.best).length));
  if (!advice.others.length) return;
  var more = make("details", {}, card);
  make("summary", { textContent: advice.others.length + " more not told apart from it" }, more);
  var list = make("ul", {}, more);
  advice.others.slice(0, 12).forEach(function (v) { make("li", { textContent: adviceText(v) }, list); });
}

function adviseMake(place) {
  clear(place);
  var hasScore = data.variants.some(function (v) { return isNumber(v.score_lo_pct); });
  var hasSize = data.variants.some(function (v) { return isNumber(memoryOf(v)); });
  if (!hasScore || !hasSize) {
    make("p", { className: "none", textContent: "No advice: " + (hasScore ? "neither memory nor file size" : "no composite score") + " was measured." }, place);
    return;
  }
  var form = make("div", { className: "filters" }, place), cards = make("div", { className: "cards" }, place);
  mark(cards, { "aria-live": "polite" });
  var slide = make("input", { type: "range", min: 1, max: 32, step: 0.5 }), shown = make("output", {});
  slide.addEventListener("input", function () { stateSet({ budget: slide.value }); });
  field(form, "Your machine's memory", slide, shown).id = "advise-budget";
  numberBoxOf(form, "reserve", "Kept for everything else", "GiB");
  var show = function () {
    slide.value = state.budget;
    shown.textContent = state.budget + " GiB";
    clear(cards);
    [4, 8, 16].forEach(function (gib) { adviceCard(cards, gib + " GiB machine", leftFor(gib)); });
    if (![4, 8, 16].includes(Number(state.budget))) adviceCard(cards, state.budget + " GiB machine", leftFor(Number(state.budget)));
  };
  advise.show = show;
  show();
}

function numberBoxOf(form, key, label, unit) {
  var input = make("input", { type: "number", min: 0, step: 0.5, value: state[key], placeholder: "a quarter" });
  input.addEventListener("input", function () { stateSet(Object.fromEntries([[key, input.value]])); });
  controls.push(function () { if (input.value !== state[key]) input.value = state[key]; });
  field(form, label, input, make("span", { className: "unit", textContent: unit }));
}

var advise = { show: function () {} };
