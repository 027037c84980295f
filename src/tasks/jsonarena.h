/* jsonarena: yyjson documents in an arena: nothing to free. */
#ifndef PERBIT_TASKS_JSONARENA_H
#define PERBIT_TASKS_JSONARENA_H

#include <yyjson.h>

#include "base/arena.h"

yyjson_alc jsonarena(struct arena *a);
/* A copy with its texts. */
yyjson_val *jsonarena_copy(struct arena *a, const yyjson_doc *doc);

#endif
