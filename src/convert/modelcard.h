/*
 * modelcard: the general.* keys: name, organization, size, license, base models, data sets, tags, languages from the
 * head of README.md, then from the model's id in config.json, then from the folder's name; sampling values from
 * generation_config.json.
 *
 * A folder of the hub's cache (models--ORG--NAME/snapshots/REVISION) counts as named NAME: the reference would make a
 * name of the revision. A head of README.md that is no YAML is left out with a word to sink; the reference stops.
 * Errors  ERR_IO       Source  gguf-py/gguf/metadata.py       Tests  unit/test_convertkeys.c, tests/convert
 */
#ifndef PERBIT_CONVERT_MODELCARD_H
#define PERBIT_CONVERT_MODELCARD_H

#include "convert/ggufout.h"
#include "convert/hfconfig.h"
#include "core/event.h"

/* n_params: of all tensors of the output. */
int modelcard_put(struct ggufout *g, const struct hfconfig *c, int64_t n_params, const struct sink *sink,
                  struct err *err);

/* "models--ORG--NAME/snapshots/x" is NAME, any other folder its own name; in a. */
const char *modelcard_dir_name(struct arena *a, const char *dir);

#endif
