#include "tasks/ifeval.h"

#include <string.h>

#include "base/buf.h"
#include "tasks/ifeval_check.h"

#include "base/banned.h"

static const struct checker {
    const char *id;
    ifeval_check_fn *check;
} checkers[] = {
    {"keywords:existence", ifeval_existence},
    {"keywords:frequency", ifeval_frequency},
    {"keywords:forbidden_words", ifeval_forbidden_words},
    {"keywords:letter_frequency", ifeval_letter_frequency},
    {"language:response_language", ifeval_language},
    {"length_constraints:number_sentences", ifeval_number_sentences},
    {"length_constraints:number_paragraphs", ifeval_number_paragraphs},
    {"length_constraints:number_words", ifeval_number_words},
    {"length_constraints:nth_paragraph_first_word", ifeval_nth_paragraph},
    {"detectable_content:number_placeholders", ifeval_placeholders},
    {"detectable_content:postscript", ifeval_postscript},
    {"detectable_format:number_bullet_lists", ifeval_bullets},
    {"detectable_format:constrained_response", ifeval_constrained},
    {"detectable_format:number_highlighted_sections", ifeval_highlights},
    {"detectable_format:multiple_sections", ifeval_sections},
    {"detectable_format:json_format", ifeval_json},
    {"detectable_format:title", ifeval_title},
    {"combination:two_responses", ifeval_two_responses},
    {"combination:repeat_prompt", ifeval_repeat_prompt},
    {"startend:end_checker", ifeval_end},
    {"startend:quotation", ifeval_quotation},
    {"change_case:capital_word_frequency", ifeval_capital_words},
    {"change_case:english_capital", ifeval_english_capital},
    {"change_case:english_lowercase", ifeval_english_lowercase},
    {"punctuation:no_comma", ifeval_no_comma},
};

static ifeval_check_fn *checker_find(const char *id)
{
    for (size_t i = 0; id && i < sizeof(checkers) / sizeof(checkers[0]); i++)
        if (!strcmp(checkers[i].id, id))
            return checkers[i].check;
    return NULL;
}

/* The forms of an answer that count for loose; [0] is the answer itself. Those that equal another are left out. */
struct forms {
    struct pystr v[8];
    int n;
    struct buf plain[4]; /* without asterisks; own the text of the second half */
};

static size_t newline_or(struct pystr s, bool last, size_t none)
{
    const char *p = last ? memrchr(s.s, '\n', s.n_bytes) : memchr(s.s, '\n', s.n_bytes);
    return p ? (size_t)(p - s.s) : none;
}

static struct pystr lines_between(struct pystr s, size_t from, size_t to)
{
    return from < to ? ifeval_strip(pystr_of(s.s + from, to - from)) : pystr_of("", 0);
}

static void add_lines(struct forms *f, struct pystr s)
{
    size_t second = newline_or(s, false, s.n_bytes), last = newline_or(s, true, 0);
    second += second < s.n_bytes;
    f->v[f->n++] = s;
    f->v[f->n++] = lines_between(s, second, s.n_bytes);
    f->v[f->n++] = lines_between(s, 0, last);
    f->v[f->n++] = lines_between(s, second, last);
}

static void forms_open(struct forms *f, struct pystr response)
{
    *f = (struct forms){.plain = {BUF_INIT, BUF_INIT, BUF_INIT, BUF_INIT}};
    add_lines(f, response);
    if (!memchr(response.s, '*', response.n_bytes))
        return;
    for (int i = 0; i < 4; i++) {
        pystr_replace(&f->plain[i], f->v[i], pystr_z("*"), pystr_z(""), -1);
        f->v[f->n++] = pystr_of(f->plain[i].data, f->plain[i].len);
    }
}

static void forms_close(struct forms *f)
{
    for (int i = 0; i < 4; i++)
        buf_release(&f->plain[i]);
}

static int follows(bool *out, ifeval_check_fn *check, yyjson_val *kwargs, struct pystr text, struct err *err)
{
    *out = false;
    return ifeval_is_blank(text) ? 0 : check(out, kwargs, text, err);
}

static int check_one(bool *strict, bool *loose, ifeval_check_fn *check, yyjson_val *kwargs, const struct forms *f,
                     struct err *err)
{
    if (follows(strict, check, kwargs, f->v[0], err))
        return -1;
    *loose = *strict;
    for (int i = 1; i < f->n && !*loose; i++)
        if (follows(loose, check, kwargs, f->v[i], err))
            return -1;
    return 0;
}

static int check_forms(struct ifeval_verdict *out, yyjson_val *doc, const struct forms *f, struct err *err)
{
    yyjson_val *ids = yyjson_obj_get(doc, "instruction_id_list"), *kwargs = yyjson_obj_get(doc, "kwargs");
    long long key = (long long)yyjson_get_sint(yyjson_obj_get(doc, "key"));
    size_t n = yyjson_arr_size(ids);
    if (n == 0 || n > IFEVAL_INSTRUCTIONS_MAX || yyjson_arr_size(kwargs) != n)
        return err_set(err, ERR_FORMAT, "IFEval row with key %lld: expected 1 to %d instructions in"
                       " 'instruction_id_list' and as many in 'kwargs'", key, IFEVAL_INSTRUCTIONS_MAX);
    for (size_t i = 0; i < n; i++) {
        const char *id = yyjson_get_str(yyjson_arr_get(ids, i));
        ifeval_check_fn *check = checker_find(id);
        if (!check)
            return err_set(err, ERR_FORMAT, "IFEval row with key %lld: unknown instruction '%s'", key, id ? id : "");
        if (check_one(&out->strict[i], &out->loose[i], check, yyjson_arr_get(kwargs, i), f, err))
            return err_prefix(err, "IFEval row with key %lld, instruction %s: ", key, id);
    }
    out->n = (int)n;
    return 0;
}

int ifeval_check(struct ifeval_verdict *out, yyjson_val *doc, const char *response, size_t n_bytes, struct err *err)
{
    struct forms f;
    *out = (struct ifeval_verdict){0};
    forms_open(&f, pystr_of(response, n_bytes));
    int ret = check_forms(out, doc, &f, err);
    forms_close(&f);
    return ret;
}

static int n_true(const bool *v, int n)
{
    int sum = 0;
    for (int i = 0; i < n; i++)
        sum += v[i];
    return sum;
}

int ifeval_score(struct measures *out, yyjson_val *doc, const char *response, size_t n_bytes, struct err *err)
{
    struct ifeval_verdict v;
    if (ifeval_check(&v, doc, response, n_bytes, err))
        return -1;
    int strict = n_true(v.strict, v.n), loose = n_true(v.loose, v.n);
    measures_add(out, "prompt_level_strict_acc", strict == v.n);
    measures_add_parts(out, "inst_level_strict_acc", strict, v.n);
    measures_add(out, "prompt_level_loose_acc", loose == v.n);
    measures_add_parts(out, "inst_level_loose_acc", loose, v.n);
    return 0;
}
