#include "study/lmeval_files.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/fs.h"
#include "study/lmeval.h"

#include "base/banned.h"

/* Where the files of one model go. */
struct place {
    const char *dir;
    const char *results; /* file name */
    const char *stamp;
};

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n > m && strcmp(s + n - m, end) == 0;
}

/* Python's re.sub(r'["<>:/|\\?*\[\]]+', "__", name) */
static const char *sanitize(struct arena *a, const char *name)
{
    char *out = arena_alloc(a, 2 * strlen(name) + 1), *to = out;
    for (const char *c = name; *c;) {
        size_t n = strspn(c, "\"<>:/|\\?*[]");
        if (n > 0) {
            *to++ = '_';
            *to++ = '_';
            c += n;
        } else {
            *to++ = *c++;
        }
    }
    return out;
}

/* datetime.now().isoformat() with ':' as '-' */
static const char *stamp_of(struct arena *a, struct timespec t)
{
    struct tm local;
    char text[32];
    localtime_r(&t.tv_sec, &local);
    strftime(text, sizeof text, "%Y-%m-%dT%H-%M-%S", &local);
    return arena_printf(a, "%s.%06ld", text, t.tv_nsec / 1000);
}

static void choose_place(struct place *out, const struct lmeval *r, const char *output_path)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    out->stamp = stamp_of(r->a, now);
    if (ends_with(output_path, ".json")) {
        const char *name = fs_basename(output_path);
        out->dir = fs_dirname(r->a, output_path);
        out->results = arena_printf(r->a, "%.*s_%s.json", (int)(strlen(name) - 5), name, out->stamp);
    } else {
        out->dir = fs_join(r->a, output_path, r->sanitized);
        out->results = arena_printf(r->a, "results_%s.json", out->stamp);
    }
}

static int write_samples(const struct lmeval *r, const struct place *to, int *n_files, struct err *err)
{
    for (int i = 0; i < r->n_tasks; i++) {
        const char *name = arena_printf(r->a, "samples_%s_%s.jsonl", r->tasks[i].task->name, to->stamp);
        if (lmeval_samples(&r->tasks[i], r, fs_join(r->a, to->dir, name), err) < 0)
            return -1;
        ++*n_files;
    }
    return 0;
}

static int write_results(const struct lmeval *r, const struct place *to, int *n_files, struct err *err)
{
    struct buf text = BUF_INIT;
    int rc = lmeval_results(&text, r, err);
    if (rc == 0)
        rc = fs_write(fs_join(r->a, to->dir, to->results), text.data, text.len, err);
    *n_files += rc == 0;
    buf_release(&text);
    return rc;
}

/* With an adapter: "model.gguf+maths:0.5". */
static const char *name_of(const struct lmeval *r)
{
    const struct plan_adapter *adapter = r->variant->adapter;
    return adapter ? arena_printf(r->a, "%s+%s", r->variant->path, adapter_label(r->a, adapter->name, adapter->scale))
                   : r->variant->path;
}

/* One model, or one level of it. */
static int write_variant(struct lmeval *r, const struct settings *s, int *n_files, struct err *err)
{
    struct place to;
    r->name = name_of(r);
    r->sanitized = sanitize(r->a, r->name);
    choose_place(&to, r, s->output_path);
    if (fs_mkdirs(to.dir, err) < 0 || (s->log_samples && write_samples(r, &to, n_files, err) < 0))
        return -1;
    return write_results(r, &to, n_files, err);
}

static int write_all(const struct plan *p, struct store *store, struct evaluation *e, double elapsed_s, int *n_files,
                     struct err *err)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    for (int i = 0; i < p->n_variants; i++) {
        struct arena a;
        struct lmeval r;
        arena_init(&a);
        int rc = lmeval_read(&r, &a, p, &p->variants[i], store, e, err);
        r.elapsed_s = elapsed_s;
        r.start_s = (double)now.tv_sec + (double)now.tv_nsec * 1e-9 - elapsed_s;
        if (rc == 0 && r.n_tasks > 0)
            rc = write_variant(&r, &p->study->settings, n_files, err);
        arena_release(&a);
        if (rc < 0)
            return -1;
    }
    return 0;
}

int lmeval_files_check(const struct settings *s, struct err *err)
{
    if (s->log_samples && !s->output_path)
        return err_set(err, ERR_USAGE, "--log_samples: say with --output_path where the samples go");
    return 0;
}

int lmeval_files_write(const struct plan *p, struct store *store, double elapsed_s, int *out_n_files, struct err *err)
{
    struct evaluation *e;
    *out_n_files = 0;
    if (!p->study->settings.output_path || p->n_tasks == 0)
        return 0;
    if (evaluation_open(&e, &p->study->settings, err) < 0)
        return -1;
    int rc = write_all(p, store, e, elapsed_s, out_n_files, err);
    evaluation_close(e);
    return rc;
}

/* --- tables ----------------------------------------------------------------------------------------- */

/* "perbit (path=model.gguf), limit: 20.0, num_fewshot: 5" */
static void put_title(struct buf *out, const struct lmeval *r)
{
    const struct settings *s = &r->plan->study->settings;
    if (r->is_synthetic)
        buf_puts(out, "SYNTHETIC DATA: made up to test the program. Nothing here was measured.\n\n");
    buf_printf(out, "perbit (path=%s", r->variant->path);
    if (r->variant->adapter)
        buf_printf(out, ",adapter=%s,adapter_scale=%s", r->variant->adapter->path, r->variant->adapter->scale_text);
    buf_puts(out, "), limit: ");
    if (s->limit > 0)
        buf_printf(out, "%g", s->limit);
    else
        buf_puts(out, "None");
    if (s->num_fewshot >= 0)
        buf_printf(out, ", num_fewshot: %lld\n\n", (long long)s->num_fewshot);
    else
        buf_puts(out, ", num_fewshot: None\n\n");
}

static int put_variants(struct buf *out, const struct plan *p, struct store *store, struct evaluation *e, struct err *err)
{
    int rc = 0;
    for (int i = 0; rc == 0 && i < p->n_variants; i++) {
        struct arena a;
        struct lmeval r;
        arena_init(&a);
        rc = lmeval_read(&r, &a, p, &p->variants[i], store, e, err);
        if (rc == 0 && r.n_tasks > 0) {
            put_title(out, &r);
            lmeval_tables(out, &r);
        }
        arena_release(&a);
    }
    return rc;
}

int lmeval_files_tables(struct buf *out, const struct study *study, struct store *store, struct err *err)
{
    struct plan plan;
    struct evaluation *e = NULL;
    if (plan_build(&plan, study, store, err) < 0)
        return -1;
    int rc = evaluation_open(&e, &study->settings, err);
    if (rc == 0)
        rc = put_variants(out, &plan, store, e, err);
    evaluation_close(e);
    plan_release(&plan);
    return rc;
}
