/*
 * hfconfig: config.json of a model's folder, and the values that stand there or follow from it.
 *
 * A key is looked up in text_config first (models that also see), then at the top, then among the defaults that the
 * family's configuration class in transformers has: the reference converter reads config.json through that class.
 * A null is as good as nothing, and no default takes its place.
 * Errors  ERR_FORMAT "DIR/config.json: 'KEY' ..."; ERR_UNSUPPORTED an architecture that is not in arch.c
 * Owns    *out until hfconfig_close; texts are borrowed from it
 * Source  transformers 4.57.6 configuration_*.py; conversion/base.py      Tests  unit/test_convertkeys.c
 */
#ifndef PERBIT_CONVERT_HFCONFIG_H
#define PERBIT_CONVERT_HFCONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"

struct arch;
struct hfconfig;

int hfconfig_open(struct hfconfig **out, const char *dir, struct err *err);
int hfconfig_open_file(struct hfconfig **out, const char *path, struct err *err); /* a config.json of any name */
void hfconfig_close(struct hfconfig *c); /* accepts NULL */

const struct arch *hfconfig_arch(const struct hfconfig *c);
const char *hfconfig_dir(const struct hfconfig *c);
yyjson_val *hfconfig_root(const struct hfconfig *c);
yyjson_val *hfconfig_text(const struct hfconfig *c); /* text_config, or NULL */

yyjson_val *hfconfig_get(const struct hfconfig *c, const char *key); /* NULL: not there, or null */
/*
 * A value of rope_parameters (rope_scaling in older files), of full attention where layers differ; rope_theta,
 * partial_rotary_factor and original_max_position_embeddings may stand at the top instead.
 */
yyjson_val *hfconfig_rope(const struct hfconfig *c, const char *key);
yyjson_val *hfconfig_rope_local(const struct hfconfig *c); /* rope_theta of sliding attention, or NULL */
const char *hfconfig_rope_type(const struct hfconfig *c);  /* NULL: none */

/* 1 and *out; 0: not there; -1: not a number that fits. head_dim and num_key_value_heads follow from others. */
int hfconfig_int(const struct hfconfig *c, const char *key, int64_t *out, struct err *err);
int hfconfig_num(const struct hfconfig *c, const char *key, double *out, struct err *err);
int hfconfig_need_int(const struct hfconfig *c, const char *key, int64_t *out, struct err *err); /* 0, -1 */

#endif
