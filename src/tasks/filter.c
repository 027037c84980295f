#include "tasks/filter.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/regex.h"

#include "base/banned.h"

/* Options of all kinds of steps; each uses its own. */
struct filter_step {
    int (*run)(struct filter_texts *texts, const struct filter_step *step, struct arena *a, struct err *err);
    const char *pattern;
    int64_t group_select, k;
    struct pystr fallback;
    const struct yaml_node *map, *default_value;
};

static struct pystr *new_texts(struct filter_texts *texts, struct arena *a)
{
    return arena_alloc(a, ((size_t)texts->n + 1) * sizeof(struct pystr));
}

static struct pystr keep(struct buf *text, struct arena *a)
{
    struct pystr out = pystr_of(arena_strndup(a, text->data, text->len), text->len);
    buf_release(text);
    return out;
}

/* ---- regex */

/* What findall gives for a match: the match, its one group, or the first of its groups that is not empty (NULL: none). */
static struct pystr found_text(struct pystr s, const struct regex_span *span, int n_groups)
{
    if (n_groups <= 1) {
        struct regex_span g = span[n_groups];
        return g.start == SIZE_MAX ? pystr_of("", 0) : pystr_of(s.s + g.start, g.end - g.start);
    }
    for (int i = 1; i <= n_groups; i++)
        if (span[i].start != SIZE_MAX && span[i].start < span[i].end)
            return pystr_of(s.s + span[i].start, span[i].end - span[i].start);
    return pystr_of(NULL, 0);
}

enum { GROUPS_MAX = 31 };

/* The match of that number (negative: from the end); s NULL where there is none. */
static int select_match(struct pystr *out, const struct regex *re, struct pystr s, const struct filter_step *step,
                        struct err *err)
{
    struct regex_span span[GROUPS_MAX + 1];
    size_t n;
    if (regex_count(re, s.s, s.n_bytes, &n, err))
        return -1;
    int64_t wanted = step->group_select < 0 ? (int64_t)n + step->group_select : step->group_select;
    *out = step->fallback;
    if (n == 0)
        return 0;
    if (wanted < 0 || wanted >= (int64_t)n)
        return err_set(err, ERR_RANGE, "filter regex: group_select %lld, and only %zu matches",
                       (long long)step->group_select, n);
    struct regex_iter it = regex_each(re, s.s, s.n_bytes);
    for (int64_t i = 0; i <= wanted; i++)
        if (regex_next(&it, span, GROUPS_MAX + 1, err) < 0)
            return -1;
    struct pystr found = found_text(s, span, regex_n_groups(re));
    *out = pystr_strip(found.s ? found : step->fallback, NULL);
    return 0;
}

static int run_regex(struct filter_texts *texts, const struct filter_step *step, struct arena *a, struct err *err)
{
    struct regex *re;
    struct pystr *out = new_texts(texts, a);
    int ret = 0;
    if (regex_compile(&re, step->pattern, 0, err))
        return err_prefix(err, "filter regex: ");
    if (regex_n_groups(re) > GROUPS_MAX)
        ret = err_set(err, ERR_FORMAT, "filter regex: at most %d groups", GROUPS_MAX);
    for (int i = 0; i < texts->n && ret == 0; i++)
        ret = select_match(&out[i], re, texts->v[i].s ? texts->v[i] : pystr_of("", 0), step, err);
    regex_close(re);
    texts->v = out;
    return ret;
}

/* ---- steps that change each text */

static int run_remove_whitespace(struct filter_texts *texts, const struct filter_step *step, struct arena *a,
                                 struct err *err)
{
    struct pystr *out = new_texts(texts, a);
    (void)step;
    (void)err;
    for (int i = 0; i < texts->n; i++)
        out[i] = pystr_strip(texts->v[i], NULL);
    texts->v = out;
    return 0;
}

static void change_case(struct filter_texts *texts, struct arena *a, void (*change)(struct buf *, struct pystr))
{
    struct pystr *out = new_texts(texts, a);
    for (int i = 0; i < texts->n; i++) {
        struct buf b = BUF_INIT;
        change(&b, texts->v[i]);
        out[i] = keep(&b, a);
    }
    texts->v = out;
}

static int run_lowercase(struct filter_texts *texts, const struct filter_step *step, struct arena *a, struct err *err)
{
    (void)step;
    (void)err;
    change_case(texts, a, pystr_lower);
    return 0;
}

static int run_uppercase(struct filter_texts *texts, const struct filter_step *step, struct arena *a, struct err *err)
{
    (void)step;
    (void)err;
    change_case(texts, a, pystr_upper);
    return 0;
}

static struct pystr value_text(const struct yaml_node *v)
{
    bool is_text = v && v->kind == YAML_SCALAR && !yaml_is_null(v);
    return is_text ? pystr_z(v->text) : pystr_of(NULL, 0);
}

static const struct yaml_node *mapped(const struct filter_step *step, struct pystr text)
{
    for (int i = 0; step->map && text.s && i < step->map->n; i++)
        if (pystr_equal(value_text(step->map->keys[i]), text))
            return step->map->items[i];
    return step->default_value;
}

static int run_map(struct filter_texts *texts, const struct filter_step *step, struct arena *a, struct err *err)
{
    struct pystr *out = new_texts(texts, a);
    (void)err;
    for (int i = 0; i < texts->n; i++)
        out[i] = value_text(mapped(step, texts->v[i]));
    texts->v = out;
    return 0;
}

/* ---- steps that choose */

static int run_take_first(struct filter_texts *texts, const struct filter_step *step, struct arena *a, struct err *err)
{
    (void)step;
    (void)a;
    if (texts->n < 1)
        return err_set(err, ERR_RANGE, "filter take_first: no response");
    texts->n = 1;
    return 0;
}

static int run_take_first_k(struct filter_texts *texts, const struct filter_step *step, struct arena *a,
                            struct err *err)
{
    (void)a;
    if (texts->n < step->k)
        return err_set(err, ERR_RANGE, "filter take_first_k: %lld responses expected, %d there", (long long)step->k,
                       texts->n);
    texts->n = (int)step->k;
    return 0;
}

static int count_equal(const struct filter_texts *texts, int i)
{
    int n = 0;
    for (int j = 0; j < texts->n; j++)
        n += pystr_equal(texts->v[i], texts->v[j]);
    return n;
}

/* Of equally frequent ones the first. */
static int run_majority_vote(struct filter_texts *texts, const struct filter_step *step, struct arena *a,
                             struct err *err)
{
    int best = 0, best_n = 0;
    if (run_take_first(&(struct filter_texts){texts->v, texts->n}, step, a, err))
        return -1;
    for (int i = 0; i < texts->n; i++) {
        int n = count_equal(texts, i);
        if (n > best_n) {
            best = i;
            best_n = n;
        }
    }
    texts->v += best;
    texts->n = 1;
    return 0;
}

/* ---- task files */

static const struct {
    const char *function;
    int (*run)(struct filter_texts *texts, const struct filter_step *step, struct arena *a, struct err *err);
} functions[] = {
    {"regex", run_regex},           {"remove_whitespace", run_remove_whitespace},
    {"lowercase", run_lowercase},   {"uppercase", run_uppercase},
    {"map", run_map},               {"take_first", run_take_first},
    {"take_first_k", run_take_first_k}, {"majority_vote", run_majority_vote},
};

static const char *text_or(const struct yaml_node *map, const char *key, const char *fallback)
{
    const struct yaml_node *v = yaml_find(map, key);
    return v && v->kind == YAML_SCALAR ? v->text : fallback;
}

static int int_or(int64_t *out, const struct yaml_node *map, const char *key, int64_t fallback, struct err *err)
{
    const struct yaml_node *v = yaml_find(map, key);
    char *end = NULL;
    *out = v && v->kind == YAML_SCALAR ? strtoll(v->text, &end, 10) : fallback;
    if (v && (!end || *end || end == v->text))
        return err_set(err, ERR_FORMAT, "%s:%d: %s: expected a whole number", v->file, v->line, key);
    return 0;
}

static int parse_step(struct filter_step *out, const struct yaml_node *v, struct err *err)
{
    const char *function = text_or(v, "function", "");
    *out = (struct filter_step){.pattern = text_or(v, "regex_pattern", "#### (\\-?[0-9\\.\\,]+)"),
                                .fallback = pystr_z(text_or(v, "fallback", "[invalid]")),
                                .map = yaml_find(v, "mapping_dict"),
                                .default_value = yaml_find(v, "default_value")};
    if (out->map && out->map->kind != YAML_MAPPING)
        return err_set(err, ERR_FORMAT, "%s:%d: mapping_dict: expected a mapping", v->file, v->line);
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
        if (!strcmp(functions[i].function, function))
            out->run = functions[i].run;
    if (!out->run)
        return err_set(err, ERR_FORMAT, "%s:%d: unknown filter function '%s'", v->file, v->line, function);
    return int_or(&out->group_select, v, "group_select", 0, err) || int_or(&out->k, v, "k", 1, err) ? -1 : 0;
}

static int parse_list(struct filter_list *out, const struct yaml_node *v, struct arena *a, struct err *err)
{
    const struct yaml_node *steps = v->kind == YAML_MAPPING ? yaml_find(v, "filter") : NULL;
    const char *name = steps ? text_or(v, "name", NULL) : NULL;
    if (!name || steps->kind != YAML_SEQUENCE || steps->n == 0)
        return err_set(err, ERR_FORMAT, "%s:%d: filter_list: expected 'name' and a list 'filter'", v->file, v->line);
    struct filter_step *to = arena_alloc(a, (size_t)steps->n * sizeof(*to));
    *out = (struct filter_list){name, to, steps->n};
    for (int i = 0; i < steps->n; i++) {
        const struct yaml_node *step = steps->items[i];
        if (step->kind != YAML_MAPPING)
            return err_set(err, ERR_FORMAT, "%s:%d: filter: expected a mapping", step->file, step->line);
        if (parse_step(&to[i], step, err))
            return -1;
    }
    return 0;
}

static void use_take_first(struct filter_list *out)
{
    static const struct filter_step take_first = {.run = run_take_first};
    *out = (struct filter_list){"none", &take_first, 1};
}

int filter_parse(struct filter_list **out, int *out_n, const struct yaml_node *filter_list, struct arena *a,
                 struct err *err)
{
    bool has = filter_list && !yaml_is_null(filter_list);
    if (has && (filter_list->kind != YAML_SEQUENCE || filter_list->n == 0))
        return err_set(err, ERR_FORMAT, "%s:%d: filter_list: expected a list", filter_list->file, filter_list->line);
    *out_n = has ? filter_list->n : 1;
    *out = arena_alloc(a, (size_t)*out_n * sizeof(**out));
    if (!has)
        use_take_first(*out);
    for (int i = 0; has && i < filter_list->n; i++)
        if (parse_list(&(*out)[i], filter_list->items[i], a, err))
            return -1;
    return 0;
}

int filter_run(struct filter_texts *texts, const struct filter_list *list, struct arena *a, struct err *err)
{
    for (int i = 0; i < list->n_steps; i++)
        if (list->steps[i].run(texts, &list->steps[i], a, err))
            return err_prefix(err, "filter '%s': ", list->name);
    return 0;
}
