/*
 * json_lines: a program that answers each JSON line of standard input with one line, for comparisons with Python.
 *
 *   int main(void)
 *   {
 *       return json_lines_main("score_lines", run);     run(&out, value of the line, &err): 0, or -1 and err
 *   }
 *
 * The first line that cannot be answered ends it: exit status 1 and a message with the program's name and the line.
 */
#ifndef PERBIT_TESTS_JSON_LINES_H
#define PERBIT_TESTS_JSON_LINES_H

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/json.h"

static inline int json_lines_main(const char *name, int (*run)(struct buf *out, yyjson_val *line, struct err *err))
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    int n_lines = 0, ret = 0;
    while (ret == 0 && (n = getline(&line, &cap, stdin)) > 0) {
        struct json *j = NULL;
        struct err err = { 0 };
        struct buf out = BUF_INIT;
        n_lines++;
        ret = json_parse(&j, line, (size_t)n, "stdin", &err);
        if (ret == 0)
            ret = run(&out, json_root(j), &err);
        if (ret)
            fprintf(stderr, "%s: line %d: %s\n", name, n_lines, err.msg);
        else
            puts(out.data);
        buf_release(&out);
        json_close(j);
    }
    free(line);
    return ret ? 1 : 0;
}

#endif
