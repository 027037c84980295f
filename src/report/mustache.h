/*
 * mustache: texts with holes: a small part of Mustache, with << >> as brackets, because LaTeX is full of braces.
 *
 *   <<name>>               the value, escaped       <<&name>>   as it is       <<.>>   the value of this round
 *   <<#name>>...<</name>>  once for each value of a list; once for true, an object or a text that is not empty
 *   <<^name>>...<</name>>  otherwise                <<! ...>>   nothing
 *
 * A line that holds only one of the last four disappears whole. Names are looked up from the inside out; inside a round of
 * a list of objects its keys come first.
 *
 * data    a JSON object; values are texts (numbers are formatted before), truths, lists, objects. A section whose name is
 *         not there is not written; a value that is not there is an error: a text never has a silent hole
 * escape  NULL: none
 * Errors  ERR_FORMAT "NAME:LINE: no value 'x'"; a section that is not closed. out then ends where it stopped
 * Owns    nothing        Source  mustache(5)     Tests  unit/test_mustache.c
 */
#ifndef PERBIT_REPORT_MUSTACHE_H
#define PERBIT_REPORT_MUSTACHE_H

#include <yyjson.h>

#include "base/buf.h"
#include "base/err.h"

typedef void mustache_escape(struct buf *out, const char *text);

/* Appends; name is for messages. */
int mustache_render(struct buf *out, const char *text, const char *name, yyjson_val *data, mustache_escape *escape,
                    struct err *err);

#endif
