/*
 * synthetic: models of real shapes with random weights, for speed and memory before anything is loaded (perbit preview).
 *
 * In a study such a model has the path "preview:FILE", FILE a config.json (convert/shape.h) or a GGUF file whose shape counts.
 * Its levels are made (engine/madeup.h) where others are quantized; there is no source file. Everything measured of it is
 * marked: the name ends in " (synthetic weights)", its file has the key MODELFILE_MARK, models, variants and tables say so.
 * Cells of quality are refused (runner.c), whether the file was made for a preview or is one that was kept.
 *
 * synthetic_inspect and synthetic_make run in a worker.
 * Errors  those of convert/shape.h and engine/madeup.h
 * Tests   cli/preview.sh, model/preview.sh
 */
#ifndef PERBIT_STUDY_SYNTHETIC_H
#define PERBIT_STUDY_SYNTHETIC_H

#include "base/sha256.h"
#include "core/event.h"
#include "core/modelfile.h"

bool synthetic_is(const char *path);                              /* "preview:FILE" */
const char *synthetic_path(struct arena *a, const char *file);
const char *synthetic_name(struct arena *a, const char *name);    /* with the mark at its end */
/* Of FILE, and never that of a model whose weights are FILE's. */
int synthetic_sha256(char out[SHA256_HEX_BYTES], const char *path, struct err *err);
/* What its file at a level will say of itself; level NULL: BF16 without a label, what stands for the source. */
int synthetic_inspect(struct modelfile *out, struct arena *a, const char *path, const char *level, struct err *err);
int synthetic_make(const char *path, const char *out, const char *level, const struct sink *sink, struct err *err);

extern const char synthetic_refusal[]; /* why there are no cells of quality */

#endif
