// plain: the tables that are in the HTML learn to sort, filter and save.

function plainValue(row, i) {
  var cell = row.cells[i];
  return cell.classList.contains("missing") ? null
    : cell.classList.contains("num") ? Number(cell.dataset.v) : cell.dataset.v;
}

// A missing value is last in both directions; equal values keep their order.
function compareValues(x, y, isDown) {
  var isX = x === null || x === undefined, isY = y === null || y === undefined;
  if (isX || isY) return isX - isY;
  var order = typeof x === "number" ? x - y : String(x).localeCompare(String(y), "en", { numeric: true });
  return isDown ? -order : order;
}

function plainSort(table, i, isDown) {
  var body = table.tBodies[0];
  Array.from(body.rows).sort(function (a, b) {
    return compareValues(plainValue(a, i), plainValue(b, i), isDown);
  }).forEach(function (row) { body.appendChild(row); });
}

function plainSorting(table) {
  var heads = Array.from(table.tHead.rows[0].cells);
  heads.forEach(function (head, i) {
    var button = make("button", { type: "button", title: "Sort by this column" });
    button.append.apply(button, Array.from(head.childNodes));
    head.appendChild(button);
    button.addEventListener("click", function () {
      var isDown = head.getAttribute("aria-sort") === "ascending";
      heads.forEach(function (h) { h.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", isDown ? "descending" : "ascending");
      plainSort(table, i, isDown);
    });
  });
}

// "q4 ; q5" finds rows with either; "1b q4" rows with both.
function wordsOf(text) {
  return text.toLowerCase().split(";").map(function (c) { return c.split(/\s+/).filter(Boolean); })
    .filter(function (words) { return words.length; });
}

function wordsFind(choices, text) {
  return choices.length === 0 || choices.some(function (words) {
    return words.every(function (w) { return text.includes(w); });
  });
}

function plainFilter(table, text) {
  var choices = wordsOf(text);
  Array.from(table.tBodies[0].rows).forEach(function (row) {
    var shown = Array.from(row.cells, function (c) { return c.textContent; }).join(" ").toLowerCase();
    row.hidden = !wordsFind(choices, shown);
  });
}

function plainCsv(table) {
  var names = Array.from(table.tHead.rows[0].cells, function (h) { return h.dataset.name; });
  var rows = Array.from(table.tBodies[0].rows).filter(function (row) { return !row.hidden; })
    .map(function (row) { return Array.from(row.cells, function (c) { return c.dataset.v || ""; }); });
  return csvText(names, rows, table.caption.textContent.startsWith("SYNTHETIC"));
}

function plainTables() {
  document.querySelectorAll(".table[data-tools]").forEach(function (box) {
    var table = box.querySelector("table"), tools = make("div", { className: "tools" });
    box.prepend(tools);
    plainSorting(table);
    if (box.dataset.tools.includes("filter")) {
      var input = make("input", { type: "search", placeholder: "Filter rows: q4 ; q5" }, tools);
      mark(input, { "aria-label": "Filter rows; words must all occur, ; separates alternatives" });
      input.addEventListener("input", function () { plainFilter(table, input.value); });
    }
    make("button", { type: "button", textContent: "Save as CSV" }, tools)
      .addEventListener("click", function () { save(box.dataset.name + ".csv", plainCsv(table), "text/csv"); });
  });
}
