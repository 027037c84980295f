/*
 * raster: SVG text to PNG or PDF, by librsvg and cairo.
 *
 * scale      PNG: device pixels a CSS pixel (2 = sharp on most screens). The PDF is vectors, 1 px = 0.75 pt
 * Errors  ERR_FORMAT not an SVG; ERR_RANGE larger than RASTER_MAX_PX on a side. out is then unchanged
 * Owns    nothing after return     Tests  unit/test_svg.c
 */
#ifndef PERBIT_REPORT_RASTER_H
#define PERBIT_REPORT_RASTER_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

enum { RASTER_MAX_PX = 20000 };

int raster_png(struct buf *out, const char *svg, size_t svg_bytes, double scale, struct err *err);
/* title and created ("2026-11-24T08:00:00Z") go into the file's properties; NULL: none, and 1970. */
int raster_pdf(struct buf *out, const char *svg, size_t svg_bytes, const char *title,
               const char *created, struct err *err);

#endif
