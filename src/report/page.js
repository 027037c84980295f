// The page works without this: tables and pictures are in the HTML. Here tables learn to sort, filter
// and save, and pictures become interactive charts.
(function () {
  "use strict";

  function make(tag, properties, parent) {
    var e = Object.assign(document.createElement(tag), properties);
    if (parent) parent.appendChild(e);
    return e;
  }

  // ---- tables ----

  function valueOf(row, i) {
    var cell = row.cells[i];
    return cell.classList.contains("missing") ? null
      : cell.classList.contains("num") ? Number(cell.dataset.v) : cell.dataset.v;
  }

  // A missing value is last in both directions; equal values keep their order.
  function sortBy(table, i, isDown) {
    var body = table.tBodies[0];
    var compare = function (a, b) {
      var x = valueOf(a, i), y = valueOf(b, i);
      if (x === null || y === null) return (x === null) - (y === null);
      var order = typeof x === "number" ? x - y : x.localeCompare(y, "en", { numeric: true });
      return isDown ? -order : order;
    };
    Array.from(body.rows).sort(compare).forEach(function (row) { body.appendChild(row); });
  }

  function addSorting(table) {
    var heads = Array.from(table.tHead.rows[0].cells);
    heads.forEach(function (head, i) {
      var button = make("button", { type: "button", title: "Sort by this column" });
      button.append.apply(button, Array.from(head.childNodes));
      head.appendChild(button);
      button.addEventListener("click", function () {
        var isDown = head.getAttribute("aria-sort") === "ascending";
        heads.forEach(function (h) { h.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", isDown ? "descending" : "ascending");
        sortBy(table, i, isDown);
      });
    });
  }

  // "q4 ; q5" shows rows with either; "1b q4" rows with both.
  function filterRows(table, text) {
    var choices = text.toLowerCase().split(";").map(function (c) { return c.split(/\s+/).filter(Boolean); })
      .filter(function (words) { return words.length; });
    Array.from(table.tBodies[0].rows).forEach(function (row) {
      var shown = Array.from(row.cells, function (c) { return c.textContent; }).join(" ").toLowerCase();
      row.hidden = choices.length > 0 && !choices.some(function (words) {
        return words.every(function (w) { return shown.includes(w); });
      });
    });
  }

  function csvField(v) {
    return /[",\r\n]/.test(v) ? '"' + v.replace(/"/g, '""') + '"' : v;
  }

  function csvOf(table) {
    var isSynthetic = table.caption.textContent.startsWith("SYNTHETIC");
    var lines = [Array.from(table.tHead.rows[0].cells, function (h) { return csvField(h.dataset.name); })];
    Array.from(table.tBodies[0].rows).forEach(function (row) {
      if (!row.hidden) lines.push(Array.from(row.cells, function (c) { return csvField(c.dataset.v || ""); }));
    });
    return lines.map(function (line, i) {
      return (isSynthetic ? [i ? "SYNTHETIC" : "data"].concat(line) : line).join(",") + "\r\n";
    }).join("");
  }

  function save(name, text) {
    var url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    make("a", { href: url, download: name }).click();
    setTimeout(function () { URL.revokeObjectURL(url); }, 1000);
  }

  document.querySelectorAll(".table").forEach(function (box) {
    var table = box.querySelector("table"), tools = make("div", { className: "tools" });
    box.prepend(tools);
    addSorting(table);
    if (box.dataset.tools.includes("filter")) {
      var input = make("input", { type: "search", placeholder: "Filter rows: q4 ; q5" }, tools);
      input.setAttribute("aria-label", "Filter rows; words must all occur, ; separates alternatives");
      input.addEventListener("input", function () { filterRows(table, input.value); });
    }
    make("button", { type: "button", textContent: "Save as CSV" }, tools)
      .addEventListener("click", function () { save(box.dataset.name + ".csv", csvOf(table)); });
  });

  // ---- charts ----

  var NARROW_PX = 480; // below this there is no room for the names of levels; the tooltip has them

  // The specs are drawn 550 px wide; here the panels take the width that the page has. Lines that do not
  // fit above a narrow chart go into the caption.
  function fit(spec, room, caption) {
    var panelPx = Math.max(220, Math.min(room - 90, 780));
    (spec.vconcat || [spec]).forEach(function (panel) {
      panel.width = panelPx;
      (panel.layer || []).forEach(function (group) {
        if (panelPx < NARROW_PX && group.layer)
          group.layer = group.layer.filter(function (l) { return !/_labels_/.test(l.name || ""); });
      });
    });
    var legend = spec.config && spec.config.legend;
    if (legend && legend.columns)
      legend.columns = Math.max(1, Math.min(legend.columns, Math.floor(panelPx / 150)));
    if (panelPx < NARROW_PX && spec.title) {
      [].concat(spec.title.subtitle || []).reverse().forEach(function (line) {
        caption.prepend(make("div", { textContent: line }));
      });
      spec.title = { text: spec.title.text, anchor: "start", fontSize: 14 };
    }
    return spec;
  }

  function draw(figure) {
    var place = figure.querySelector(".chart"), caption = figure.querySelector("figcaption");
    var spec = JSON.parse(figure.querySelector(".spec").textContent);
    var fresh = document.createElement("div");
    place.appendChild(fresh);
    return vegaEmbed(fresh, fit(spec, place.clientWidth, caption), {
      renderer: "svg",
      actions: { export: { svg: true, png: true }, source: false, compiled: false, editor: false },
    }).then(function (result) {
      Array.from(place.children).forEach(function (c) { if (c !== fresh) c.remove(); });
      caption.hidden = false;
      figure.dataset.state = "interactive";
      return result;
    }, function (why) { // the picture stays
      fresh.remove();
      figure.dataset.state = "picture";
      console.error(why);
    });
  }

  document.querySelectorAll("figure").forEach(function (figure) {
    if (figure.querySelector(".spec") && typeof vegaEmbed === "function") draw(figure);
  });
})();
