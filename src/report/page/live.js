// live: a page of `perbit serve` asks for a new version every few seconds and takes the new numbers in.

function liveTake(fresh) {
  dataRead(JSON.stringify(fresh.data));
  var known = {}, isNew = false;
  document.querySelectorAll("figure[data-chart]").forEach(function (f) { known[f.dataset.chart] = f; });
  Object.keys(fresh.charts).forEach(function (name) {
    if (known[name]) known[name].querySelector(".spec").textContent = JSON.stringify(fresh.charts[name]);
    else isNew = true;
  });
  dashboardShow();
  chartsRedraw();
  var note = document.getElementById("live");
  clear(note).append("Live: new numbers at " + new Date().toLocaleTimeString() + ". ");
  if (isNew) make("a", { href: location.href, textContent: "There are new charts: load the page again." }, note)
    .addEventListener("click", function (event) { event.preventDefault(); location.reload(); });
}

function liveWatch() {
  var note = document.getElementById("live");
  if (!note) return;
  var version = note.dataset.version;
  var ask = function () {
    fetch("version").then(function (r) { return r.text(); }).then(function (now) {
      if (now === version) return null;
      return fetch("data.json").then(function (r) { if (!r.ok) throw new Error(r.status); return r.json(); }).then(function (fresh) {
        version = now;
        liveTake(fresh);
      });
    }).catch(function () { note.textContent = "The server does not answer; the numbers are those of the last answer."; })
      .then(function () { setTimeout(ask, 2000); });
  };
  setTimeout(ask, 2000);
}
