#include "tasks/exact_match.h"

#include <string.h>

#include "base/buf.h"
#include "base/regex.h"

#include "base/banned.h"

/* PyYAML's booleans */
static bool is_true(const struct yaml_node *map, const char *key)
{
    static const char *const words[] = {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"};
    const struct yaml_node *v = map ? yaml_find(map, key) : NULL;
    for (size_t i = 0; v && v->kind == YAML_SCALAR && v->is_plain && i < sizeof(words) / sizeof(words[0]); i++)
        if (!strcmp(v->text, words[i]))
            return true;
    return false;
}

static int parse_ignored(struct exact_match_options *out, const struct yaml_node *list, struct arena *a,
                         struct err *err)
{
    if (list->kind != YAML_SEQUENCE)
        return err_set(err, ERR_FORMAT, "%s:%d: regexes_to_ignore: expected a list", list->file, list->line);
    const char **ignored = arena_alloc(a, ((size_t)list->n + 1) * sizeof(*ignored));
    out->ignored = ignored;
    out->n_ignored = list->n;
    for (int i = 0; i < list->n; i++) {
        if (list->items[i]->kind != YAML_SCALAR)
            return err_set(err, ERR_FORMAT, "%s:%d: regexes_to_ignore: expected a regular expression", list->file,
                           list->items[i]->line);
        ignored[i] = list->items[i]->text;
    }
    return 0;
}

int exact_match_parse(struct exact_match_options *out, const struct yaml_node *metric, struct arena *a,
                      struct err *err)
{
    const struct yaml_node *list = metric ? yaml_find(metric, "regexes_to_ignore") : NULL;
    *out = (struct exact_match_options){.ignore_case = is_true(metric, "ignore_case"),
                                        .ignore_punctuation = is_true(metric, "ignore_punctuation"),
                                        .ignore_numbers = is_true(metric, "ignore_numbers")};
    return list && !yaml_is_null(list) ? parse_ignored(out, list, a, err) : 0;
}

static int delete_matches(struct buf *text, const char *pattern, struct err *err)
{
    struct regex *re;
    struct buf out = BUF_INIT;
    if (regex_compile(&re, pattern, 0, err))
        return err_prefix(err, "exact_match: ");
    int ret = regex_sub(&out, re, "", text->data, text->len, err);
    regex_close(re);
    buf_release(text);
    *text = out;
    return ret;
}

static void delete_any_of(struct buf *text, const char *chars)
{
    size_t n = 0;
    for (size_t i = 0; i < text->len; i++)
        if (!text->data[i] || !strchr(chars, text->data[i]))
            text->data[n++] = text->data[i];
    text->len = n;
}

/* numpy keeps a lower-cased text no longer than it was. */
static void lower(struct buf *text)
{
    struct buf out = BUF_INIT;
    struct pystr s = pystr_of(text->data, text->len);
    pystr_lower(&out, s);
    struct pystr cut = pystr_slice(pystr_of(out.data, out.len), 0, pystr_len(s));
    out.len = cut.n_bytes;
    buf_release(text);
    *text = out;
}

/* numpy's texts do not end in NUL. */
static void trim(struct buf *text)
{
    while (text->len && text->data[text->len - 1] == '\0')
        text->len--;
}

static int reduce(struct buf *out, const struct exact_match_options *o, struct pystr s, struct err *err)
{
    buf_append(out, s.s, s.n_bytes);
    for (int i = 0; i < o->n_ignored; i++) {
        if (delete_matches(out, o->ignored[i], err))
            return -1;
        trim(out);
    }
    trim(out);
    if (o->ignore_case)
        lower(out);
    if (o->ignore_punctuation)
        delete_any_of(out, "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~");
    if (o->ignore_numbers)
        delete_any_of(out, "0123456789");
    return 0;
}

int exact_match(double *out, const struct exact_match_options *o, struct pystr prediction, struct pystr reference,
                struct err *err)
{
    struct buf a = BUF_INIT, b = BUF_INIT;
    int ret = -1;
    if (reduce(&a, o, prediction, err) || reduce(&b, o, reference, err))
        goto done;
    *out = prediction.s && a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
    ret = 0;
done:
    buf_release(&a);
    buf_release(&b);
    return ret;
}
