#include "tasks/rubric.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/regex.h"

#include "base/banned.h"

static const char any_number[] = "(-?[0-9]+(?:[.,][0-9]+)?)";

static int expected(const struct yaml_node *node, const char *key, const char *what, struct err *err)
{
    return err_set(err, ERR_FORMAT, "%s:%d: perbit_rubric: %s: expected %s", node->file, node->line, key, what);
}

/* "3", "3.5", and "3,5" as many write it. */
static bool parse_number(double *out, const char *s, size_t n_bytes)
{
    char text[32], *end;
    if (n_bytes == 0 || n_bytes >= sizeof text)
        return false;
    memcpy(text, s, n_bytes);
    text[n_bytes] = '\0';
    char *comma = strchr(text, ',');
    if (comma)
        *comma = '.';
    if (strspn(text, "+-.0123456789") != n_bytes)
        return false;
    *out = strtod(text, &end);
    return *end == '\0';
}

static bool is_on_scale(const struct rubric *r, double v)
{
    double steps = (v - r->low) / r->step;
    return v >= r->low && v <= r->high && fabs(steps - round(steps)) < 1e-6;
}

double rubric_value(const struct rubric *r, struct pystr text)
{
    double v;
    struct pystr s = pystr_strip(text, NULL);
    return parse_number(&v, s.s, s.n_bytes) && is_on_scale(r, v) ? v : (double)NAN;
}

/* --- the file ---------------------------------------------------------------------------------- */

static bool number_of(double *out, const struct yaml_node *node)
{
    return node && node->kind == YAML_SCALAR && parse_number(out, node->text, strlen(node->text));
}

static int parse_range(struct rubric *out, const struct yaml_node *map, struct err *err)
{
    const struct yaml_node *range = yaml_find(map, "score_range"), *step = yaml_find(map, "step");
    const char *what = "two numbers, the lower first: [0, 5]";
    if (!range || range->kind != YAML_SEQUENCE || range->n != 2 || !number_of(&out->low, range->items[0]) ||
        !number_of(&out->high, range->items[1]) || out->high <= out->low)
        return expected(range ? range : map, "score_range", what, err);
    out->step = 1;
    if (step && (!number_of(&out->step, step) || out->step <= 0))
        return expected(step, "step", "a number above 0", err);
    return is_on_scale(out, out->high) ? 0 : expected(step ? step : range, "step", "whole steps from one end to the other", err);
}

static int parse_method(struct rubric *out, const struct yaml_node *map, enum item_kind kind, struct err *err)
{
    const struct yaml_node *node = yaml_find(map, "method");
    const char *name = node && node->kind == YAML_SCALAR ? node->text : node ? "" : "regex";
    out->is_logits = strcmp(name, "logits") == 0;
    if (!out->is_logits && strcmp(name, "regex") != 0)
        return expected(node, "method", "regex or logits", err);
    if (out->is_logits && kind != ITEM_MULTIPLE_CHOICE)
        return expected(node, "method", "output_type multiple_choice for logits", err);
    if (!out->is_logits && kind != ITEM_GENERATE)
        return expected(node ? node : map, "method", "output_type generate_until for regex", err);
    return 0;
}

static int parse_pattern(struct rubric *out, const struct yaml_node *map, struct err *err)
{
    struct regex *re;
    struct err why = {0};
    const struct yaml_node *node = yaml_find(map, "pattern");
    out->pattern = node && node->kind == YAML_SCALAR ? node->text : any_number;
    if (node && node->kind != YAML_SCALAR)
        return expected(node, "pattern", "a regular expression", err);
    if (regex_compile(&re, out->pattern, 0, &why))
        return expected(node ? node : map, "pattern", why.msg, err);
    regex_close(re);
    return 0;
}

int rubric_parse(struct rubric *out, const struct yaml_node *map, enum item_kind kind, struct err *err)
{
    static const char *const names[] = {"human", "score_range", "step", "method", "pattern"};
    if (map->kind != YAML_MAPPING)
        return err_set(err, ERR_FORMAT, "%s:%d: perbit_rubric: expected a mapping", map->file, map->line);
    for (int i = 0; i < map->n; i++) {
        size_t k = 0;
        while (k < sizeof names / sizeof names[0] && strcmp(names[k], map->keys[i]->text) != 0)
            k++;
        if (k == sizeof names / sizeof names[0])
            return expected(map->keys[i], map->keys[i]->text, "one of human, score_range, step, method, pattern", err);
    }
    const struct yaml_node *human = yaml_find(map, "human");
    if (!human || human->kind != YAML_SCALAR)
        return expected(human ? human : map, "human", "the column with the human's score", err);
    out->human = human->text;
    return parse_range(out, map, err) || parse_method(out, map, kind, err) || parse_pattern(out, map, err) ? -1 : 0;
}

/* --- scores ------------------------------------------------------------------------------------ */

int rubric_human(double *out, const struct rubric *r, yyjson_val *doc, struct err *err)
{
    yyjson_val *v = yyjson_obj_get(doc, r->human);
    if (!v)
        return err_set(err, ERR_FORMAT, "perbit_rubric: the row has no column '%s'", r->human);
    if (yyjson_is_num(v))
        *out = yyjson_get_num(v);
    else if (!yyjson_is_str(v) || !parse_number(out, yyjson_get_str(v), yyjson_get_len(v)))
        return err_set(err, ERR_FORMAT, "perbit_rubric: column '%s': expected a number", r->human);
    if (*out < r->low || *out > r->high) /* a mean of two humans may lie between two steps */
        return err_set(err, ERR_FORMAT, "perbit_rubric: column '%s': %g is not from %g to %g", r->human, *out, r->low, r->high);
    return 0;
}

int rubric_read(double *out, const struct rubric *r, struct pystr text, struct err *err)
{
    struct regex *re;
    struct regex_span span[2];
    *out = (double)NAN;
    if (!text.s)
        return 0;
    if (regex_compile(&re, r->pattern, 0, err))
        return -1;
    struct regex_iter it = regex_each(re, text.s, text.n_bytes);
    int rc = regex_next(&it, span, 2, err);
    const struct regex_span *s = regex_n_groups(re) > 0 ? &span[1] : &span[0];
    if (rc == 1 && s->start != SIZE_MAX)
        *out = rubric_value(r, pystr_of(text.s + s->start, s->end - s->start));
    regex_close(re);
    return rc < 0 ? -1 : 0;
}
