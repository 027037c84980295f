/*
 * adapter: a LoRA adapter as settings, study files and results name it: FILE or FILE:SCALE.
 *
 *   struct adapter a;
 *   if (adapter_parse(&a, &arena, "maths.gguf:0.5", "--adapter", err) < 0)
 *
 * name   what tables show: the file's name without its end, unless a study file gives another
 * scale  what the adapter's product is multiplied by, kept as the engine has it, in 32 bits; 1 unless given
 * A file whose name ends in a colon and a number is meant when it is there.
 *
 * Errors  ERR_USAGE "WHERE: ..." a scale that is no number; a missing file is no error here
 * Owns    texts in the arena        Tests  unit/test_adapter.c
 */
#ifndef PERBIT_STUDY_ADAPTER_H
#define PERBIT_STUDY_ADAPTER_H

#include "base/arena.h"
#include "base/err.h"

struct adapter {
    const char *name;
    const char *path; /* NULL: no adapter */
    double scale;
};

int adapter_parse(struct adapter *out, struct arena *a, const char *text, const char *where, struct err *err);
/* A number as a scale; ERR_USAGE. */
int adapter_scale(double *out, const char *text, const char *where, struct err *err);
/* "0.5": the shortest text that is this scale, in a. */
const char *adapter_scale_text(struct arena *a, double scale);
/* "maths", or "maths:0.5" when the scale is not 1. */
const char *adapter_label(struct arena *a, const char *name, double scale);

#endif
