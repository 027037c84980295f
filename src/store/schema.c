#include "store/schema.h"

/* made of *.sql by perbit_embed() in CMakeLists.txt; a NUL follows each text */
extern const unsigned char schema_sql[], tasks_sql[], texts_sql[], adapters_sql[];

const char *store_migration(int version)
{
    const unsigned char *const texts[] = { schema_sql, tasks_sql, texts_sql, adapters_sql };
    _Static_assert(sizeof texts / sizeof texts[0] == STORE_VERSION, "a text for every version");
    return (const char *)texts[version];
}
