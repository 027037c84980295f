/* Checkers that look at the answer as a whole: its language, case, beginning and end. */
#include <string.h>

#include "base/buf.h"
#include "tasks/ifeval_check.h"
#include "tasks/langdetect.h"
#include "tasks/nltkwords.h"

#include "base/banned.h"

/* A text without any feature counts as right: lm-evaluation-harness takes the exception for yes. */
static bool is_language(struct pystr text, struct pystr code)
{
    const char *lang = langdetect(text.s, text.n_bytes);
    return !lang || pystr_equal(pystr_z(lang), code);
}

int ifeval_language(bool *out, yyjson_val *kwargs, struct pystr text, struct err *err)
{
    struct pystr code;
    if (ifeval_text(&code, kwargs, "language", err))
        return -1;
    *out = is_language(text, code);
    return 0;
}

int ifeval_english_capital(bool *out, yyjson_val *kwargs, struct pystr text, struct err *err)
{
    (void)kwargs;
    (void)err;
    *out = pystr_isupper(text) && is_language(text, pystr_z("en"));
    return 0;
}

int ifeval_english_lowercase(bool *out, yyjson_val *kwargs, struct pystr text, struct err *err)
{
    (void)kwargs;
    (void)err;
    *out = pystr_islower(text) && is_language(text, pystr_z("en"));
    return 0;
}

int ifeval_capital_words(bool *out, yyjson_val *kwargs, struct pystr text, struct err *err)
{
    struct buf tokens = BUF_INIT;
    struct pystr token;
    size_t n = 0;
    int ret = nltkwords_split(&tokens, text.s, text.n_bytes, err);
    struct pystr_split it = pystr_split(pystr_of(tokens.data, tokens.len), NULL, -1);
    while (pystr_next(&it, &token))
        n += pystr_isupper(token);
    buf_release(&tokens);
    return ret ? -1 : ifeval_compare(out, n, kwargs, "capital_frequency", "capital_relation", err);
}

int ifeval_two_responses(bool *out, yyjson_val *kwargs, struct pystr text, struct err *err)
{
    struct pystr part, divider = pystr_z("******"), full[2] = {0};
    struct pystr_split it = pystr_split(text, &divider, -1);
    int n_parts = 0, n_full = 0, last_blank = 0;
    bool is_blank_inside = false;
    (void)kwargs;
    (void)err;
    while (pystr_next(&it, &part)) {
        n_parts++;
        is_blank_inside = is_blank_inside || last_blank > 1; /* a part after it: not the last */
        last_blank = ifeval_is_blank(part) ? n_parts : 0;
        if (!last_blank && n_full++ < 2)
            full[n_full - 1] = ifeval_strip(part);
    }
    *out = !is_blank_inside && n_full == 2 && !pystr_equal(full[0], full[1]);
    return 0;
}

int ifeval_repeat_prompt(bool *out, yyjson_val *kwargs, struct pystr text, struct err *err)
{
    struct pystr prompt;
    struct buf lower_prompt = BUF_INIT, lower_text = BUF_INIT;
    if (ifeval_text(&prompt, kwargs, "prompt_to_repeat", err))
        return -1;
    pystr_lower(&lower_prompt, ifeval_strip(prompt));
    pystr_lower(&lower_text, ifeval_strip(text));
    *out = pystr_startswith(pystr_of(lower_text.data, lower_text.len), pystr_of(lower_prompt.data, lower_prompt.len));
    buf_release(&lower_prompt);
    buf_release(&lower_text);
    return 0;
}

int ifeval_end(bool *out, yyjson_val *kwargs, struct pystr text, struct err *err)
{
    struct pystr phrase, quote = pystr_z("\"");
    struct buf lower_phrase = BUF_INIT, lower_text = BUF_INIT;
    if (ifeval_text(&phrase, kwargs, "end_phrase", err))
        return -1;
    pystr_lower(&lower_phrase, ifeval_strip(phrase));
    pystr_lower(&lower_text, pystr_strip(ifeval_strip(text), &quote));
    *out = pystr_endswith(pystr_of(lower_text.data, lower_text.len), pystr_of(lower_phrase.data, lower_phrase.len));
    buf_release(&lower_phrase);
    buf_release(&lower_text);
    return 0;
}

int ifeval_quotation(bool *out, yyjson_val *kwargs, struct pystr text, struct err *err)
{
    struct pystr s = ifeval_strip(text);
    (void)kwargs;
    (void)err;
    *out = s.n_bytes > 1 && s.s[0] == '"' && s.s[s.n_bytes - 1] == '"';
    return 0;
}

int ifeval_no_comma(bool *out, yyjson_val *kwargs, struct pystr text, struct err *err)
{
    (void)kwargs;
    (void)err;
    *out = !memchr(text.s, ',', text.n_bytes);
    return 0;
}
