/*
 * svg: a Vega-Lite spec (JSON text) to SVG text, inside this process: Vega and Vega-Lite run in QuickJS.
 *
 *   struct buf svg = BUF_INIT;
 *   if (svg_render(&svg, spec.data, spec.len, NULL, &err) < 0) ...
 *
 * The same spec gives the same bytes on every machine: text is measured by textwidth.h, the random
 * numbers are fixed, and a spec that loads anything from outside is refused. Nothing a spec holds can
 * reach the file system or the network.
 *
 * Errors  ERR_FORMAT Vega or Vega-Lite refuses the spec (its message is passed on); ERR_RANGE the time
 *         or memory limit was reached. out is then unchanged
 * Owns    nothing after return     Threads  any, each call has its own runtime
 * Cost    about 0.2 s and 60 MB a call, most of it for loading Vega
 * Tests   unit/test_svg.c
 */
#ifndef PERBIT_REPORT_SVG_H
#define PERBIT_REPORT_SVG_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

struct svg_limits {
    double time_s;       /* 0: 60 */
    size_t memory_bytes; /* 0: 1 GiB */
    struct buf *notes;   /* warnings of Vega and Vega-Lite are appended, a line each; may be NULL */
};

/* Appends to out. limits may be NULL. */
int svg_render(struct buf *out, const char *spec, size_t spec_bytes, const struct svg_limits *limits,
               struct err *err);

#endif
