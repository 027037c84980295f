/*
 * schema: the texts that make a store, embedded at build time (NUL-terminated).
 *
 * store_migration(v) brings version v to v + 1, v in [0, STORE_VERSION). Version 0 is an empty file.
 * A change of the schema is a new file *.sql and a row in schema.c; a file that was released never changes.
 */
#ifndef PERBIT_STORE_SCHEMA_H
#define PERBIT_STORE_SCHEMA_H

enum { STORE_VERSION = 4 };

const char *store_migration(int version);

#endif
