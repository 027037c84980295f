#include "study/export.h"

#include <ctype.h>
#include <string.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "engine/backend.h"
#include "report/writer.h"
#include "store/query.h"
#include "study/adapter.h"
#include "study/analyse.h"

struct exporter {
    struct store *store;
    const char *dir;
    struct arena arena;
    struct frame levels, cells, speed, text;
    int n_files;
};

/* "SmolLM2-135M Instruct" -> "smollm2-135m-instruct": a file name for a model or level. */
static char *slug_of(struct arena *a, const char *name)
{
    char *slug = arena_strdup(a, name);
    char *to = slug;
    for (const char *c = name; *c; c++)
        if (isalnum((unsigned char)*c) || *c == '.' || *c == '_')
            *to++ = (char)tolower((unsigned char)*c);
        else if (to > slug && to[-1] != '-')
            *to++ = '-';
    *to = '\0';
    return slug;
}

static const char *text_at(const struct frame *f, int row, const char *column)
{
    const struct frame_cell *c = frame_at(f, row, frame_column(f, column));
    return c->is_set && c->text ? c->text : "";
}

static void write_row(struct jw *w, const struct frame *f, int row)
{
    jw_object(w);
    frame_put_json(w, f, row);
    jw_end(w);
}

static double scale_at(const struct frame *f, int row)
{
    const struct frame_cell *c = frame_at(f, row, frame_column(f, "adapter_scale"));
    return c->is_set ? c->num : 1;
}

/* The same model, level and adapter. */
static bool same_level(const struct frame *a, int i, const struct frame *b, int k)
{
    static const char *const columns[] = { "model", "level", "adapter" };
    for (int c = 0; c < 3; c++)
        if (strcmp(text_at(a, i, columns[c]), text_at(b, k, columns[c])) != 0)
            return false;
    return scale_at(a, i) == scale_at(b, k);
}

/* The rows of a frame that are of the level in row i of levels; NULL: all. */
static void write_rows(struct jw *w, const char *key, const struct frame *f, const struct frame *levels, int i)
{
    jw_key(w, key);
    jw_array(w);
    for (int r = 0; r < f->n_rows; r++)
        if (!levels || same_level(f, r, levels, i))
            write_row(w, f, r);
    jw_end(w);
}

static int save(struct exporter *x, const char *folder, const char *name, const struct buf *text, struct err *err)
{
    const char *dir = folder ? fs_join(&x->arena, x->dir, folder) : x->dir;
    if (fs_mkdirs(dir, err) < 0)
        return -1;
    x->n_files++;
    return fs_write(fs_join(&x->arena, dir, name), text->data, text->len, err);
}

/* A level that was measured with several settings has several rows, and one file. */
static bool is_exported(const struct frame *levels, int row)
{
    for (int r = 0; r < row; r++)
        if (same_level(levels, r, levels, row))
            return true;
    return false;
}

/* "q4_k_m.json", "q4_k_m-adapter-maths-0.5.json" */
static const char *file_name(struct exporter *x, int row)
{
    const char *adapter = text_at(&x->levels, row, "adapter"), *level = text_at(&x->levels, row, "level");
    if (*adapter)
        level = arena_printf(&x->arena, "%s adapter %s", level, adapter_label(&x->arena, adapter, scale_at(&x->levels, row)));
    return arena_printf(&x->arena, "%s.json", slug_of(&x->arena, level));
}

static int export_level(struct exporter *x, int row, struct err *err)
{
    if (is_exported(&x->levels, row))
        return 0;
    struct buf text = BUF_INIT;
    struct jw w;
    jw_init(&w, &text);
    jw_pretty(&w);
    jw_object(&w);
    jw_kbool(&w, "synthetic", x->levels.is_synthetic);
    write_rows(&w, "summary", &x->levels, &x->levels, row);
    write_rows(&w, "text", &x->text, &x->levels, row);
    write_rows(&w, "speed", &x->speed, &x->levels, row);
    write_rows(&w, "cells", &x->cells, &x->levels, row);
    jw_end(&w);
    buf_putc(&text, '\n');
    int rc = save(x, arena_printf(&x->arena, "results/%s", slug_of(&x->arena, text_at(&x->levels, row, "model"))),
                  file_name(x, row), &text, err);
    buf_release(&text);
    return rc;
}

/* The rows of one machine, as a frame of their own. */
static void rows_of_machine(struct frame *out, const struct frame *f, const char *machine)
{
    int column = frame_column(f, "machine");
    frame_init(out, f->name);
    out->is_synthetic = f->is_synthetic;
    for (int c = 0; c < f->n_columns; c++)
        frame_set_label(out, frame_add_column(out, f->columns[c].name, f->columns[c].unit, f->columns[c].kind),
                        f->columns[c].label, f->columns[c].decimals);
    for (int r = 0; r < f->n_rows; r++)
        if (strcmp(frame_at(f, r, column)->text, machine) == 0)
            frame_copy_row(out, f, r);
}

static int export_machine(struct exporter *x, const char *machine, struct err *err)
{
    struct buf text = BUF_INIT;
    struct frame own;
    rows_of_machine(&own, &x->speed, machine);
    writer_find("csv")->write(&text, &own);
    int rc = save(x, "speed", arena_printf(&x->arena, "%s.csv", slug_of(&x->arena, machine)), &text, err);
    frame_release(&own);
    buf_release(&text);
    return rc;
}

static int export_speed(struct exporter *x, struct err *err)
{
    for (int r = 0; r < x->speed.n_rows; r++) {
        const char *machine = text_at(&x->speed, r, "machine");
        bool is_new = true;
        for (int k = 0; k < r; k++)
            is_new &= strcmp(text_at(&x->speed, k, "machine"), machine) != 0;
        if (is_new && export_machine(x, machine, err) < 0)
            return -1;
    }
    return 0;
}

/* Each machine once: [{"id": ..., ...}] */
static int write_machines(struct exporter *x, struct jw *w, struct err *err)
{
    const char *seen = "";
    jw_key(w, "machines");
    jw_object(w);
    for (int r = 0; r < x->cells.n_rows; r++) {
        const char *id = text_at(&x->cells, r, "machine"), *info;
        if (!*id || strstr(seen, id))
            continue;
        seen = arena_printf(&x->arena, "%s %s", seen, id);
        if (query_machine(x->store, &x->arena, id, &info, err) < 0)
            return -1;
        jw_key(w, id);
        jw_raw(w, info ? info : "null");
    }
    jw_end(w);
    return 0;
}

static int export_metadata(struct exporter *x, struct err *err)
{
    struct buf text = BUF_INIT;
    struct jw w;
    char now[32];
    clock_utc(now, sizeof now);
    jw_init(&w, &text);
    jw_pretty(&w);
    jw_object(&w);
    jw_kbool(&w, "synthetic", x->levels.is_synthetic);
    jw_kstr(&w, "program", "perbit " PERBIT_VERSION);
    jw_kstr(&w, "engine", backend_build());
    jw_kstr(&w, "exported", now);
    int rc = write_machines(x, &w, err);
    write_rows(&w, "cells", &x->cells, NULL, 0);
    jw_end(&w);
    buf_putc(&text, '\n');
    if (rc == 0)
        rc = save(x, NULL, "metadata.json", &text, err);
    buf_release(&text);
    return rc;
}

int export_store(struct store *s, const char *dir, int *out_n_files, struct err *err)
{
    struct exporter x = { .store = s, .dir = dir };
    int ret = -1;
    arena_init(&x.arena);
    if (analyse_levels(&x.levels, s, err) < 0 || analyse_cells(&x.cells, s, err) < 0 ||
        analyse_speed(&x.speed, s, err) < 0 || analyse_text(&x.text, s, err) < 0)
        goto done;
    for (int r = 0; r < x.levels.n_rows; r++)
        if (export_level(&x, r, err) < 0)
            goto done;
    if (export_speed(&x, err) < 0 || export_metadata(&x, err) < 0)
        goto done;
    *out_n_files = x.n_files;
    ret = 0;
done:
    frame_release(&x.levels);
    frame_release(&x.cells);
    frame_release(&x.speed);
    frame_release(&x.text);
    arena_release(&x.arena);
    return ret;
}
