// state: what the reader chose. It lives in the address after #, so that a view can be kept and sent.
// A key that has its first value is not written.

var firstState = {
  sort: "score_pct", down: "1", task: "", q: "", model: "", family: "", level: "", ram: "", tps: "", cols: "", cmp: "",
  pair: "", reserve: "", budget: "8",
};
var state = Object.assign({}, firstState), stateListeners = [];

function stateRead() {
  var given = new URLSearchParams(location.hash.slice(1));
  Object.keys(firstState).forEach(function (key) {
    state[key] = given.has(key) ? given.get(key) : firstState[key];
  });
}

function stateHash() {
  var out = new URLSearchParams();
  Object.keys(firstState).forEach(function (key) { if (state[key] !== firstState[key]) out.set(key, state[key]); });
  return out.toString();
}

// Lists are texts with a newline between, so that no name needs an escape of its own.
function stateList(key) { return state[key] ? state[key].split("\n") : []; }

function stateSet(changes) {
  Object.assign(state, changes);
  var hash = stateHash();
  if (hash !== location.hash.slice(1)) history.replaceState(null, "", hash ? "#" + hash : location.pathname + location.search);
  stateTell(Object.keys(changes));
}

function stateTell(keys) { stateListeners.forEach(function (f) { f(keys); }); }

function stateListen(f) { stateListeners.push(f); }

// ---- what the filters let through ----

function isShown(v) {
  var models = stateList("model"), families = stateList("family"), levels = stateList("level");
  return (!models.length || models.includes(v.model)) && (!families.length || families.includes(v.family)) &&
    (!levels.length || levels.includes(v.level)) &&
    (state.ram === "" || isNumber(memoryOf(v)) && memoryOf(v) <= Number(state.ram)) &&
    (state.tps === "" || isNumber(v.gen_tps) && v.gen_tps >= Number(state.tps)) &&
    wordsFind(wordsOf(state.q), [v.model, v.family, v.level, v.adapter, v.settings].join(" ").toLowerCase());
}

// Peak memory, where it was measured; else the file alone, which is less than what is needed.
function memoryOf(v) { return isNumber(v.ram_gb) ? v.ram_gb : v.size_gb; }

function shownVariants() {
  return data.variants.filter(isShown).map(function (v) { return variantFor(v, state.task); });
}
