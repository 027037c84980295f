// main: what stands where, and what follows a change.

function dashboardShow() {
  filtersMake(document.getElementById("filters"));
  adviseMake(document.getElementById("advise"));
  missingShow(document.getElementById("missing"));
  tableShow();
  compareShow();
}

function dashboardFollow(keys) {
  var has = function (list) { return list.some(function (k) { return keys.includes(k); }); };
  filtersShow();
  if (has(["budget", "reserve", "tps"])) advise.show();
  if (has(["sort", "down", "task", "q", "model", "family", "level", "ram", "tps", "cols", "cmp"])) tableShow();
  if (has(["cmp", "pair"])) compareShow();
  if (has(["task"])) chartsRedraw();
  else if (has(["q", "model", "family", "level", "ram", "tps"])) chartsFilter();
}

function dashboardMake() {
  var source = document.getElementById("data");
  if (!source) return;
  dataRead(source.textContent);
  document.getElementById("dashboard").hidden = false;
  stateRead();
  dashboardShow();
  stateListen(dashboardFollow);
  window.addEventListener("hashchange", function () { stateRead(); dashboardFollow(Object.keys(firstState)); });
  ["csv", "json"].forEach(function (form) {
    document.getElementById("save-" + form).addEventListener("click", function () { saveView(form); });
  });
  liveWatch();
}

plainTables();
dashboardMake();
chartsMake();
