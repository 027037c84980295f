// stats: what two variants' answers to the same questions say; the formulas of src/stats/paired.c and flips.c.

var Z95 = 1.959963984540054;

// log of n! by sums up to what is asked, kept
var logFactorials = [0];
function logFactorial(n) {
  for (var i = logFactorials.length; i <= n; i++) logFactorials[i] = logFactorials[i - 1] + Math.log(i);
  return logFactorials[n];
}

// McNemar's exact test: lost and gained are equally likely
function mcnemar(lost, gained) {
  var n = lost + gained, least = Math.min(lost, gained), sum = 0;
  if (n === 0) return 1;
  for (var k = 0; k <= least; k++)
    sum += Math.exp(logFactorial(n) - logFactorial(k) - logFactorial(n - k) - n * Math.LN2);
  return Math.min(1, 2 * sum);
}

// Bonett and Price: interval of gained / n - lost / n
function pairedInterval(lost, gained, n) {
  var p1 = (gained + 1) / (n + 2), p2 = (lost + 1) / (n + 2), d = p1 - p2;
  var half = Z95 * Math.sqrt(Math.max(0, p1 + p2 - d * d) / (n + 2));
  return { lo: Math.max(-1, d - half), hi: Math.min(1, d + half) };
}

// What changed from a to b: counts, and the numbers of the questions.
function flipsOf(a, b) {
  var out = { n: 0, both: 0, neither: 0, lost: [], gained: [] };
  for (var i = 0; i < a.length; i++) {
    if (a[i] === 255 || b[i] === 255) continue;
    out.n++;
    if (a[i] === b[i]) a[i] ? out.both++ : out.neither++;
    else (a[i] ? out.lost : out.gained).push(i);
  }
  return out;
}

function verdictOf(lo, hi, margin) {
  return !isNumber(lo) || !isNumber(hi) ? "undecided"
    : lo >= -margin && hi <= margin ? "same" : hi < -margin ? "worse" : lo > margin ? "better" : "undecided";
}
