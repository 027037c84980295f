/* compare_rows FILE...: FILE and FILE.expect.jsonl hold the same rows; a TAP line for each.
   compare_rows --dump FILE: its rows as JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/rows.h"

static char *row_text(yyjson_val *row)
{
    char *text = yyjson_val_write(row, YYJSON_WRITE_ALLOW_INF_AND_NAN, NULL);
    return text ? text : xstrdup("cannot be written");
}

static int compare(const struct rowset *a, const struct rowset *b)
{
    if (a->n != b->n) {
        printf("# %lld rows, expected %lld\n", (long long)a->n, (long long)b->n);
        return -1;
    }
    for (int64_t i = 0; i < a->n; i++) {
        char *ta = row_text(a->row[i]), *tb = row_text(b->row[i]);
        int differs = strcmp(ta, tb);
        if (differs)
            printf("# row %lld\n#   found     %.2000s\n#   expected  %.2000s\n", (long long)i, ta, tb);
        free(ta);
        free(tb);
        if (differs)
            return -1;
    }
    return 0;
}

static int check(const char *path)
{
    struct err err = {0};
    struct rowset *a = NULL, *b = NULL;
    char *expected = xasprintf("%s.expect.jsonl", path);
    int ret = -1;
    if (rows_load(&a, path, &err) || rows_load(&b, expected, &err))
        printf("# %s\n", err.msg);
    else
        ret = compare(a, b);
    rowset_close(a);
    rowset_close(b);
    free(expected);
    return ret;
}

static int dump(const char *path)
{
    struct err err = {0};
    struct rowset *rs = NULL;
    if (rows_load(&rs, path, &err)) {
        fprintf(stderr, "%s\n", err.msg);
        return 1;
    }
    for (int64_t i = 0; i < rs->n; i++) {
        char *text = row_text(rs->row[i]);
        puts(text);
        free(text);
    }
    rowset_close(rs);
    return 0;
}

int main(int argc, char **argv)
{
    int failed = 0;
    if (argc == 3 && !strcmp(argv[1], "--dump"))
        return dump(argv[2]);
    for (int i = 1; i < argc; i++) {
        int ret = check(argv[i]);
        printf("%sok %d - %s\n", ret ? "not " : "", i, strrchr(argv[i], '/') + 1);
        failed |= ret;
    }
    return failed ? 1 : 0;
}
