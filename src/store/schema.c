#include "store/schema.h"

/* made of schema.sql by perbit_embed() in CMakeLists.txt; a NUL follows the text */
extern const unsigned char schema_sql[];

const char *store_schema_sql(void)
{
    return (const char *)schema_sql;
}
