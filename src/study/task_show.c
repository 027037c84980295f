#include "study/task_show.h"

#include <inttypes.h>
#include <string.h>

#include "study/task_list.h"
#include "tasks/pyjson.h"

#include "base/banned.h"

/* The first document of a task; rc of items_next: 1 there is one. */
struct shown {
    struct arena a;
    struct items *items;
    struct item item;
    struct err why;
    int rc;
};

static void open_first(struct shown *s, struct evaluation *e, int i)
{
    *s = (struct shown){ 0 };
    arena_init(&s->a);
    s->rc = evaluation_items(&s->items, e, i, 0, NULL, &s->why) < 0 ? -1 : items_next(&s->item, s->items, &s->a, &s->why);
}

static void close_first(struct shown *s)
{
    items_close(s->items);
    arena_release(&s->a);
}

static bool is_right(const struct item *item, int i)
{
    for (int g = 0; g < item->n_gold; g++)
        if (item->gold[g] == i)
            return true;
    return item->labels && i < item->n_choices && item->labels[i] == 1;
}

/* --- text ------------------------------------------------------------------------------------------ */

static void put_line(struct buf *out, const char *label, const char *value)
{
    if (value && *value)
        buf_printf(out, "%-12s %s\n", label, value);
}

static void put_settings(struct buf *out, const struct evaluation *e, int i)
{
    const struct task *t = evaluation_task(e, i);
    struct arena a;
    arena_init(&a);
    put_line(out, "task", t->name);
    put_line(out, "alias", strcmp(t->alias, t->name) == 0 ? NULL : t->alias);
    put_line(out, "version", t->version);
    put_line(out, "file", task_source(t));
    put_line(out, "asks", task_kind_name(t));
    put_line(out, "data", arena_printf(&a, "%s%s%s", t->dataset_path, t->dataset_name ? " " : "",
                                       t->dataset_name ? t->dataset_name : ""));
    put_line(out, "split", t->eval_split);
    put_line(out, "shots", arena_printf(&a, "%d", evaluation_num_fewshot(e, i)));
    put_line(out, "examples", t->n_samples > 0 ? "in the file" : t->pool_split);
    put_line(out, "metrics", task_metric_names(t, &a));
    arena_release(&a);
}

static void put_context(struct buf *out, struct text context)
{
    buf_printf(out, "\n----- context, %zu bytes -----\n", context.n_bytes);
    buf_append(out, context.s, context.n_bytes);
    buf_puts(out, "\n----- end of context -----\n");
}

static void put_document(struct buf *out, const struct task *t, const struct item *item)
{
    buf_printf(out, "\nDocument %" PRId64 " of %s, as it is asked:\n", item->doc_id, t->eval_split);
    for (int i = 0; i < item->n_requests; i++) {
        const struct request *r = &item->requests[i];
        if (i == 0 || item->requests[i - 1].context.s != r->context.s)
            put_context(out, r->context);
        if (item->kind == ITEM_GENERATE)
            continue;
        buf_printf(out, "%c %2d  ", is_right(item, i) ? '*' : ' ', i);
        pyjson_text(out, r->continuation.s, r->continuation.n_bytes);
        buf_putc(out, '\n');
    }
    buf_puts(out, "\ntarget       ");
    pyjson_text(out, item->target.s, item->target.n_bytes);
    buf_putc(out, '\n');
}

void task_show_text(struct buf *out, struct evaluation *e, int i)
{
    struct shown s;
    put_settings(out, e, i);
    open_first(&s, e, i);
    if (s.rc == 1)
        put_document(out, evaluation_task(e, i), &s.item);
    else
        buf_printf(out, "\nNo document is shown: %s\n", s.rc < 0 ? s.why.msg : "the split has none");
    close_first(&s);
}

/* --- JSON ------------------------------------------------------------------------------------------ */

static void write_text(struct jw *w, const char *key, struct text text)
{
    struct buf quoted = BUF_INIT;
    pyjson_text(&quoted, text.s, text.n_bytes);
    jw_key(w, key);
    jw_raw(w, quoted.data);
    buf_release(&quoted);
}

static void write_requests(struct jw *w, const struct item *item)
{
    jw_key(w, "requests");
    jw_array(w);
    for (int i = 0; i < item->n_requests; i++) {
        jw_object(w);
        write_text(w, "context", item->requests[i].context);
        write_text(w, "continuation", item->requests[i].continuation);
        jw_kbool(w, "right", is_right(item, i));
        jw_end(w);
    }
    jw_end(w);
}

static void write_document(struct jw *w, const struct shown *s)
{
    jw_key(w, "document");
    if (s->rc != 1) {
        jw_null(w);
        jw_kstr(w, "no_document", s->rc < 0 ? s->why.msg : "the split has none");
        return;
    }
    jw_object(w);
    jw_kint(w, "doc_id", s->item.doc_id);
    write_text(w, "target", s->item.target);
    write_requests(w, &s->item);
    jw_end(w);
}

void task_show_json(struct jw *w, struct evaluation *e, int i)
{
    const struct task *t = evaluation_task(e, i);
    struct shown s;
    open_first(&s, e, i);
    jw_object(w);
    jw_kstr(w, "name", t->name);
    jw_kstr(w, "alias", t->alias);
    jw_kstr(w, "version", t->version);
    jw_kstr(w, "file", task_source(t));
    jw_kstr(w, "kind", task_kind_name(t));
    jw_kstr(w, "dataset_path", t->dataset_path);
    jw_kstr(w, "dataset_name", t->dataset_name);
    jw_kstr(w, "split", t->eval_split);
    jw_kstr(w, "pool", t->pool_split);
    jw_kint(w, "num_fewshot", evaluation_num_fewshot(e, i));
    jw_kstr(w, "metrics", task_metric_names(t, &s.a));
    write_document(w, &s);
    jw_end(w);
    close_first(&s);
}
