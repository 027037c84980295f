#include "tasks/items.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rand.h"
#include "base/xalloc.h"
#include "tasks/sampler.h"

#include "base/banned.h"

enum { SHOTS_BYTES_MAX = 32 << 20 };

/* One message of a prompt; as plain text its delimiter follows. */
struct message {
    const char *role;
    struct pystr content, delimiter;
};

/* A prompt in the making. */
struct prompt {
    struct message *m; /* [n] */
    int n;
};

/* An example: a question and, nearly always, its answer. */
struct shot {
    struct message m[2];
    int n;
};

struct items {
    const struct task *t;
    const struct rowset *eval;
    yyjson_val *const *pool; /* [n_pool] */
    int64_t n_pool;
    const char *pool_name;
    struct items_options o;
    int n_shots;
    bool *is_wanted; /* [eval->n] */
    int64_t n_wanted, next;
    struct rand_mt rand;
    int64_t *draw;  /* [n_shots + 1] of the document at hand */
    int64_t *fixed; /* [n_shots + 1] the first document's draw, or NULL */
    int n_fixed;
    bool has_many_inputs, has_many_targets;
    yyjson_val *columns;  /* the first row, as templates see it */
    struct arena a;       /* columns, shots */
    struct arena scratch; /* of one document */
    struct shot **shots;  /* [n_pool] or NULL where not made yet */
    size_t shots_bytes;
};

/* What build_turn is made of. */
struct turn {
    struct pystr question;
    struct pystr prefix;     /* gen_prefix, or empty */
    const struct pyval *choices; /* or NULL */
    const struct pyval *answer;  /* or NULL: the question alone */
    struct pystr target_delimiter, fewshot_delimiter;
};

/* ---- texts */

static bool begins_with_space(struct pystr s)
{
    return s.n_bytes && pystr_isspace(pystr_slice(s, 0, 1));
}

static bool ends_with_space(struct pystr s)
{
    return pystr_n_trailing_space(s) > 0;
}

static struct pystr join(struct arena *a, struct pystr x, struct pystr y, struct pystr z)
{
    size_t n = x.n_bytes + y.n_bytes + z.n_bytes;
    char *s = arena_alloc(a, n + 1), *end = s;
    const struct pystr parts[] = {x, y, z};
    for (int i = 0; i < 3; i++) {
        memcpy(end, parts[i].s, parts[i].n_bytes);
        end += parts[i].n_bytes;
    }
    return pystr_of(s, n);
}

/* The delimiter goes between only where neither side has whitespace at the joint. */
static struct pystr join_delimited(struct arena *a, struct pystr x, struct pystr y, struct pystr delimiter)
{
    if (!x.n_bytes || !y.n_bytes)
        return x.n_bytes ? x : y;
    bool is_open = !ends_with_space(x) && !begins_with_space(y);
    return join(a, x, is_open ? delimiter : pystr_of("", 0), y);
}

static struct text keep_text(struct arena *a, struct pystr s)
{
    return (struct text){arena_strndup(a, s.s, s.n_bytes), s.n_bytes};
}

/* ---- rows as templates see them */

static int process_row(yyjson_val **out, const struct func *f, struct arena *a, yyjson_val *row, struct err *err)
{
    *out = row;
    if (f && f->row(out, a, row, err))
        return err_prefix(err, "process_docs (%s): ", f->name);
    return 0;
}

static int eval_row(yyjson_val **out, const struct items *it, struct arena *a, int64_t doc_id, struct err *err)
{
    return process_row(out, it->t->process_docs, a, it->eval->row[doc_id], err);
}

static int pool_row(yyjson_val **out, const struct items *it, struct arena *a, int64_t i, struct err *err)
{
    if (process_row(out, it->t->pool_process_docs, a, it->pool[i], err))
        return err_prefix(err, "few-shot doc %" PRId64 " of %s: ", i, it->pool_name);
    return 0;
}

static struct view view_of(const struct items *it, struct arena *a, yyjson_val *row)
{
    return (struct view){
        .row = row, .columns = it->columns, .has_choices = it->t->choice.kind != FIELD_NONE, .a = a};
}

/* ---- turns */

/* Python's indexing of a list of texts. */
static bool index_text(struct pystr *out, const struct pyval *list, int64_t i)
{
    if (i < 0 || i >= list->list->n || list->list->v[i].type != PY_STR)
        return false;
    *out = list->list->v[i].s;
    return true;
}

static bool is_int(const struct pyval *v)
{
    return v->type == PY_INT || v->type == PY_BOOL;
}

static int answer_text(struct pystr *out, const struct turn *t, const struct field *target, struct err *err)
{
    const struct pyval *a = t->answer;
    bool is_list = a->type == PY_LIST || a->type == PY_TUPLE;
    bool is_found;
    if (t->choices && t->choices->list->n && is_int(a)) {
        if (!index_text(out, t->choices, a->i))
            return field_error(target, err, "the answer is choice %" PRId64 " (from 0), but there are %d choices", a->i,
                               t->choices->list->n);
        return 0;
    }
    is_found = is_list ? index_text(out, a, 0) : a->type == PY_STR;
    if (is_found && !is_list)
        *out = a->s;
    return is_found ? 0 : field_error(target, err, "expected a text as the answer, found %s", py_type_name(*a));
}

/* One or two messages: the question, and the answer or its given beginning. */
static int build_turn(struct message out[2], int *n, struct arena *a, const struct turn *t, const struct field *target,
                      struct err *err)
{
    struct pystr text;
    static const struct pystr none = {"", 0};
    bool has_answer = t->answer && t->answer->type != PY_NONE && !(t->answer->type == PY_STR && !t->answer->s.n_bytes);
    bool has_prefix = t->prefix.n_bytes > 0;
    bool is_open = t->question.n_bytes && !ends_with_space(t->question) && !begins_with_space(t->prefix);
    bool has_delimiter = has_prefix ? is_open : has_answer;
    out[0] = (struct message){"user", t->question, has_delimiter ? t->target_delimiter : none};
    *n = 1;
    if (has_answer && answer_text(&text, t, target, err))
        return -1;
    if (!has_answer && !has_prefix)
        return 0;
    if (has_answer)
        text = join_delimited(a, t->prefix, text, pystr_z(" "));
    out[1] = (struct message){"assistant", has_answer ? text : t->prefix, has_answer ? t->fewshot_delimiter : none};
    *n = 2;
    return 0;
}

static int question_text(struct pystr *out, const struct items *it, const struct field *f, struct pyval q,
                         const struct pyval *choices, struct err *err)
{
    if (it->has_many_inputs) {
        if (!is_int(&q) || !choices || !index_text(out, choices, q.i))
            return field_error(f, err, "expected the number of a choice, as in the first row of the split");
        return 0;
    }
    if (q.type != PY_STR)
        return field_error(f, err, "expected a text, found %s", py_type_name(q));
    *out = q.s;
    return 0;
}

/* ---- examples */

/* A score is shown as it stands, and is no number of a choice. */
static int print_number(struct pyval *v, struct arena *a, const struct field *f, struct err *err)
{
    struct buf text = BUF_INIT;
    if (!py_is_number(*v))
        return 0;
    const char *why = py_print(&text, *v);
    *v = py_str_of(a, &text);
    buf_release(&text);
    return why ? field_error(f, err, "%s", why) : 0;
}

static int render_shot(struct shot *out, const struct items *it, struct arena *a, yyjson_val *row, struct err *err)
{
    const struct task *t = it->t;
    struct pyval question, choices, answer;
    struct view v = view_of(it, a, row);
    struct turn turn = {.target_delimiter = t->shot_target_delimiter, .fewshot_delimiter = t->shot_fewshot_delimiter};
    bool has_choices = t->shot_choice->kind != FIELD_NONE;
    if (field_text(&question, t->shot_text, &v, err) ||
        (has_choices && field_choices(&choices, t->shot_choice, &v, err)) ||
        field_target(&answer, t->shot_target, &v, err) || field_plain(&turn.prefix, t->shot_gen_prefix, &v, err))
        return -1;
    if (question_text(&turn.question, it, t->shot_text, question, has_choices ? &choices : NULL, err))
        return -1;
    if (t->rubric && print_number(&answer, a, t->shot_target, err))
        return -1;
    turn.choices = has_choices && !it->has_many_inputs && !t->rubric ? &choices : NULL;
    turn.answer = &answer;
    return build_turn(out->m, &out->n, a, &turn, t->shot_target, err);
}

static struct shot *keep_shot(struct items *it, const struct shot *from)
{
    struct shot *kept = arena_dup(&it->a, from, sizeof(*from));
    for (int i = 0; i < kept->n; i++) {
        struct pystr *content = &kept->m[i].content;
        *content = pystr_of(arena_strndup(&it->a, content->s, content->n_bytes), content->n_bytes);
        it->shots_bytes += content->n_bytes + sizeof(*kept);
    }
    return kept;
}

/* Row i of the pool as an example; from the second time on from memory, unless that is full. */
static int get_shot(const struct shot **out, struct items *it, int64_t i, struct err *err)
{
    yyjson_val *row;
    *out = it->shots[i];
    if (*out)
        return 0;
    struct shot *shot = arena_alloc(&it->scratch, sizeof(*shot));
    if (pool_row(&row, it, &it->scratch, i, err))
        return -1;
    if (render_shot(shot, it, &it->scratch, row, err))
        return err_prefix(err, "few-shot doc %" PRId64 " of %s: ", i, it->pool_name);
    if (it->shots_bytes < SHOTS_BYTES_MAX)
        it->shots[i] = shot = keep_shot(it, shot);
    *out = shot;
    return 0;
}

/* ---- draws */

/* Python's row == doc. Most rows differ in their first text, which costs nothing to see. */
static bool is_equal_row(struct arena *a, yyjson_val *row, yyjson_val *doc)
{
    size_t i, n;
    yyjson_val *key, *item;
    struct pyval x, y;
    yyjson_obj_foreach(row, i, n, key, item) {
        yyjson_val *other = yyjson_obj_getn(doc, yyjson_get_str(key), yyjson_get_len(key));
        if (!other)
            return false;
        if (yyjson_is_str(item) && yyjson_is_str(other) && !yyjson_equals(item, other))
            return false;
    }
    return !py_from_json(a, row, &x) && !py_from_json(a, doc, &y) && py_equal(x, y);
}

static int is_own_row(bool *out, struct items *it, int64_t i, yyjson_val *doc, struct err *err)
{
    yyjson_val *row;
    if (pool_row(&row, it, &it->scratch, i, err))
        return -1;
    *out = is_equal_row(&it->scratch, row, doc);
    return 0;
}

/* Keeps of the n draws those that are not the document itself, at most n_shots; returns how many, or -1. */
static int drop_own(int64_t *draw, int n, struct items *it, yyjson_val *doc, struct err *err)
{
    int n_kept = 0;
    for (int i = 0; i < n && n_kept < it->n_shots; i++) {
        bool is_own;
        if (is_own_row(&is_own, it, draw[i], doc, err))
            return -1;
        if (!is_own)
            draw[n_kept++] = draw[i];
    }
    return n_kept;
}

/* Copies of the document were drawn: once more, from the pool without any. */
static int draw_without(struct items *it, yyjson_val *doc, struct err *err)
{
    int ret = -1;
    int64_t n_others = 0, *others = xmalloc(sizeof(*others) * (size_t)(it->n_pool + 1));
    for (int64_t i = 0; i < it->n_pool; i++) {
        bool is_own;
        if (is_own_row(&is_own, it, i, doc, err))
            goto done;
        if (!is_own)
            others[n_others++] = i;
    }
    if (sampler_python(it->draw, &it->rand, n_others, it->n_shots, err))
        goto done;
    for (int i = 0; i < it->n_shots; i++)
        it->draw[i] = others[it->draw[i]];
    ret = 0;
done:
    free(others);
    return ret;
}

static int draw_default(struct items *it, yyjson_val *doc, struct err *err)
{
    int n = it->n_shots + it->t->excludes_own;
    if (sampler_python(it->draw, &it->rand, it->n_pool, n, err))
        return err_prefix(err, "split %s: ", it->pool_name);
    if (!it->t->excludes_own)
        return 0;
    int n_kept = drop_own(it->draw, n, it, doc, err);
    if (n_kept < 0 || n_kept == it->n_shots)
        return n_kept < 0 ? -1 : 0;
    return draw_without(it, doc, err);
}

static int draw_first(struct items *it, yyjson_val *doc, struct err *err)
{
    int n = 0;
    for (int64_t i = 0; i < it->n_pool && n < it->n_shots; i++) {
        bool is_own = false;
        if (it->t->excludes_own && is_own_row(&is_own, it, i, doc, err))
            return -1;
        if (!is_own)
            it->draw[n++] = i;
    }
    if (n < it->n_shots)
        return err_set(err, ERR_RANGE, "%d few-shot examples are asked for, and split %s has %d rows for them",
                       it->n_shots, it->pool_name, n);
    return 0;
}

static int draw_fixed(struct items *it, yyjson_val *doc, struct err *err)
{
    memcpy(it->draw, it->fixed, sizeof(*it->draw) * (size_t)it->n_fixed);
    if (!it->t->excludes_own)
        return 0;
    int n = drop_own(it->draw, it->n_fixed, it, doc, err);
    if (n >= 0 && n < it->n_shots)
        return err_set(err, ERR_RANGE, "the document is more than once among the fixed few-shot examples");
    return n < 0 ? -1 : 0;
}

/* Sets it->draw for a document; doc may be NULL for tasks that do not exclude it. */
static int draw_shots(struct items *it, yyjson_val *doc, struct err *err)
{
    if (!it->n_shots)
        return 0;
    if (it->t->sampler == SAMPLER_FIRST_N)
        return draw_first(it, doc, err);
    return it->fixed ? draw_fixed(it, doc, err) : draw_default(it, doc, err);
}

/* ---- the prompt of a document */

/* A document while it becomes an item. */
struct asking {
    struct items *it;
    struct arena *a; /* the item's */
    yyjson_val *row;
    struct view v;
    struct pyval text, target, choices;
    bool has_choices;
    struct pystr prefix;
    struct prompt prompt;
    const char *problem; /* of the template, or NULL */
};

static void add_message(struct prompt *p, struct message m)
{
    p->m[p->n++] = m;
}

static int add_system(struct asking *q, struct err *err)
{
    const struct task *t = q->it->t;
    struct pystr description;
    if (field_plain(&description, &t->description, &q->v, err))
        return -1;
    const char *instruction = q->it->o.system_instruction;
    struct pystr all = join_delimited(&q->it->scratch, pystr_z(instruction ? instruction : ""), description,
                                      t->fewshot_delimiter);
    if (all.n_bytes)
        add_message(&q->prompt, (struct message){"system", all, {"", 0}});
    return 0;
}

static int add_shots(struct asking *q, struct err *err)
{
    for (int i = 0; i < q->it->n_shots; i++) {
        const struct shot *shot;
        if (get_shot(&shot, q->it, q->it->draw[i], err))
            return -1;
        for (int k = 0; k < shot->n; k++)
            add_message(&q->prompt, shot->m[k]);
    }
    return 0;
}

static void add_turn(struct chat_message *m, int *n, struct arena *a, const char *role, struct pystr content)
{
    m[(*n)++] = (struct chat_message){role, arena_strndup(a, content.s, content.n_bytes)};
}

/* All but the system message and a begun answer become one user message, with the delimiters between. */
static int single_turn(struct chat_message *m, struct arena *a, const struct prompt *p, bool has_prefix)
{
    struct buf user = BUF_INIT;
    int n = 0, first = !strcmp(p->m[0].role, "system"), last = p->n - has_prefix;
    if (first)
        add_turn(m, &n, a, "system", p->m[0].content);
    for (int i = first; i < last; i++) {
        buf_append(&user, p->m[i].content.s, p->m[i].content.n_bytes);
        if (i + 1 < last)
            buf_append(&user, p->m[i].delimiter.s, p->m[i].delimiter.n_bytes);
    }
    add_turn(m, &n, a, "user", pystr_of(user.data, user.len));
    if (has_prefix)
        add_turn(m, &n, a, "assistant", p->m[last].content);
    buf_release(&user);
    return n;
}

/* A template that refuses is tried again without the system message, as lm-evaluation-harness does. */
static int render_chat(struct buf *out, struct items *it, const struct prompt *p, bool has_prefix, struct err *err)
{
    struct err first = {0};
    struct chat_options o = it->o.chat;
    int n = 0;
    struct chat_message *m = arena_alloc(&it->scratch, sizeof(*m) * (size_t)(p->n + 1));
    o.adds_prompt = !has_prefix;
    o.continues_last = has_prefix;
    for (int i = 0; i < p->n; i++) {
        if (memchr(p->m[i].content.s, '\0', p->m[i].content.n_bytes))
            return err_set(err, ERR_UNSUPPORTED, "chat template: a message holds a NUL character");
        if (!it->o.is_single_turn)
            add_turn(m, &n, &it->scratch, p->m[i].role, p->m[i].content);
    }
    if (it->o.is_single_turn)
        n = single_turn(m, &it->scratch, p, has_prefix);
    if (!chat_render(out, it->o.chat_template, m, n, &o, &first))
        return 0;
    bool has_system = !strcmp(m[0].role, "system");
    buf_clear(out);
    if (has_system && first.code == ERR_FORMAT && !chat_render(out, it->o.chat_template, m + 1, n - 1, &o, NULL))
        return 0;
    return err_set(err, first.code, "chat template: %s", first.msg);
}

static int render_prompt(struct text *out, struct asking *q, struct err *err)
{
    int ret = 0;
    struct err why = {0};
    struct buf text = BUF_INIT;
    bool is_chat = q->it->o.chat_template != NULL;
    if (is_chat)
        ret = render_chat(&text, q->it, &q->prompt, q->prefix.n_bytes > 0, &why);
    if (ret && q->it->t->kind == ITEM_GENERATE && why.code == ERR_FORMAT) {
        q->problem = arena_strdup(q->a, why.msg); /* this document's alone: others are asked */
        buf_clear(&text);
        ret = 0;
    } else if (ret) {
        err_set(err, why.code, "%s", why.msg);
    }
    for (int i = 0; i < q->prompt.n && !is_chat; i++) {
        const struct message *m = &q->prompt.m[i];
        buf_append(&text, m->content.s, m->content.n_bytes);
        buf_append(&text, m->delimiter.s, m->delimiter.n_bytes);
    }
    *out = keep_text(q->a, pystr_of(text.data, text.len));
    buf_release(&text);
    return ret;
}

/* The prompt with one question at its end; the prompt is as before afterwards. */
static int render_question(struct text *out, struct asking *q, struct pystr question, struct err *err)
{
    const struct task *t = q->it->t;
    struct message m[2];
    int n, n_before = q->prompt.n;
    struct turn turn = {.question = question,
                        .prefix = q->prefix,
                        .target_delimiter = q->it->has_many_inputs ? pystr_of("", 0) : t->target_delimiter};
    if (build_turn(m, &n, &q->it->scratch, &turn, &t->target, err))
        return -1;
    for (int i = 0; i < n; i++)
        add_message(&q->prompt, m[i]);
    int ret = render_prompt(out, q, err);
    q->prompt.n = n_before;
    return ret;
}

/* ---- requests */

static struct pystr choice_delimiter(const struct items *it)
{
    const struct task *t = it->t;
    if (!it->o.chat_template)
        return t->target_delimiter;
    bool is_kept = t->gen_prefix.kind == FIELD_TEXT && *t->gen_prefix.source && !ends_with_space(pystr_z(t->gen_prefix.source));
    return is_kept ? t->target_delimiter : pystr_of("", 0);
}

static struct text continuation(struct asking *q, struct pystr text)
{
    struct pystr whole = join(q->a, choice_delimiter(q->it), text, pystr_of("", 0));
    return (struct text){whole.s, whole.n_bytes};
}

/* One context; a choice is what follows it. */
static int ask_choices(struct request *r, struct asking *q, struct err *err)
{
    struct pystr question;
    if (question_text(&question, q->it, &q->it->t->text, q->text, NULL, err) ||
        render_question(&r[0].context, q, question, err))
        return -1;
    for (int i = 0; i < q->choices.list->n; i++)
        r[i] = (struct request){r[0].context, continuation(q, q->choices.list->v[i].s)};
    return 0;
}

static int target_text(struct text *out, struct asking *q, struct err *err)
{
    struct buf text = BUF_INIT;
    const char *why = py_print(&text, q->target);
    *out = keep_text(q->a, pystr_of(text.data, text.len));
    buf_release(&text);
    return why ? field_error(&q->it->t->target, err, "%s", why) : 0;
}

/* A context a choice; the target follows each. */
static int ask_inputs(struct request *r, struct asking *q, struct err *err)
{
    struct text target;
    if (target_text(&target, q, err))
        return -1;
    struct text cont = continuation(q, pystr_of(target.s, target.n_bytes));
    for (int i = 0; i < q->choices.list->n; i++) {
        if (render_question(&r[i].context, q, q->choices.list->v[i].s, err))
            return -1;
        r[i].continuation = cont;
    }
    return 0;
}

/* Log-likelihood of the target, or nothing to score: generation. */
static int ask_one(struct request *r, struct asking *q, struct err *err)
{
    struct pystr question;
    const struct task *t = q->it->t;
    bool is_scored = t->kind == ITEM_LOGLIKELIHOOD;
    r->continuation = (struct text){"", 0};
    if (is_scored && q->target.type != PY_STR)
        return field_error(&t->target, err, "expected a text to score, found %s", py_type_name(q->target));
    if (is_scored)
        r->continuation = keep_text(q->a, q->target.s);
    return question_text(&question, q->it, &t->text, q->text, NULL, err) ||
           render_question(&r->context, q, question, err);
}

static int make_requests(struct item *out, struct asking *q, struct err *err)
{
    bool is_choice = out->kind == ITEM_MULTIPLE_CHOICE;
    int n = is_choice ? q->choices.list->n : 1;
    if (!n)
        return field_error(&q->it->t->choice, err, "the row has no choices");
    struct request *r = arena_alloc(q->a, sizeof(*r) * (size_t)n);
    out->requests = r;
    out->n_requests = n;
    if (!is_choice)
        return ask_one(r, q, err);
    return q->it->has_many_inputs ? ask_inputs(r, q, err) : ask_choices(r, q, err);
}

/* ---- choices, gold, labels */

static const struct text *keep_texts(struct arena *a, const struct pyval *list)
{
    struct text *texts = arena_alloc(a, sizeof(*texts) * (size_t)(list->list->n + 1));
    for (int i = 0; i < list->list->n; i++)
        texts[i] = keep_text(a, list->list->v[i].s);
    return texts;
}

static int gold_number(int *out, struct asking *q, const struct field *f, const struct pyval *v, struct err *err)
{
    int n = q->choices.list->n;
    if (v->type == PY_STR) {
        for (*out = 0; *out < n; (*out)++) {
            if (pystr_equal(q->choices.list->v[*out].s, v->s))
                return 0;
        }
        return field_error(f, err, "the target '%.*s' is not among the %d choices", (int)(v->s.n_bytes < 200 ? v->s.n_bytes : 200),
                           v->s.s, n);
    }
    if (!is_int(v))
        return field_error(f, err, "expected the number or the text of a choice, found %s", py_type_name(*v));
    if (v->i < 0 || v->i >= n)
        return field_error(f, err, "the target is choice %" PRId64 " (from 0), but there are %d choices", v->i, n);
    *out = (int)v->i;
    return 0;
}

static int make_gold(struct item *out, struct asking *q, struct err *err)
{
    const struct items *it = q->it;
    const struct field *f = it->has_many_inputs ? &it->t->text : &it->t->target;
    const struct pyval *v = it->has_many_inputs ? &q->text : &q->target;
    bool is_list = v->type == PY_LIST || v->type == PY_TUPLE;
    if (is_list != it->has_many_targets)
        return field_error(f, err, "expected %s, as in the first row of the split", is_list ? "one target" : "a list of targets");
    out->n_gold = is_list ? v->list->n : 1;
    int *gold = arena_alloc(q->a, sizeof(*gold) * (size_t)(out->n_gold + 1));
    out->gold = gold;
    for (int i = 0; i < out->n_gold; i++) {
        if (gold_number(&gold[i], q, f, is_list ? &v->list->v[i] : v, err))
            return -1;
    }
    return 0;
}

/* truthfulqa_mc2: which choices are true. */
static int make_labels(struct item *out, struct asking *q, struct err *err)
{
    size_t i, n;
    yyjson_val *label, *list = yyjson_obj_get(yyjson_obj_get(q->row, "mc2_targets"), "labels");
    if ((int)yyjson_arr_size(list) != out->n_choices)
        return err_set(err, ERR_FORMAT, "expected %d numbers in mc2_targets.labels, one a choice", out->n_choices);
    double *labels = arena_alloc(q->a, sizeof(*labels) * (size_t)(out->n_choices + 1));
    yyjson_arr_foreach(list, i, n, label)
        labels[i] = yyjson_get_num(label);
    out->labels = labels;
    return 0;
}

static int make_choices(struct item *out, struct asking *q, struct err *err)
{
    out->choices = keep_texts(q->a, &q->choices);
    out->n_choices = q->choices.list->n;
    if (q->it->t->rubric) /* the human's score may be no choice: the mean of two */
        return 0;
    if (make_gold(out, q, err))
        return -1;
    return q->it->t->results == RESULTS_MC2 ? make_labels(out, q, err) : 0;
}

/* Generation: with choices the target is one of them; with a list of targets each is accepted. */
static int make_generation_target(struct item *out, struct asking *q, struct err *err)
{
    int i;
    if (q->has_choices) {
        if (gold_number(&i, q, &q->it->t->target, &q->target, err))
            return -1;
        out->target = keep_text(q->a, q->choices.list->v[i].s);
    }
    if (!q->it->has_many_targets || (q->target.type != PY_LIST && q->target.type != PY_TUPLE))
        return 0;
    for (i = 0; i < q->target.list->n; i++) {
        if (q->target.list->v[i].type != PY_STR)
            return field_error(&q->it->t->target, err, "expected only texts in the list of targets");
    }
    out->choices = keep_texts(q->a, &q->target);
    out->n_choices = q->target.list->n;
    return 0;
}

/* ---- an item */

static int read_fields(struct asking *q, struct err *err)
{
    const struct task *t = q->it->t;
    q->has_choices = t->choice.kind != FIELD_NONE;
    return field_plain(&q->prefix, &t->gen_prefix, &q->v, err) || field_text(&q->text, &t->text, &q->v, err) ||
           (q->has_choices && field_choices(&q->choices, &t->choice, &q->v, err)) ||
           field_target(&q->target, &t->target, &q->v, err);
}

static int make_item(struct item *out, struct asking *q, struct err *err)
{
    const struct task *t = q->it->t;
    out->kind = t->kind;
    out->doc = q->row;
    if (read_fields(q, err) || add_system(q, err) || add_shots(q, err) || make_requests(out, q, err) ||
        target_text(&out->target, q, err))
        return -1;
    out->problem = q->problem;
    if (t->kind == ITEM_MULTIPLE_CHOICE)
        return make_choices(out, q, err);
    return t->kind == ITEM_GENERATE ? make_generation_target(out, q, err) : 0;
}

/* The document's draw, and the item if it is wanted. */
static int visit(struct item *out, struct items *it, struct arena *a, int64_t doc_id, struct err *err)
{
    struct asking q = {.it = it, .a = a, .has_choices = false};
    bool is_wanted = it->is_wanted[doc_id];
    if ((is_wanted || it->t->excludes_own) && eval_row(&q.row, it, is_wanted ? a : &it->scratch, doc_id, err))
        return -1;
    if (draw_shots(it, q.row, err))
        return -1;
    if (!is_wanted)
        return 0;
    q.v = view_of(it, a, q.row);
    q.prompt.m = arena_alloc(&it->scratch, sizeof(*q.prompt.m) * (size_t)(2 * it->n_shots + 3));
    *out = (struct item){.doc_id = doc_id};
    return make_item(out, &q, err) ? -1 : 1;
}

int items_next(struct item *out, struct items *it, struct arena *a, struct err *err)
{
    int ret = 0;
    while (ret == 0 && it->next < it->eval->n && it->n_wanted > 0) {
        int64_t doc_id = it->next++;
        ret = visit(out, it, a, doc_id, err);
        arena_release(&it->scratch);
        if (ret < 0)
            err_prefix(err, "%s: doc %" PRId64 " of %s: ", it->t->name, doc_id, it->t->eval_split);
    }
    it->n_wanted -= ret > 0;
    return ret;
}

/* ---- which documents */

static int want_ids(struct items *it, struct err *err)
{
    for (int64_t i = 0; i < it->o.n_doc_ids; i++) {
        int64_t id = it->o.doc_ids[i];
        if (id < 0 || id >= it->eval->n)
            return err_set(err, ERR_RANGE, "%s: document %" PRId64 " is asked for, and split %s has %" PRId64 " rows (from 0)",
                           it->t->name, id, it->t->eval_split, it->eval->n);
        it->is_wanted[id] = true;
    }
    return 0;
}

static int64_t limit_rows(const struct items *it)
{
    double limit = it->o.limit, n = (double)it->eval->n;
    if (limit <= 0)
        return it->eval->n;
    double rows = limit < 1 ? ceil(n * limit) : floor(limit);
    return rows < n ? (int64_t)rows : it->eval->n;
}

static void want_sample(struct items *it)
{
    int64_t n = it->o.sample < it->eval->n ? it->o.sample : it->eval->n;
    int64_t *ids = xmalloc(sizeof(*ids) * (size_t)(n + 1));
    sampler_subset(ids, n, it->eval->n, it->o.sample_seed);
    for (int64_t i = 0; i < n; i++)
        it->is_wanted[ids[i]] = true;
    free(ids);
}

/* Chosen documents, else a sample, else all; then the limit and the place to go on from. */
static int choose_documents(struct items *it, struct err *err)
{
    int64_t n_left = limit_rows(it);
    it->is_wanted = xcalloc((size_t)it->eval->n + 1, sizeof(*it->is_wanted));
    if (it->o.doc_ids ? want_ids(it, err) : 0)
        return -1;
    if (!it->o.doc_ids && it->o.sample > 0)
        want_sample(it);
    else if (!it->o.doc_ids)
        memset(it->is_wanted, true, (size_t)it->eval->n);
    for (int64_t i = 0; i < it->eval->n; i++) {
        n_left -= it->is_wanted[i];
        it->is_wanted[i] &= n_left >= 0 && i >= it->o.first_doc;
        it->n_wanted += it->is_wanted[i];
    }
    return 0;
}

/* ---- opening */

int items_effective_fewshot(const struct task *task, int num_fewshot)
{
    if (num_fewshot >= 0 && task->num_fewshot != 0)
        return num_fewshot;
    return task->num_fewshot > 0 ? task->num_fewshot : 0;
}

/* What the first row is decides how all are read, as in lm-evaluation-harness. */
static int look_at_first(struct items *it, struct err *err)
{
    struct asking q = {.it = it, .a = &it->a};
    if (eval_row(&it->columns, it, &it->a, 0, err))
        return -1;
    q.v = view_of(it, &it->scratch, it->columns);
    if (read_fields(&q, err))
        return -1;
    it->has_many_inputs = q.has_choices && is_int(&q.text) && q.choices.list->n > 0;
    it->has_many_targets = (q.target.type == PY_LIST || q.target.type == PY_TUPLE) && q.target.list->n > 0;
    for (int i = 0; q.has_choices && i < q.choices.list->n; i++) {
        if (!q.choices.list->v[i].s.n_bytes)
            return field_error(&it->t->choice, err, "choice %d (from 0) is empty", i);
    }
    return 0;
}

static int open_pool(struct items *it, const struct rowset *pool, struct err *err)
{
    const struct task *t = it->t;
    bool is_own = t->n_samples > 0;
    it->pool_name = is_own ? "fewshot_config.samples" : t->pool_split;
    it->pool = is_own ? t->samples : pool ? pool->row : NULL;
    it->n_pool = is_own ? t->n_samples : pool ? pool->n : 0;
    if (it->n_shots && !it->n_pool)
        return err_set(err, ERR_RANGE, "%s: %d few-shot examples are asked for, and there are no rows of split %s", t->name,
                       it->n_shots, it->pool_name);
    it->shots = xcalloc((size_t)it->n_pool + 1, sizeof(*it->shots));
    it->draw = xcalloc((size_t)it->n_shots + 1, sizeof(*it->draw));
    return 0;
}

static int fix_shots(struct items *it, struct err *err)
{
    if (!it->o.is_fixed_fewshot || it->t->sampler != SAMPLER_DEFAULT || !it->n_shots)
        return 0;
    it->n_fixed = it->n_shots + it->t->excludes_own;
    int64_t *draw = xcalloc((size_t)it->n_fixed, sizeof(*draw));
    it->fixed = draw;
    return sampler_python(draw, &it->rand, it->n_pool, it->n_fixed, err);
}

static int open_all(struct items *it, const struct rowset *pool, struct err *err)
{
    if (!it->eval->n)
        return err_set(err, ERR_RANGE, "%s: split %s has no rows", it->t->name, it->t->eval_split);
    if (open_pool(it, pool, err) || choose_documents(it, err))
        return -1;
    if (look_at_first(it, err))
        return err_prefix(err, "%s: doc 0 of %s: ", it->t->name, it->t->eval_split);
    rand_seed(&it->rand, it->o.fewshot_seed);
    if (fix_shots(it, err))
        return err_prefix(err, "%s: split %s: ", it->t->name, it->pool_name);
    return 0;
}

int items_open(struct items **out, const struct task *task, const struct rowset *eval, const struct rowset *pool,
               const struct items_options *o, struct err *err)
{
    struct items *it = xcalloc(1, sizeof(*it));
    it->t = task;
    it->eval = eval;
    it->o = *o;
    it->n_shots = items_effective_fewshot(task, o->num_fewshot);
    int ret = open_all(it, pool, err);
    arena_release(&it->scratch);
    if (ret)
        items_close(it);
    else
        *out = it;
    return ret;
}

void items_close(struct items *it)
{
    if (!it)
        return;
    free(it->is_wanted);
    free(it->draw);
    free(it->fixed);
    free(it->shots);
    arena_release(&it->a);
    arena_release(&it->scratch);
    free(it);
}

int64_t items_n(const struct items *it)
{
    int64_t n = 0;
    for (int64_t i = 0; i < it->eval->n; i++)
        n += it->is_wanted[i];
    return n;
}

int items_num_fewshot(const struct items *it)
{
    return it->n_shots;
}
