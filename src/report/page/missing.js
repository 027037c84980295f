// missing: what is not there, in words, so that no hole in a table or chart is silent.

function missingLines() {
  var lines = [], bare = data.variants.filter(function (v) { return v.missing; });
  if (!data.tasks.length) lines.push("No task was run: there are no scores, verdicts, ranks or flips.");
  else if (!data.variants.some(function (v) { return isNumber(v.score_pct); }))
    lines.push("No variant has all tasks of a composite: choose a task above the table to see its scores.");
  if (!data.variants.some(function (v) { return isNumber(v.ram_gb); }))
    lines.push("Peak memory was not measured: the memory filter and the advice go by the size of the file, which is less.");
  if (!data.variants.some(function (v) { return isNumber(v.gen_tps); })) lines.push("Speed was not measured.");
  if (distinct("level").length === 1) lines.push("There is one level only: nothing can be compared with a base.");
  if (bare.length) lines.push(bare.length + " of " + data.variants.length + " variants are incomplete:");
  bare.forEach(function (v) { lines.push(variantName(v) + ": " + v.missing); });
  return data.raw.notes.concat(lines);
}

function missingShow(place) {
  var lines = missingLines();
  clear(place).hidden = lines.length === 0;
  if (!lines.length) return;
  var box = make("details", { open: lines.length <= 6 }, place);
  make("summary", { textContent: "What is missing (" + lines.length + ")" }, box);
  var list = make("ul", {}, box);
  lines.forEach(function (line) { make("li", { textContent: line }, list); });
}
