/* schema: the text of schema.sql, embedded at build time (NUL-terminated). */
#ifndef PERBIT_STORE_SCHEMA_H
#define PERBIT_STORE_SCHEMA_H

const char *store_schema_sql(void);

#endif
