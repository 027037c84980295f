/*
 * score_lines: perbit's scoring functions on JSON lines, for comparison with lm-evaluation-harness.
 *
 * stdin: one object a line, {"op": NAME, ...}; stdout: one JSON value a line. The rows of `ops` say what each takes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/pystr.h"
#include "base/yaml.h"
#include "stats/agreement.h"
#include "tasks/exact_match.h"
#include "tasks/filter.h"
#include "tasks/ifeval.h"
#include "tasks/langdetect.h"
#include "tasks/nltkwords.h"
#include "tasks/punkt.h"
#include "tasks/truthfulqa.h"
#include "reference/json_lines.h"

/* jw_str would end at a NUL inside. */
static void put_text(struct jw *w, struct pystr s)
{
    yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
    char *json = yyjson_mut_val_write(yyjson_mut_strn(doc, s.s, s.n_bytes), YYJSON_WRITE_ALLOW_INVALID_UNICODE, NULL);
    jw_raw(w, json);
    free(json);
    yyjson_mut_doc_free(doc);
}

static struct pystr text_of(yyjson_val *line, const char *key)
{
    yyjson_val *v = yyjson_obj_get(line, key);
    return pystr_of(yyjson_get_str(v), yyjson_get_len(v));
}

/* {"text"} -> [sentence, ...] */
static int op_sentences(struct jw *w, yyjson_val *line, struct err *err)
{
    (void)err;
    struct pystr text = text_of(line, "text"), *sentences;
    size_t n = punkt_split(&sentences, text.s, text.n_bytes);
    jw_array(w);
    for (size_t i = 0; i < n; i++)
        put_text(w, sentences[i]);
    jw_end(w);
    free(sentences);
    return 0;
}

/* {"text"} -> [token, ...] */
static int op_words(struct jw *w, yyjson_val *line, struct err *err)
{
    struct pystr text = text_of(line, "text"), token;
    struct buf tokens = BUF_INIT;
    int ret = nltkwords_split(&tokens, text.s, text.n_bytes, err);
    struct pystr_split it = pystr_split(pystr_of(tokens.data, tokens.len), NULL, -1);
    jw_array(w);
    while (ret == 0 && pystr_next(&it, &token))
        put_text(w, token);
    jw_end(w);
    buf_release(&tokens);
    return ret;
}

/* {"text"} -> [[language, probability], ...] or null */
static int op_langdetect(struct jw *w, yyjson_val *line, struct err *err)
{
    (void)err;
    struct pystr text = text_of(line, "text");
    struct langdetect_guess guesses[LANGDETECT_GUESSES_MAX];
    int n = langdetect_guesses(guesses, text.s, text.n_bytes);
    if (n < 0) {
        jw_null(w);
        return 0;
    }
    jw_array(w);
    for (int i = 0; i < n; i++) {
        jw_array(w);
        jw_str(w, guesses[i].lang);
        jw_num(w, guesses[i].probability);
        jw_end(w);
    }
    jw_end(w);
    return 0;
}

static void put_bools(struct jw *w, const char *key, const bool *v, int n)
{
    jw_key(w, key);
    jw_array(w);
    for (int i = 0; i < n; i++)
        jw_bool(w, v[i]);
    jw_end(w);
}

/* {"doc", "response"} -> {"strict": [bool, ...], "loose": [bool, ...]} */
static int op_ifeval(struct jw *w, yyjson_val *line, struct err *err)
{
    struct pystr response = text_of(line, "response");
    struct ifeval_verdict v;
    if (ifeval_check(&v, yyjson_obj_get(line, "doc"), response.s, response.n_bytes, err))
        return -1;
    jw_object(w);
    put_bools(w, "strict", v.strict, v.n);
    put_bools(w, "loose", v.loose, v.n);
    jw_end(w);
    return 0;
}

static struct filter_texts texts_of(struct arena *a, yyjson_val *list)
{
    struct pystr *v = arena_alloc(a, (yyjson_arr_size(list) + 1) * sizeof(*v));
    yyjson_val *text;
    size_t i, n;
    yyjson_arr_foreach (list, i, n, text)
        v[i] = pystr_of(yyjson_get_str(text), yyjson_get_len(text));
    return (struct filter_texts){v, (int)yyjson_arr_size(list)};
}

/* JSON is YAML. */
static int yaml_of(struct yaml_node **out, struct arena *a, yyjson_val *v, struct err *err)
{
    size_t n;
    char *text = yyjson_val_write(v, 0, &n);
    int ret = yaml_parse(out, a, text, n, "line", err);
    free(text);
    return ret;
}

/* {"filter_list", "responses"} -> {list's name: [text, ...]}; null for a text that is None */
static int op_filter(struct jw *w, yyjson_val *line, struct err *err)
{
    struct arena a = {0};
    struct filter_list *lists;
    struct yaml_node *node;
    int n, ret = -1;
    jw_object(w);
    if (yaml_of(&node, &a, yyjson_obj_get(line, "filter_list"), err) || filter_parse(&lists, &n, node, &a, err))
        goto done;
    for (int i = 0; i < n; i++) {
        struct filter_texts t = texts_of(&a, yyjson_obj_get(line, "responses"));
        if (filter_run(&t, &lists[i], &a, err))
            goto done;
        jw_key(w, lists[i].name);
        jw_array(w);
        for (int k = 0; k < t.n; k++)
            t.v[k].s ? put_text(w, t.v[k]) : jw_null(w);
        jw_end(w);
    }
    jw_end(w);
    ret = 0;
done:
    arena_release(&a);
    return ret;
}

/* {"metric", "prediction", "reference"} -> 0 or 1 */
static int op_exact_match(struct jw *w, yyjson_val *line, struct err *err)
{
    struct arena a = {0};
    struct exact_match_options o;
    struct yaml_node *node;
    double score = 0;
    int ret = yaml_of(&node, &a, yyjson_obj_get(line, "metric"), err);
    if (ret == 0)
        ret = exact_match_parse(&o, node, &a, err);
    if (ret == 0)
        ret = exact_match(&score, &o, text_of(line, "prediction"), text_of(line, "reference"), err);
    jw_num(w, score);
    arena_release(&a);
    return ret;
}

/* {"doc", "response"} -> {measure: figure} */
static int op_truthfulqa(struct jw *w, yyjson_val *line, struct err *err)
{
    struct pystr response = text_of(line, "response");
    struct measures m = {0};
    int ret = truthfulqa_score(&m, yyjson_obj_get(line, "doc"), response.s, response.n_bytes, err);
    jw_object(w);
    for (int i = 0; i < m.n; i++)
        jw_knum(w, m.v[i].name, m.v[i].sum / m.v[i].n);
    jw_end(w);
    return ret;
}

enum { RATINGS_MAX = 4096 };

static size_t numbers_of(double v[RATINGS_MAX], yyjson_val *list)
{
    yyjson_val *number;
    size_t i, n;
    yyjson_arr_foreach (list, i, n, number)
        if (i < RATINGS_MAX)
            v[i] = yyjson_get_num(number);
    return n < RATINGS_MAX ? n : RATINGS_MAX;
}

static void put_interval(struct jw *w, const char *key, const struct bootstrap *b)
{
    jw_key(w, key);
    jw_array(w);
    jw_num(w, b->low);
    jw_num(w, b->high);
    jw_num(w, b->se);
    jw_end(w);
}

/* {"a", "b": ratings, "n_resamples"} -> {"kappa": [low, high, se], ...} */
static int op_agreement_bootstrap(struct jw *w, yyjson_val *line, struct err *err)
{
    static const char *const names[AGREEMENT_FIGURES] = {"kappa", "exact", "adjacent", "mae"};
    static double a[RATINGS_MAX], b[RATINGS_MAX];
    const struct bootstrap_params p = {(int)yyjson_get_int(yyjson_obj_get(line, "n_resamples")), 0.95, 1234};
    struct bootstrap out[AGREEMENT_FIGURES];
    (void)err;
    numbers_of(a, yyjson_obj_get(line, "a"));
    agreement_bootstrap(out, a, b, numbers_of(b, yyjson_obj_get(line, "b")), 1, &p);
    jw_object(w);
    for (int f = 0; f < AGREEMENT_FIGURES; f++)
        put_interval(w, names[f], &out[f]);
    jw_end(w);
    return 0;
}

/* {"a", "b": ratings} -> {"kappa", ...} */
static int op_agreement(struct jw *w, yyjson_val *line, struct err *err)
{
    static double a[RATINGS_MAX], b[RATINGS_MAX];
    struct agreement g;
    (void)err;
    numbers_of(a, yyjson_obj_get(line, "a"));
    size_t n = numbers_of(b, yyjson_obj_get(line, "b"));
    agreement_of(&g, a, b, n, 1);
    jw_object(w);
    jw_knum(w, "kappa", g.kappa);
    jw_knum(w, "exact", g.exact);
    jw_knum(w, "adjacent", g.adjacent);
    jw_knum(w, "mae", g.mae);
    jw_knum(w, "bias", g.bias);
    jw_end(w);
    return 0;
}

static const struct {
    const char *name;
    int (*run)(struct jw *w, yyjson_val *line, struct err *err);
} ops[] = {
    {"sentences", op_sentences},
    {"words", op_words},
    {"langdetect", op_langdetect},
    {"ifeval", op_ifeval},
    {"filter", op_filter},
    {"exact_match", op_exact_match},
    {"truthfulqa", op_truthfulqa},
    {"agreement", op_agreement},
    {"agreement_bootstrap", op_agreement_bootstrap},
};

static int run(struct buf *out, yyjson_val *line, struct err *err)
{
    struct jw w;
    const char *name = json_str_or(line, "op", "");
    jw_init(&w, out);
    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
        if (!strcmp(ops[i].name, name))
            return ops[i].run(&w, line, err);
    return err_set(err, ERR_FORMAT, "unknown op '%s'", name);
}

int main(void)
{
    return json_lines_main("score_lines", run);
}
