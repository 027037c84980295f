/* fuzz_rows: a parser of rows over any bytes: rows that can be written as JSON, or an error with a message. */
#ifndef PERBIT_FUZZ_ROWS_H
#define PERBIT_FUZZ_ROWS_H

#include <stdint.h>
#include <stdlib.h>

#include "core/rowset.h"
#include "base/err.h"

typedef int parse_fn(struct rowset *rs, struct buf *text, const char *name, struct err *err);

static inline void run(parse_fn *parse, const uint8_t *data, size_t n_bytes)
{
    struct err err = {0};
    struct buf text = BUF_INIT;
    struct rowset *rs = rowset_new("", "x");
    buf_append(&text, data, n_bytes);
    if (parse(rs, &text, "x", &err) ? !err.code || !err.msg[0] : err.code != ERR_NONE)
        abort();
    for (int64_t i = 0; i < rs->n; i++) {
        char *json = yyjson_val_write(rs->row[i], YYJSON_WRITE_ALLOW_INF_AND_NAN, NULL);
        if (!json || !yyjson_is_obj(rs->row[i]))
            abort();
        free(json);
    }
    rowset_close(rs);
    buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes);

#endif
