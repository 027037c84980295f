#include "base/opt.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "base/utf8.h"
#include "base/xalloc.h"

#include "base/banned.h"

enum {
    NAME_MAX_BYTES = 64, /* longer names are neither found nor suggested */
    HELP_COLUMNS = 100,
    HELP_LEFT_MAX = 36 /* an option wider than this gets its help on the next line */
};

/* ---- fields ---- */

static void *field_of(const struct opt_row *row, void *settings)
{
    return (char *)settings + row->offset;
}

static const void *const_field_of(const struct opt_row *row, const void *settings)
{
    return (const char *)settings + row->offset;
}

static bool is_text(const struct opt_row *row)
{
    return row->type == OPT_STR || row->type == OPT_CHOICE || row->type == OPT_LIST;
}

static void clear_field(const struct opt_row *row, void *settings)
{
    void *field = field_of(row, settings);
    if (is_text(row))
        *(const char **)field = NULL;
    else if (row->type == OPT_BOOL)
        *(bool *)field = false;
    else if (row->type == OPT_NUM)
        *(double *)field = 0;
    else
        *(int64_t *)field = 0;
}

void opt_defaults(const struct opt_table *t, void *settings, struct arena *a)
{
    for (int i = 0; i < t->n; i++) {
        const struct opt_row *row = &t->rows[i];
        clear_field(row, settings);
        if (row->def) {
            int ret = opt_set(row, settings, row->def, NULL, a, NULL);
            assert(!ret); /* the table is constant; a test walks it */
            (void)ret;
        }
    }
}

/* ---- names ---- */

static char to_underscore(char c)
{
    return c == '-' ? '_' : c;
}

/* For suggestions only. */
static char fold(char c)
{
    return to_underscore((char)tolower((unsigned char)c));
}

/* The first n bytes of a against all of b; '-' and '_' are the same, case matters. */
static bool same_name(const char *a, const char *b, size_t n)
{
    if (strlen(b) != n)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (to_underscore(a[i]) != to_underscore(b[i]))
            return false;
    }
    return true;
}

static const struct opt_row *find_long(const struct opt_table *t, const char *name, size_t n)
{
    for (int i = 0; i < t->n; i++) {
        const struct opt_row *row = &t->rows[i];
        if (same_name(name, row->key, n) || (row->alias && same_name(name, row->alias, n)))
            return row;
    }
    return NULL;
}

static const struct opt_row *find_short(const struct opt_table *t, const char *name, size_t n)
{
    for (int i = 0; i < t->n; i++) {
        const char *s = t->rows[i].short_name;
        if (s && strlen(s) == n && !strncmp(s, name, n))
            return &t->rows[i];
    }
    return NULL;
}

const struct opt_row *opt_find(const struct opt_table *t, const char *name)
{
    return find_long(t, name, strlen(name));
}

bool opt_in_groups(const struct opt_row *row, const char *const *groups)
{
    if (!groups)
        return true;
    for (; *groups; groups++) {
        if (row->group && !strcmp(row->group, *groups))
            return true;
    }
    return false;
}

static int min3(int a, int b, int c)
{
    int m = a < b ? a : b;
    return m < c ? m : c;
}

/* Optimal string alignment: insert, delete, replace, or swap two neighbours. */
static int edit_distance(const char *a, const char *b)
{
    int d[NAME_MAX_BYTES + 1][NAME_MAX_BYTES + 1];
    int na = (int)strlen(a), nb = (int)strlen(b);
    for (int j = 0; j <= nb; j++)
        d[0][j] = j;
    for (int i = 1; i <= na; i++) {
        d[i][0] = i;
        for (int j = 1; j <= nb; j++) {
            char ca = fold(a[i - 1]), cb = fold(b[j - 1]);
            d[i][j] = min3(d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (ca != cb));
            if (i > 1 && j > 1 && ca == fold(b[j - 2]) && fold(a[i - 2]) == cb)
                d[i][j] = min3(d[i][j], d[i - 2][j - 2] + 1, d[i][j]);
        }
    }
    return d[na][nb];
}

/* Near: at most one edit, and one more for every four characters, but never a whole new word. */
const char *opt_nearest(const char *text, const char *const *names, int n)
{
    const char *best = NULL;
    size_t len = strlen(text);
    int limit = 1 + (int)len / 4;
    if (len > NAME_MAX_BYTES)
        return NULL;
    for (int i = 0; i < n; i++) {
        size_t name_len = strlen(names[i]);
        if (name_len > NAME_MAX_BYTES)
            continue;
        int d = edit_distance(text, names[i]);
        if (d <= limit && (size_t)d < len && (size_t)d < name_len) {
            best = names[i];
            limit = d - 1;
        }
    }
    return best;
}

void opt_suggest(struct buf *out, const char *text, const char *const *names, int n)
{
    const char *near = opt_nearest(text, names, n);
    if (near)
        buf_printf(out, "; did you mean '%s'?", near);
}

/* The nearest spelling among the rows of the groups, with its dashes when asked; lives in a. */
static const char *suggest(const struct opt_table *t, const char *const *groups, const char *name,
                           bool with_dashes, struct arena *a)
{
    int n = 0;
    const char **names = xcalloc((size_t)t->n * 2 + 1, sizeof(*names));
    for (int i = 0; i < t->n; i++) {
        if (!opt_in_groups(&t->rows[i], groups))
            continue;
        names[n++] = t->rows[i].key;
        if (t->rows[i].alias)
            names[n++] = t->rows[i].alias;
    }
    const char *best = opt_nearest(name, names, n);
    free(names);
    return best && with_dashes ? arena_printf(a, "--%s", best) : best;
}

/* ---- values ---- */

/* "--n_ctx: " or "study.yaml:3:5: n_ctx: " or "n_ctx: ". */
static void put_where(struct buf *out, const struct opt_row *row, const char *where)
{
    if (where)
        buf_printf(out, "%s: ", where);
    if (!where || where[0] != '-')
        buf_printf(out, "%s: ", row->key);
}

static bool has_range(const struct opt_row *row)
{
    return row->min != 0 || row->max != 0;
}

static void put_limit(struct buf *out, const struct opt_row *row, double v)
{
    char text[32];
    if (row->type == OPT_BYTES)
        units_format_bytes(text, sizeof(text), (int64_t)v);
    else if (v == floor(v) && fabs(v) < 1e15)
        snprintf(text, sizeof(text), "%.0f", v);
    else
        json_format_num(text, sizeof(text), v);
    buf_puts(out, text);
}

/* " from 2 to 1048576"; a bound that stands for "any" is left out. */
static void put_range(struct buf *out, const struct opt_row *row)
{
    bool has_min = has_range(row) && row->min > -1e15;
    bool has_max = has_range(row) && row->max < 1e15;
    if (!has_min && !has_max)
        return;
    buf_puts(out, has_min && has_max ? " from " : has_min ? ", at least " : ", at most ");
    put_limit(out, row, has_min ? row->min : row->max);
    if (has_min && has_max) {
        buf_puts(out, " to ");
        put_limit(out, row, row->max);
    }
}

/* "a whole number of tokens from 2 to 1048576". */
static void put_wanted(struct buf *out, const struct opt_row *row)
{
    static const char *const names[] = {
        [OPT_BOOL] = "true or false",
        [OPT_INT] = "a whole number",
        [OPT_NUM] = "a number",
        [OPT_STR] = "a text",
        [OPT_CHOICE] = "one of: ",
        [OPT_BYTES] = "a size such as 8GiB",
        [OPT_LIST] = "a list such as a,b",
    };
    buf_puts(out, names[row->type]);
    if (row->unit && (row->type == OPT_INT || row->type == OPT_NUM))
        buf_printf(out, " of %s", row->unit);
    if (!is_text(row))
        put_range(out, row);
    for (int i = 0; row->type == OPT_CHOICE && row->choices[i]; i++)
        buf_printf(out, "%s%s", i ? ", " : "", row->choices[i]);
}

static int value_error(const struct opt_row *row, const char *text, const char *where,
                       struct err *err)
{
    struct buf msg = BUF_INIT;
    put_where(&msg, row, where);
    if (row->type == OPT_CHOICE)
        buf_printf(&msg, "'%s' is not ", text);
    else
        buf_puts(&msg, "expected ");
    put_wanted(&msg, row);
    if (row->type != OPT_CHOICE)
        buf_printf(&msg, ", found '%s'", text);
    err_set(err, ERR_USAGE, "%s", msg.data);
    buf_release(&msg);
    return -1;
}

static bool in_range(const struct opt_row *row, double v)
{
    return !has_range(row) || (v >= row->min && v <= row->max);
}

static bool parse_int(int64_t *out, const char *text)
{
    char *end;
    if (!*text || isspace((unsigned char)*text))
        return false;
    errno = 0;
    *out = strtoll(text, &end, 10);
    return !*end && end != text && errno != ERANGE;
}

/* Decimal only: strtod would also take "nan", "inf" and "0x10". */
static bool parse_num(double *out, const char *text)
{
    char *end;
    if (!*text || text[strspn(text, "+-.0123456789eE")])
        return false;
    *out = strtod(text, &end);
    return !*end && end != text && isfinite(*out);
}

static bool parse_bool(bool *out, const char *text)
{
    static const char *const names[] = {"false", "true", "off", "on", "no", "yes", "0", "1"};
    for (int i = 0; i < 8; i++) {
        if (!strcmp(text, names[i])) {
            *out = i % 2;
            return true;
        }
    }
    return false;
}

/* The table's own string, or NULL. */
static const char *find_choice(const struct opt_row *row, const char *text)
{
    for (const char *const *c = row->choices; *c; c++) {
        if (!strcmp(*c, text))
            return *c;
    }
    return NULL;
}

/* One of these for each kind of field; false when the text is not a value of the row. */
static bool set_whole(const struct opt_row *row, int64_t *field, const char *text)
{
    int64_t v;
    bool is_ok = row->type == OPT_BYTES ? !units_parse_bytes(&v, text, NULL) : parse_int(&v, text);
    if (!is_ok || !in_range(row, (double)v))
        return false;
    *field = v;
    return true;
}

static bool set_num(const struct opt_row *row, double *field, const char *text)
{
    double v;
    if (!parse_num(&v, text) || !in_range(row, v))
        return false;
    *field = v;
    return true;
}

static bool set_text(const struct opt_row *row, const char **field, const char *text,
                     struct arena *a)
{
    const char *v = row->type == OPT_CHOICE ? find_choice(row, text) : arena_strdup(a, text);
    if (!v)
        return false;
    *field = v;
    return true;
}

static bool set_field(const struct opt_row *row, void *field, const char *text, struct arena *a)
{
    switch (row->type) {
    case OPT_BOOL: return parse_bool(field, text);
    case OPT_NUM: return set_num(row, field, text);
    case OPT_INT:
    case OPT_BYTES: return set_whole(row, field, text);
    default: return set_text(row, field, text, a);
    }
}

int opt_set(const struct opt_row *row, void *settings, const char *text, const char *where,
            struct arena *a, struct err *err)
{
    if (set_field(row, field_of(row, settings), text, a))
        return 0;
    return value_error(row, text, where, err);
}

/* ---- the command line ---- */

struct parser {
    const struct opt_table *t;
    const char *const *groups;
    void *settings;
    char **argv;
    int argc, i; /* argv[i] is looked at */
    struct arena *a;
};

/* One argument taken apart: "--n_ctx=8" has name "n_ctx" (of name_len bytes) and value "8". */
struct arg {
    const char *text, *name, *value;
    size_t name_len;
    bool is_long;
};

static struct arg split_arg(const char *text)
{
    struct arg arg = {.text = text, .is_long = text[1] == '-'};
    arg.name = text + (arg.is_long ? 2 : 1);
    arg.name_len = strcspn(arg.name, "=");
    if (arg.name[arg.name_len])
        arg.value = arg.name + arg.name_len + 1;
    return arg;
}

/* "-", "-1" and "-.5" are values. */
static bool looks_like_option(const char *text)
{
    if (text[0] != '-' || !text[1])
        return false;
    return !isdigit((unsigned char)text[1]) && text[1] != '.';
}

/* What follows an option is its value unless it is an option itself: a forgotten value must not eat
   the next option. Texts that begin with a dash and are no option ("-x^2") are values. */
static bool may_be_value(const struct parser *p, const char *text)
{
    if (!looks_like_option(text))
        return true;
    struct arg arg = split_arg(text);
    return !arg.is_long && !find_short(p->t, arg.name, arg.name_len);
}

static int unknown_option(const struct parser *p, const struct arg *arg, struct err *err)
{
    const char *name = arena_strndup(p->a, arg->name, arg->name_len);
    const char *near = suggest(p->t, p->groups, name, true, p->a);
    int shown = (int)(arg->name - arg->text) + (int)arg->name_len;
    if (near)
        return err_set(err, ERR_USAGE, "unknown option '%.*s'; did you mean '%s'?", shown,
                       arg->text, near);
    return err_set(err, ERR_USAGE, "unknown option '%.*s'", shown, arg->text);
}

/* The row of "--no-key", or NULL. */
static const struct opt_row *find_negated(const struct parser *p, const struct arg *arg)
{
    if (!arg->is_long || arg->name_len < 4 || strncmp(arg->name, "no", 2) ||
        fold(arg->name[2]) != '_')
        return NULL;
    const struct opt_row *row = find_long(p->t, arg->name + 3, arg->name_len - 3);
    return row && row->type == OPT_BOOL ? row : NULL;
}

static int parse_negated(struct parser *p, const struct opt_row *row, const struct arg *arg,
                         struct err *err)
{
    if (arg->value)
        return err_set(err, ERR_USAGE, "--%.*s takes no value, found '%s'", (int)arg->name_len,
                       arg->name, arg->value);
    *(bool *)field_of(row, p->settings) = false;
    return 0;
}

static int missing_value(const struct opt_row *row, const char *where, struct err *err)
{
    struct buf wanted = BUF_INIT;
    put_wanted(&wanted, row);
    err_set(err, ERR_USAGE, "%s: expected %s, found nothing", where, wanted.data);
    buf_release(&wanted);
    return -1;
}

static int parse_value(struct parser *p, const struct opt_row *row, const struct arg *arg,
                       struct err *err)
{
    const char *where =
        arena_printf(p->a, "%.*s", (int)(arg->name - arg->text) + (int)arg->name_len, arg->text);
    const char *value = arg->value;
    if (!value && row->type == OPT_BOOL)
        value = "true";
    if (!value && p->i + 1 < p->argc && may_be_value(p, p->argv[p->i + 1]))
        value = p->argv[++p->i];
    if (!value)
        return missing_value(row, where, err);
    return opt_set(row, p->settings, value, where, p->a, err);
}

static int parse_option(struct parser *p, struct err *err)
{
    struct arg arg = split_arg(p->argv[p->i]);
    const struct opt_row *row = arg.is_long ? find_long(p->t, arg.name, arg.name_len)
                                            : find_short(p->t, arg.name, arg.name_len);
    const struct opt_row *negated = row ? NULL : find_negated(p, &arg);
    if (!row && !negated)
        return unknown_option(p, &arg, err);
    if (!opt_in_groups(row ? row : negated, p->groups))
        return err_set(err, ERR_USAGE, "this command does not take the option '%s'", arg.text);
    return negated ? parse_negated(p, negated, &arg, err) : parse_value(p, row, &arg, err);
}

int opt_parse(const struct opt_table *t, const char *const *groups, void *settings, int argc,
              char **argv, struct arena *a, const char ***out_args, int *out_n, struct err *err)
{
    struct parser p = {t, groups, settings, argv, argc, 0, a};
    const char **args = arena_alloc(a, sizeof(*args) * ((size_t)argc + 1));
    int n = 0;
    bool only_args = false;
    for (; p.i < argc; p.i++) {
        if (!only_args && !strcmp(argv[p.i], "--"))
            only_args = true;
        else if (only_args || !looks_like_option(argv[p.i]))
            args[n++] = argv[p.i];
        else if (parse_option(&p, err))
            return -1;
    }
    *out_args = args;
    *out_n = n;
    return 0;
}

/* ---- help ---- */

static void put_choices(struct buf *out, const struct opt_row *row)
{
    for (int i = 0; row->choices[i]; i++)
        buf_printf(out, "%s%s", i ? "|" : " ", row->choices[i]);
}

/* "-ngl, --n_gpu_layers N". */
static void put_left(struct buf *out, const struct opt_row *row)
{
    static const char *const values[] = {
        [OPT_BOOL] = "",   [OPT_INT] = " N",      [OPT_NUM] = " X",        [OPT_STR] = " TEXT",
        [OPT_CHOICE] = "", [OPT_BYTES] = " SIZE", [OPT_LIST] = " A,B,...",
    };
    if (row->short_name)
        buf_printf(out, "-%s, ", row->short_name);
    buf_printf(out, "--%s%s%s", row->type == OPT_BOOL ? "[no-]" : "", row->key, values[row->type]);
    if (row->type == OPT_CHOICE)
        put_choices(out, row);
}

/* "number of chunks, -1 for all (chunks, default -1)". */
static void put_right(struct buf *out, const struct opt_row *row)
{
    const char *def =
        row->type == OPT_BOOL && row->def && !strcmp(row->def, "false") ? NULL : row->def;
    const char *unit = row->unit;
    buf_puts(out, row->help ? row->help : "");
    if (unit || def)
        buf_printf(out, " (%s%s%s%s)", unit ? unit : "", unit && def ? ", " : "",
                   def ? "default " : "", def ? def : "");
}

void opt_row_help(const struct opt_row *row, struct buf *left, struct buf *right)
{
    put_left(left, row);
    put_right(right, row);
}

static void pad_to(struct buf *out, int column)
{
    for (; column > 0; column--)
        buf_putc(out, ' ');
}

/* Words of text, each line beginning at `column`; the cursor stands there already. */
static void put_wrapped(struct buf *out, const char *text, int column)
{
    int at = column;
    for (const char *s = text; *s;) {
        int n = (int)strcspn(s, " ");
        char *word = xstrndup(s, (size_t)n);
        int width = utf8_width(word);
        if (at > column && at + 1 + width > HELP_COLUMNS) {
            buf_putc(out, '\n');
            pad_to(out, column);
            at = column;
        } else if (at > column) {
            buf_putc(out, ' ');
            at++;
        }
        buf_puts(out, word);
        at += width;
        free(word);
        s += n;
        s += strspn(s, " ");
    }
    buf_putc(out, '\n');
}

static int left_width(const struct opt_row *row)
{
    struct buf left = BUF_INIT;
    put_left(&left, row);
    int width = utf8_width(left.data);
    buf_release(&left);
    return width;
}

/* Width of the left column: the widest option that still fits it. */
static int help_column(const struct opt_table *t, const char *const *groups)
{
    int column = 0;
    for (int i = 0; i < t->n; i++) {
        int width = left_width(&t->rows[i]);
        if (opt_in_groups(&t->rows[i], groups) && width <= HELP_LEFT_MAX && width > column)
            column = width;
    }
    return column + 4;
}

static void put_row(struct buf *out, const struct opt_row *row, int column)
{
    struct buf right = BUF_INIT;
    int at = 2 + left_width(row);
    buf_puts(out, "  ");
    put_left(out, row);
    put_right(&right, row);
    if (at + 2 > column) {
        buf_putc(out, '\n');
        at = 0;
    }
    pad_to(out, column - at);
    put_wrapped(out, right.data, column);
    buf_release(&right);
}

static void put_group(const struct opt_table *t, const char *group, int column, struct buf *out)
{
    const char *const only[] = {group, NULL};
    bool has_title = false;
    for (int i = 0; i < t->n; i++) {
        if (!opt_in_groups(&t->rows[i], only))
            continue;
        if (!has_title)
            buf_printf(out, "%s%s options:\n", out->len ? "\n" : "", group);
        has_title = true;
        put_row(out, &t->rows[i], column);
    }
}

static bool is_first_of_group(const struct opt_table *t, int i)
{
    for (int j = 0; j < i; j++) {
        if (!strcmp(t->rows[j].group, t->rows[i].group))
            return false;
    }
    return true;
}

void opt_help(const struct opt_table *t, const char *const *groups, struct buf *out)
{
    int column = help_column(t, groups);
    for (int i = 0; groups && groups[i]; i++)
        put_group(t, groups[i], column, out);
    for (int i = 0; !groups && i < t->n; i++) {
        if (is_first_of_group(t, i))
            put_group(t, t->rows[i].group, column, out);
    }
}

/* ---- JSON ---- */

/* A number without a default that is 0 is unset, and written as null. */
static void put_number(struct jw *w, const struct opt_row *row, const void *field)
{
    double v = row->type == OPT_NUM ? *(const double *)field : (double)*(const int64_t *)field;
    if (!row->def && v == 0)
        jw_null(w);
    else if (row->type == OPT_NUM)
        jw_num(w, v);
    else
        jw_int(w, *(const int64_t *)field);
}

static void put_json(struct jw *w, const struct opt_row *row, const void *settings)
{
    const void *field = const_field_of(row, settings);
    jw_key(w, row->key);
    if (is_text(row))
        jw_str(w, *(const char *const *)field);
    else if (row->type == OPT_BOOL)
        jw_bool(w, *(const bool *)field);
    else
        put_number(w, row, field);
}

void opt_json(const struct opt_table *t, const char *const *groups, bool only_moving,
              const void *settings, struct jw *w)
{
    for (int i = 0; i < t->n; i++) {
        const struct opt_row *row = &t->rows[i];
        if (opt_in_groups(row, groups) && (row->moves_results || !only_moving))
            put_json(w, row, settings);
    }
}

/* A JSON value as the text that opt_set reads: "4096", "true", a string as it is; lives in a. */
static const char *text_of(const struct opt_row *row, yyjson_val *v, struct arena *a)
{
    char text[32];
    if (yyjson_is_str(v))
        return yyjson_get_str(v);
    if (yyjson_is_bool(v))
        return yyjson_get_bool(v) ? "true" : "false";
    if (yyjson_is_real(v) && row->type == OPT_NUM) {
        json_format_num(text, sizeof(text), yyjson_get_real(v));
        return arena_strdup(a, text);
    }
    if (yyjson_is_sint(v))
        return arena_printf(a, "%" PRId64, yyjson_get_sint(v));
    if (yyjson_is_uint(v))
        return arena_printf(a, "%" PRIu64, yyjson_get_uint(v));
    return yyjson_is_real(v) ? "a fraction" : "a list or an object";
}

static int unknown_key(const struct opt_table *t, const struct json *j, const char *key,
                       struct arena *a, struct err *err)
{
    const char *near = suggest(t, NULL, key, false, a);
    if (near)
        return err_set(err, ERR_USAGE, "%s: unknown setting '%s'; did you mean '%s'?", json_name(j),
                       key, near);
    return err_set(err, ERR_USAGE, "%s: unknown setting '%s'", json_name(j), key);
}

int opt_from_json(const struct opt_table *t, void *settings, const struct json *j, yyjson_val *obj,
                  struct arena *a, struct err *err)
{
    size_t i, n;
    yyjson_val *key, *v;
    if (!yyjson_is_obj(obj))
        return err_set(err, ERR_USAGE, "%s: expected an object with settings", json_name(j));
    yyjson_obj_foreach(obj, i, n, key, v)
    {
        const struct opt_row *row = opt_find(t, yyjson_get_str(key));
        if (!row)
            return unknown_key(t, j, yyjson_get_str(key), a, err);
        if (yyjson_is_null(v))
            clear_field(row, settings);
        else if (opt_set(row, settings, text_of(row, v, a), json_name(j), a, err))
            return -1;
    }
    return 0;
}

/* ---- lists ---- */

static size_t count_commas(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += *text == ',';
    return n;
}

const char *const *opt_split(struct arena *a, const char *text, int *out_n)
{
    text = text ? text : "";
    const char **parts = arena_alloc(a, sizeof(*parts) * (count_commas(text) + 2));
    int n = 0;
    while (*text) {
        text += strspn(text, " \t");
        size_t len = strcspn(text, ","), kept = len;
        while (kept && (text[kept - 1] == ' ' || text[kept - 1] == '\t'))
            kept--;
        if (kept)
            parts[n++] = arena_strndup(a, text, kept);
        text += len + (text[len] == ',');
    }
    *out_n = n;
    return parts;
}
