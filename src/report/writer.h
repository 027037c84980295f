/*
 * writer: a frame as text, Markdown, CSV, JSON, JSON lines or SQL.
 *
 *   const struct writer *w = writer_find("md");
 *   w->write(&out, &frame);
 *
 * text, md    for people: labels with units as headings, the columns' decimals; missing cells empty
 * csv         RFC 4180: column names, CRLF, full precision; a missing cell is empty, an empty text is ""
 *             a list of numbers (FRAME_LIST) is left out, in sql too
 * json        an array of objects, keys are column names; missing and not finite: null
 * jsonl       the same, an object a line
 * sql         CREATE TABLE IF NOT EXISTS and INSERTs (SQLite, PostgreSQL), in one transaction
 * A synthetic frame says SYNTHETIC: text, md and sql in their first line; csv, json, jsonl and sql in a
 * first column "data" that holds SYNTHETIC.
 * Errors  none     Owns  nothing     Tests  unit/test_writer.c
 *
 * Add a format: one function and one row in writer.c.
 */
#ifndef PERBIT_REPORT_WRITER_H
#define PERBIT_REPORT_WRITER_H

#include "base/buf.h"
#include "core/frame.h"

struct writer {
    const char *name;      /* of the option: -o md */
    const char *extension; /* of a file: "md" */
    const char *help;
    void (*write)(struct buf *out, const struct frame *f); /* appends */
};

int writer_n(void);
const struct writer *writer_at(int i);
const struct writer *writer_find(const char *name); /* NULL when there is none */

#endif
