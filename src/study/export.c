#include "study/export.h"

#include <ctype.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "engine/backend.h"
#include "report/writer.h"
#include "store/query.h"
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

/* The rows of a frame that belong to one model and level. */
static void write_rows(struct jw *w, const char *key, const struct frame *f, const char *model, const char *level)
{
    jw_key(w, key);
    jw_array(w);
    for (int r = 0; r < f->n_rows; r++)
        if (!model || (strcmp(text_at(f, r, "model"), model) == 0 && strcmp(text_at(f, r, "level"), level) == 0))
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
static bool is_exported(const struct frame *levels, int row, const char *model, const char *level)
{
    for (int r = 0; r < row; r++)
        if (strcmp(text_at(levels, r, "model"), model) == 0 && strcmp(text_at(levels, r, "level"), level) == 0)
            return true;
    return false;
}

static int export_level(struct exporter *x, int row, struct err *err)
{
    const char *model = text_at(&x->levels, row, "model"), *level = text_at(&x->levels, row, "level");
    if (is_exported(&x->levels, row, model, level))
        return 0;
    struct buf text = BUF_INIT;
    struct jw w;
    jw_init(&w, &text);
    jw_pretty(&w);
    jw_object(&w);
    jw_kbool(&w, "synthetic", x->levels.is_synthetic);
    write_rows(&w, "summary", &x->levels, model, level);
    write_rows(&w, "text", &x->text, model, level);
    write_rows(&w, "speed", &x->speed, model, level);
    write_rows(&w, "cells", &x->cells, model, level);
    jw_end(&w);
    buf_putc(&text, '\n');
    int rc = save(x, arena_printf(&x->arena, "results/%s", slug_of(&x->arena, model)),
                  arena_printf(&x->arena, "%s.json", slug_of(&x->arena, level)), &text, err);
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

/* The last moment at which something was measured: the same store gives the same files. */
static const char *last_measured(const struct frame *cells)
{
    const char *last = "";
    for (int r = 0; r < cells->n_rows; r++)
        if (strcmp(text_at(cells, r, "finished"), last) > 0)
            last = text_at(cells, r, "finished");
    return last;
}

static int export_metadata(struct exporter *x, struct err *err)
{
    struct buf text = BUF_INIT;
    struct jw w;
    jw_init(&w, &text);
    jw_pretty(&w);
    jw_object(&w);
    jw_kbool(&w, "synthetic", x->levels.is_synthetic);
    jw_kstr(&w, "program", "perbit " PERBIT_VERSION);
    jw_kstr(&w, "engine", backend_build());
    jw_kstr(&w, "measured", last_measured(&x->cells));
    int rc = write_machines(x, &w, err);
    write_rows(&w, "cells", &x->cells, NULL, NULL);
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
