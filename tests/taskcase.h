/* taskcase: a folder of task files written from texts, and rows from JSON, for tests of tasks/. */
#ifndef PERBIT_TESTS_TASKCASE_H
#define PERBIT_TESTS_TASKCASE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/xalloc.h"
#include "core/rowset.h"
#include "tasks/catalog.h"

struct taskcase {
    char dir[64];
    struct catalog *catalog;
    struct suite *suite;
    struct err err;
    yyjson_doc *docs[4];
    int n_docs;
};

static inline void taskcase_begin(struct taskcase *c)
{
    *c = (struct taskcase){.dir = "/tmp/perbit-taskcase-XXXXXX"};
    assert_non_null(mkdtemp(c->dir));
}

static inline void taskcase_file(struct taskcase *c, const char *name, const char *text)
{
    char *path = xasprintf("%s/%s", c->dir, name);
    char *slash = strrchr(path, '/');
    *slash = '\0';
    assert_int_equal(fs_mkdirs(path, NULL), 0);
    *slash = '/';
    assert_int_equal(fs_write(path, text, strlen(text), NULL), 0);
    free(path);
}

/* Opens names from the folder's catalog; -1 with c->err. */
static inline int taskcase_open(struct taskcase *c, const char *names)
{
    const char *folders[] = {c->dir};
    suite_close(c->suite);
    c->suite = NULL;
    catalog_close(c->catalog);
    c->catalog = NULL;
    c->err = (struct err){0};
    assert_int_equal(catalog_open(&c->catalog, folders, 1, &c->err), 0);
    return suite_open(&c->suite, c->catalog, names, &c->err);
}

/* rows: a JSON array of objects */
static inline struct rowset *taskcase_rows(struct taskcase *c, const char *split, const char *rows)
{
    yyjson_doc *doc = yyjson_read(rows, strlen(rows), 0);
    assert_non_null(doc);
    c->docs[c->n_docs++] = doc;
    struct rowset *rs = rowset_new(split, "rows.jsonl");
    size_t i, n;
    yyjson_val *row;
    yyjson_arr_foreach(yyjson_doc_get_root(doc), i, n, row)
        rowset_add_borrowed(rs, row);
    return rs;
}

static inline void taskcase_end(struct taskcase *c)
{
    suite_close(c->suite);
    catalog_close(c->catalog);
    for (int i = 0; i < c->n_docs; i++)
        yyjson_doc_free(c->docs[i]);
    char *command = xasprintf("rm -rf '%s'", c->dir);
    assert_int_equal(system(command), 0);
    free(command);
}

/* The message without the folder before file names. */
static inline const char *taskcase_message(struct taskcase *c)
{
    size_t n = strlen(c->dir) + 1;
    for (char *at; (at = strstr(c->err.msg, c->dir));)
        memmove(at, at + n, strlen(at + n) + 1);
    return c->err.msg;
}

#endif
