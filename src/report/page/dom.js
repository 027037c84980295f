// dom: making elements, and saving files. Every file of this folder runs inside one function: see ../html.c.

function make(tag, properties, parent) {
  var e = Object.assign(document.createElement(tag), properties);
  if (parent) parent.appendChild(e);
  return e;
}

// attributes that are no properties: aria-label, role, scope
function mark(e, attributes) {
  Object.keys(attributes).forEach(function (name) { e.setAttribute(name, attributes[name]); });
  return e;
}

function clear(e) {
  e.textContent = "";
  return e;
}

function isNumber(v) { return typeof v === "number" && isFinite(v); }

function csvField(v) {
  v = v === null || v === undefined ? "" : String(v);
  return /[",\r\n]/.test(v) ? '"' + v.replace(/"/g, '""') + '"' : v;
}

// A synthetic table says so in a first column, as perbit's own CSV does.
function csvText(names, rows, isSynthetic) {
  return [names].concat(rows).map(function (line, i) {
    return (isSynthetic ? [i ? "SYNTHETIC" : "data"].concat(line) : line).map(csvField).join(",") + "\r\n";
  }).join("");
}

function save(name, text, type) {
  var url = URL.createObjectURL(new Blob([text], { type: type }));
  make("a", { href: url, download: name }).click();
  setTimeout(function () { URL.revokeObjectURL(url); }, 1000);
}
