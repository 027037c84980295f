// filters: what the reader narrows the variants by. Each control shows and sets one key of the state.

var controls = []; // functions that bring a control up to the state

function field(parent, label, control, note) {
  var box = make("label", { className: "field" }, parent);
  make("span", { textContent: label }, box);
  var line = make("span", { className: "line" }, box);
  line.appendChild(control);
  if (note) line.appendChild(note);
  return control;
}

// A list of boxes to tick that folds away; none ticked means all.
function tickList(parent, key, label, names) {
  var box = make("details", { className: "ticks" }, parent);
  var head = make("summary", {}, box), list = mark(make("div", { className: "list" }, box), { role: "group", "aria-label": label });
  var inputs = names.map(function (name) {
    var line = make("label", {}, list), input = make("input", { type: "checkbox", value: name }, line);
    line.append(name);
    input.addEventListener("change", function () {
      var chosen = inputs.filter(function (i) { return i.checked; });
      stateSet(Object.fromEntries([[key, chosen.length === names.length ? "" : chosen.map(function (i) { return i.value; }).join("\n")]]));
    });
    return input;
  });
  var all = make("button", { type: "button", textContent: "Show all" }, list);
  all.addEventListener("click", function () { stateSet(Object.fromEntries([[key, ""]])); });
  box.addEventListener("keydown", function (event) {
    if (event.key === "Escape") { box.open = false; head.focus(); }
  });
  controls.push(function () {
    var chosen = stateList(key);
    inputs.forEach(function (i) { i.checked = chosen.includes(i.value); });
    head.textContent = label + ": " + (chosen.length === 0 ? "all" : chosen.length === 1 ? chosen[0] : chosen.length + " of " + names.length);
  });
  box.dataset.key = key;
}

function choice(parent, key, label, options) {
  var select = make("select", {});
  options.forEach(function (o) { make("option", { value: o[0], textContent: o[1] }, select); });
  select.addEventListener("change", function () { stateSet(Object.fromEntries([[key, select.value]])); });
  controls.push(function () { select.value = state[key]; });
  return field(parent, label, select);
}

// A slider from nothing to all that the variants need; at its right end it lets everything through.
function memorySlider(parent) {
  var needs = data.variants.map(memoryOf).filter(isNumber);
  if (!needs.length) return;
  var most = Math.ceil(Math.max.apply(null, needs) * 10) / 10, step = most > 4 ? 0.1 : most > 0.4 ? 0.01 : 0.001;
  var input = make("input", { type: "range", min: 0, max: most, step: step }), shown = make("output", {});
  input.addEventListener("input", function () {
    stateSet({ ram: Number(input.value) >= most ? "" : input.value });
  });
  controls.push(function () {
    input.value = state.ram === "" ? most : state.ram;
    shown.textContent = state.ram === "" ? "any" : "up to " + state.ram + " GB";
    mark(input, { "aria-valuetext": shown.textContent });
  });
  field(parent, "Memory", input, shown);
}

function numberBox(parent, key, label, unit, least) {
  var input = make("input", { type: "number", min: least, step: "any", placeholder: "any", inputMode: "decimal" });
  input.addEventListener("input", function () { stateSet(Object.fromEntries([[key, input.value]])); });
  controls.push(function () { if (input.value !== state[key]) input.value = state[key]; });
  field(parent, label, input, make("span", { className: "unit", textContent: unit }));
}

function searchBox(parent) {
  var input = make("input", { type: "search", placeholder: "q4 ; 1b q8" });
  input.title = "Words must all occur; ; separates alternatives";
  input.addEventListener("input", function () { stateSet({ q: input.value }); });
  controls.push(function () { if (input.value !== state.q) input.value = state.q; });
  field(parent, "Find", input);
}

function columnPicker(parent) {
  var names = tableColumns().map(function (c) { return c.name; });
  var box = make("details", { className: "ticks" }, parent);
  make("summary", { textContent: "Columns" }, box);
  var list = mark(make("div", { className: "list" }, box), { role: "group", "aria-label": "Columns" });
  var inputs = tableColumns().map(function (c) {
    var line = make("label", {}, list), input = make("input", { type: "checkbox", value: c.name }, line);
    line.append(c.label + (c.unit ? " (" + c.unit + ")" : ""));
    input.addEventListener("change", function () {
      var chosen = inputs.filter(function (i) { return i.checked; }).map(function (i) { return i.value; });
      stateSet({ cols: chosen.join("\n") === firstColumns().join("\n") ? "" : chosen.join("\n") });
    });
    return input;
  });
  var again = make("button", { type: "button", textContent: "The first choice" }, list);
  again.addEventListener("click", function () { stateSet({ cols: "" }); });
  controls.push(function () {
    var chosen = chosenColumns();
    inputs.forEach(function (i) { i.checked = chosen.includes(i.value); });
  });
  box.dataset.key = "cols";
  return names;
}

function filtersMake(place) {
  controls = [];
  var form = mark(make("form", { className: "filters" }, clear(place)), { role: "search", "aria-label": "Filter the variants" });
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  searchBox(form);
  choice(form, "task", "Score of", [["", "all tasks (composite)"]].concat(data.tasks.map(function (t) { return [t, t]; })));
  tickList(form, "model", "Model", distinct("model"));
  if (distinct("family").length > 1) tickList(form, "family", "Family", distinct("family"));
  tickList(form, "level", "Level", distinct("level"));
  memorySlider(form);
  numberBox(form, "tps", "At least", "tokens/s", 0);
  columnPicker(form);
  var reset = make("button", { type: "button", textContent: "Reset" }, form);
  reset.addEventListener("click", function () { stateSet(Object.assign({}, firstState)); });
  filtersShow();
}

function filtersShow() { controls.forEach(function (f) { f(); }); }
