#include "study/gen_options.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "tasks/pyjson.h"
#include "tasks/pyvalue.h"
#include "tasks/yamlvalue.h"

#include "base/banned.h"

static void set(struct arena *a, struct pyval dict, const char *key, struct pyval value)
{
    py_dict_set(a, dict, py_str(pystr_z(arena_strdup(a, key))), value);
}

/* --- the task file ----------------------------------------------------------------------------- */

static struct pyval default_until(struct arena *a, const struct task *t)
{
    struct pyval list = py_list(a, PY_LIST);
    py_append(a, list, py_str(t->fewshot_delimiter));
    return list;
}

static struct pyval defaults(struct arena *a, const struct task *t)
{
    struct pyval all = py_dict(a);
    set(a, all, "temperature", py_float(0));
    set(a, all, "do_sample", py_bool(false));
    set(a, all, "max_gen_toks", py_int(256));
    set(a, all, "until", default_until(a, t));
    return all;
}

static int of_file(struct pyval *out, struct arena *a, const struct task *t, struct err *err)
{
    if (!t->generation.node) {
        *out = defaults(a, t);
        return 0;
    }
    if (yamlvalue(out, a, t->generation.node, err))
        return -1;
    const struct pyval *temperature = py_dict_find(*out, "temperature");
    if (temperature && py_is_number(*temperature))
        set(a, *out, "temperature", py_float(py_as_double(*temperature)));
    if (!py_dict_find(*out, "until"))
        set(a, *out, "until", default_until(a, t));
    return 0;
}

/* --- --gen_kwargs ------------------------------------------------------------------------------ */

static bool is_digits(const char *s)
{
    s += *s == '-' || *s == '+';
    return *s && strspn(s, "0123456789") == strlen(s);
}

/* handle_arg_string() */
static struct pyval typed(struct arena *a, struct pystr text)
{
    struct pystr s = pystr_strip(text, NULL);
    char *z = arena_strndup(a, s.s, s.n_bytes), *end;
    if (s.n_bytes >= 2 && z[0] == z[s.n_bytes - 1] && (z[0] == '\'' || z[0] == '"'))
        return py_str(pystr_of(z + 1, s.n_bytes - 2));
    if (strcasecmp(z, "true") == 0 || strcasecmp(z, "false") == 0)
        return py_bool(z[0] == 't' || z[0] == 'T');
    if (strcasecmp(z, "none") == 0)
        return py_none();
    errno = 0;
    if (is_digits(z)) {
        long long i = strtoll(z, &end, 10);
        if (!errno)
            return py_int(i);
    }
    double f = strtod(z, &end);
    return *z && !*end ? py_float(f) : py_str(pystr_of(z, s.n_bytes));
}

/* k=v with commas; a value holds no comma. */
static int of_pairs(struct arena *a, struct pyval dict, const char *text, struct err *err)
{
    int n;
    const char *const *parts = opt_split(a, text, &n);
    for (int i = 0; i < n; i++) {
        const char *equal = strchr(parts[i], '=');
        if (!*parts[i])
            continue;
        if (!equal || equal == parts[i])
            return err_set(err, ERR_USAGE, "--gen_kwargs: expected key=value, found '%s'", parts[i]);
        set(a, dict, arena_strndup(a, parts[i], (size_t)(equal - parts[i])), typed(a, pystr_z(equal + 1)));
    }
    return 0;
}

/* Texts of a pyval are borrowed from its JSON. */
static void keep_texts(struct arena *a, struct pyval *v)
{
    if (v->type == PY_STR)
        v->s = pystr_of(arena_strndup(a, v->s.s, v->s.n_bytes), v->s.n_bytes);
    for (int i = 0; v->type == PY_LIST && i < v->list->n; i++)
        keep_texts(a, &v->list->v[i]);
}

static int of_json(struct arena *a, struct pyval dict, const char *text, struct err *err)
{
    struct json *j;
    size_t i, n;
    yyjson_val *key, *item;
    int rc = 0;
    if (json_parse(&j, text, strlen(text), "--gen_kwargs", err) < 0)
        return -1;
    yyjson_obj_foreach(json_root(j), i, n, key, item) {
        struct pyval v;
        if (py_from_json(a, item, &v)) {
            rc = err_set(err, ERR_USAGE, "--gen_kwargs: %s: the number is too large", yyjson_get_str(key));
            break;
        }
        keep_texts(a, &v);
        set(a, dict, yyjson_get_str(key), v);
    }
    json_close(j);
    return rc;
}

static bool is_max_tokens(const char *key)
{
    static const char *const names[] = {"max_gen_toks", "max_new_tokens", "max_tokens", "max_completion_tokens"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], key) == 0)
            return true;
    return false;
}

static int check_keys(const struct pyval *given, struct err *err)
{
    static const char *const known[] = {"until", "do_sample", "temperature", "top_k", "top_p"};
    for (int i = 0; i < given->dict->keys.n; i++) {
        const char *key = given->dict->keys.v[i].s.s;
        size_t k = 0, n = sizeof known / sizeof known[0];
        while (k < n && strcmp(known[k], key) != 0)
            k++;
        if (k == n && !is_max_tokens(key))
            return err_set(err, ERR_UNSUPPORTED, "--gen_kwargs: perbit does not know '%s' (until, max_gen_toks, do_sample, "
                           "temperature, top_k, top_p)", key);
    }
    return 0;
}

/* --temperature and its like: the last word, and a temperature says whether anything is drawn. */
static int set_draws(struct pyval out, struct arena *a, const struct settings *s, struct err *err)
{
    if ((s->temperature < 0 && s->temperature != -1) || (s->top_p < 0 && s->top_p != -1))
        return err_set(err, ERR_USAGE, "--temperature, --top_p: expected -1 or a number from 0 on");
    if (s->temperature >= 0) {
        set(a, out, "do_sample", py_bool(s->temperature > 0));
        set(a, out, "temperature", py_float(s->temperature));
    }
    if (s->top_k >= 0)
        set(a, out, "top_k", py_int(s->top_k));
    if (s->top_p >= 0)
        set(a, out, "top_p", py_float(s->top_p));
    return 0;
}

static int of_settings(struct pyval *out, struct arena *a, const struct settings *s, struct err *err)
{
    const char *text = s->gen_kwargs ? s->gen_kwargs + strspn(s->gen_kwargs, " ") : "";
    *out = py_dict(a);
    if (*text && (*text == '{' ? of_json(a, *out, text, err) : of_pairs(a, *out, text, err)))
        return -1;
    if (check_keys(out, err))
        return -1;
    if (s->max_gen_toks > 0)
        set(a, *out, "max_gen_toks", py_int(s->max_gen_toks));
    return set_draws(*out, a, s, err);
}

static int merge(struct arena *a, struct pyval all, const struct settings *s, struct err *err)
{
    struct pyval given;
    if (of_settings(&given, a, s, err))
        return -1;
    for (int i = 0; i < given.dict->keys.n; i++)
        py_dict_set(a, all, given.dict->keys.v[i], given.dict->values.v[i]);
    return 0;
}

/* --- what the generator needs ------------------------------------------------------------------ */

static int bad(const struct task *t, const char *key, const char *what, struct err *err)
{
    return err_set(err, ERR_USAGE, "%s: generation: %s: expected %s", t->name, key, what);
}

static int set_until(struct gen_options *out, struct arena *a, const struct task *t, const struct pyval *v,
                     struct err *err)
{
    int n = v->type == PY_LIST ? v->list->n : v->type == PY_STR ? 1 : v->type == PY_NONE ? 0 : -1;
    const char **until = arena_alloc(a, sizeof *until * (size_t)(n + 1));
    out->n_until = 0;
    for (int i = 0; i < n; i++) {
        const struct pyval *item = v->type == PY_LIST ? &v->list->v[i] : v;
        if (item->type != PY_STR)
            n = -1;
        else if (item->s.n_bytes > 0)
            until[out->n_until++] = arena_strndup(a, item->s.s, item->s.n_bytes);
    }
    out->until = until;
    return n < 0 ? bad(t, "until", "a text or a list of texts", err) : 0;
}

static int set_max_tokens(struct gen_options *out, const struct task *t, struct pyval all, const struct settings *s,
                          struct err *err)
{
    out->max_tokens = s->max_gen_toks > 0 ? s->max_gen_toks : 256;
    for (int i = 0; i < all.dict->keys.n && s->max_gen_toks <= 0; i++) {
        const struct pyval *v = &all.dict->values.v[i];
        if (!is_max_tokens(all.dict->keys.v[i].s.s))
            continue;
        if (v->type != PY_INT || v->i <= 0 || v->i > 1 << 20)
            return bad(t, all.dict->keys.v[i].s.s, "a number of tokens", err);
        out->max_tokens = v->i;
    }
    return 0;
}

static int number(double *out, const struct task *t, struct pyval all, const char *key, double low, double high,
                  struct err *err)
{
    const struct pyval *v = py_dict_find(all, key);
    if (!v || v->type == PY_NONE)
        return 0;
    if (!py_is_number(*v) || !(py_as_double(*v) >= low) || py_as_double(*v) > high)
        return bad(t, key, "a number in its range", err);
    *out = py_as_double(*v);
    return 0;
}

/* As lm-evaluation-harness: do_sample false forces greed, and temperature 0 does too. */
static int set_sampling(struct gen_options *out, const struct task *t, struct pyval all, struct err *err)
{
    const struct pyval *sample = py_dict_find(all, "do_sample");
    double temperature = sample && py_truth(*sample) ? 1 : 0, top_k = 0, top_p = 1;
    if (number(&temperature, t, all, "temperature", 0, 1000, err) || number(&top_k, t, all, "top_k", 0, 1 << 24, err) ||
        number(&top_p, t, all, "top_p", 0, 1, err))
        return -1;
    out->temperature = sample && !py_truth(*sample) ? 0 : temperature;
    out->top_k = (int64_t)top_k;
    out->top_p = top_p;
    return 0;
}

static void print_json(struct buf *out, struct pyval all)
{
    yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
    yyjson_mut_doc_set_root(doc, py_to_json(doc, all));
    yyjson_doc *copy = yyjson_mut_doc_imut_copy(doc, NULL);
    pyjson_dump(out, yyjson_doc_get_root(copy), 0);
    yyjson_doc_free(copy);
    yyjson_mut_doc_free(doc);
}

int gen_options_of(struct gen_options *out, struct arena *a, const struct task *t, const struct settings *s,
                   struct err *err)
{
    struct pyval all;
    struct buf text = BUF_INIT;
    *out = (struct gen_options){0};
    if (of_file(&all, a, t, err) || merge(a, all, s, err))
        return -1;
    if (set_until(out, a, t, py_dict_find(all, "until"), err) || set_max_tokens(out, t, all, s, err) ||
        set_sampling(out, t, all, err))
        return -1;
    print_json(&text, all);
    out->kwargs = arena_strdup(a, text.data);
    buf_release(&text);
    return 0;
}

int gen_options_given(const char **out, struct arena *a, const struct settings *s, struct err *err)
{
    struct pyval given;
    struct buf text = BUF_INIT;
    *out = NULL;
    if (of_settings(&given, a, s, err))
        return -1;
    if (given.dict->keys.n > 0) {
        print_json(&text, given);
        *out = arena_strdup(a, text.data);
    }
    buf_release(&text);
    return 0;
}

int gen_options_think(enum think_mode *out, int64_t *budget_tokens, const struct settings *s, struct err *err)
{
    static const char *const names[] = {[THINK_AUTO] = "auto", [THINK_ON] = "on", [THINK_OFF] = "off"};
    const char *text = s->think && *s->think ? s->think : "auto";
    char *end;
    *budget_tokens = 0;
    for (int i = THINK_AUTO; i <= THINK_OFF; i++)
        if (strcmp(text, names[i]) == 0) {
            *out = (enum think_mode)i;
            return 0;
        }
    *out = THINK_BUDGET;
    *budget_tokens = strtoll(text, &end, 10);
    if (*end || *budget_tokens <= 0 || *budget_tokens > 1 << 20)
        return err_set(err, ERR_USAGE, "--think: expected on, off, auto or a number of tokens, found '%s'", text);
    return 0;
}
