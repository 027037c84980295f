#include "tasks/filter.h"

#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/regex.h"

#include "base/banned.h"

/* Options of all kinds of steps; each uses its own. */
struct filter_step {
    int (*run)(struct filter_texts *texts, const struct filter_step *step, struct arena *a, struct err *err);
    const char *pattern;
    int64_t group_select, k;
    struct pystr fallback;
    yyjson_val *map; /* borrowed from the task's JSON */
    yyjson_val *default_value;
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

/* A value of a map as text; numbers as Python prints them, for all that JSON can hold of whole numbers. */
static struct pystr value_text(yyjson_val *v, struct arena *a)
{
    if (yyjson_is_str(v))
        return pystr_of(yyjson_get_str(v), yyjson_get_len(v));
    if (yyjson_is_int(v))
        return pystr_z(arena_printf(a, "%lld", (long long)yyjson_get_sint(v)));
    return pystr_of(NULL, 0);
}

static int run_map(struct filter_texts *texts, const struct filter_step *step, struct arena *a, struct err *err)
{
    struct pystr *out = new_texts(texts, a);
    (void)err;
    for (int i = 0; i < texts->n; i++) {
        yyjson_val *v = texts->v[i].s ? yyjson_obj_getn(step->map, texts->v[i].s, texts->v[i].n_bytes) : NULL;
        out[i] = value_text(v ? v : step->default_value, a);
    }
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

static int parse_step(struct filter_step *out, yyjson_val *v, struct err *err)
{
    const char *function = json_str_or(v, "function", "");
    *out = (struct filter_step){.pattern = json_str_or(v, "regex_pattern", "#### (\\-?[0-9\\.\\,]+)"),
                                .group_select = json_int_or(v, "group_select", 0),
                                .k = json_int_or(v, "k", 1),
                                .fallback = pystr_z(json_str_or(v, "fallback", "[invalid]")),
                                .map = yyjson_obj_get(v, "mapping_dict"),
                                .default_value = yyjson_obj_get(v, "default_value")};
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
        if (!strcmp(functions[i].function, function))
            out->run = functions[i].run;
    return out->run ? 0 : err_set(err, ERR_FORMAT, "unknown filter function '%s'", function);
}

static int parse_list(struct filter_list *out, yyjson_val *v, struct arena *a, struct err *err)
{
    yyjson_val *steps = yyjson_obj_get(v, "filter"), *step;
    size_t i, n;
    struct filter_step *to = arena_alloc(a, (yyjson_arr_size(steps) + 1) * sizeof(*to));
    *out = (struct filter_list){json_str_or(v, "name", NULL), to, (int)yyjson_arr_size(steps)};
    if (!out->name || !out->n_steps)
        return err_set(err, ERR_FORMAT, "filter_list: expected 'name' and a list 'filter' in each entry");
    yyjson_arr_foreach (steps, i, n, step)
        if (parse_step(&to[i], step, err))
            return err_prefix(err, "filter_list '%s': ", out->name);
    return 0;
}

int filter_parse(struct filter_list **out, int *out_n, yyjson_val *filter_list, struct arena *a, struct err *err)
{
    static const struct filter_step take_first = {.run = run_take_first};
    yyjson_val *v;
    size_t i, n;
    *out_n = (int)yyjson_arr_size(filter_list);
    *out = arena_alloc(a, ((size_t)*out_n + 1) * sizeof(**out));
    yyjson_arr_foreach (filter_list, i, n, v)
        if (parse_list(&(*out)[i], v, a, err))
            return -1;
    if (*out_n == 0)
        (*out)[(*out_n)++] = (struct filter_list){"none", &take_first, 1};
    return 0;
}

int filter_run(struct filter_texts *texts, const struct filter_list *list, struct arena *a, struct err *err)
{
    for (int i = 0; i < list->n_steps; i++)
        if (list->steps[i].run(texts, &list->steps[i], a, err))
            return err_prefix(err, "filter '%s': ", list->name);
    return 0;
}
