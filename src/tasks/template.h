/*
 * template: a Jinja template over a row of a data set, as lm-evaluation-harness renders its task files.
 *
 *   struct template *t;
 *   if (template_compile(&t, "Question: {{question}}\nAnswer:", "arc.yaml:7:15", err))
 *       return -1;
 *   if (template_render(t, row, &out, err)) ...
 *   template_close(t);
 *
 * The text is what Python's Jinja2 3.1.6 with StrictUndefined and keep_trailing_newline makes of it, or there is an
 * error: a name that the row has not, and whatever of Jinja or Python is not supported. Never another text.
 *
 * doc      a JSON object; its keys are the variables
 * place    "file:line:col", put before each message; copied
 * Errors   ERR_FORMAT the template or the row; ERR_UNSUPPORTED what is valid in Python and not known here
 * Owns     *out until template_close; out of render is appended to
 * Threads  a compiled template may be rendered by many
 * Source   jinja2 3.1.6; lm_eval 0.4.13 utils.py apply_template
 * Differs  integers beyond 64 bits and templates that run for very long are errors; text is as of Python 3.11
 * Tests    unit/test_template.c; tests/reference/templates.py: all of lm-evaluation-harness's templates against Python
 */
#ifndef PERBIT_TASKS_TEMPLATE_H
#define PERBIT_TASKS_TEMPLATE_H

#include <stdint.h>
#include <yyjson.h>

#include "base/buf.h"
#include "base/err.h"

struct template;

enum template_options {
    TEMPLATE_LAX = 1,  /* an undefined name prints as nothing: jinja's own default */
    TEMPLATE_TRIM = 2, /* trim_blocks, lstrip_blocks, and the last newline is dropped */
    TEMPLATE_CHAT =
        4 /* what transformers adds: its tojson, raise_exception, break and continue, {% generation %} */
};

int template_compile(struct template **out, const char *text, const char *place, struct err *err);
/* options: enum template_options or'ed */
int template_compile_as(struct template **out, const char *text, const char *place,
                        unsigned options, struct err *err);
void template_close(struct template *t); /* accepts NULL */
int template_render(const struct template *t, yyjson_val *doc, struct buf *out, struct err *err);
/* now_s: the time that strftime_now sees, in seconds since 1970; template_render takes the clock's. */
int template_render_at(const struct template *t, yyjson_val *doc, int64_t now_s, struct buf *out,
                       struct err *err);

#endif
