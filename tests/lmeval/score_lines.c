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
#include "tasks/ifeval.h"
#include "tasks/langdetect.h"
#include "tasks/nltkwords.h"
#include "tasks/punkt.h"

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

static const struct {
    const char *name;
    int (*run)(struct jw *w, yyjson_val *line, struct err *err);
} ops[] = {
    {"sentences", op_sentences},
    {"words", op_words},
    {"langdetect", op_langdetect},
    {"ifeval", op_ifeval},
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
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    int n_lines = 0, ret = 0;
    while (ret == 0 && (n = getline(&line, &cap, stdin)) > 0) {
        struct json *j = NULL;
        struct err err = {0};
        struct buf out = BUF_INIT;
        n_lines++;
        ret = json_parse(&j, line, (size_t)n, "stdin", &err);
        if (ret == 0)
            ret = run(&out, json_root(j), &err);
        if (ret)
            fprintf(stderr, "score_lines: line %d: %s\n", n_lines, err.msg);
        else
            puts(out.data);
        buf_release(&out);
        json_close(j);
    }
    free(line);
    return ret ? 1 : 0;
}
