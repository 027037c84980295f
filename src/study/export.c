#include "study/export.h"

#include <ctype.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/sha256.h"
#include "engine/backend.h"
#include "report/writer.h"
#include "store/query.h"
#include "study/adapter.h"
#include "study/analyse.h"
#include "study/analyse_tasks.h"
#include "study/claims.h"
#include "study/export_internal.h"

/* "SmolLM2-135M Instruct" -> "smollm2-135m-instruct": a file name for a model, level or machine; "" when nothing is left. */
static char *slug_of(struct arena *a, const char *name)
{
    char *slug = arena_strdup(a, name);
    char *to = slug;
    for (const char *c = name; *c; c++)
        if (isalnum((unsigned char)*c) || *c == '_' || (*c == '.' && to > slug)) /* no hidden file, no ".." */
            *to++ = (char)tolower((unsigned char)*c);
        else if (to > slug && to[-1] != '-')
            *to++ = '-';
    *to = '\0';
    return slug;
}

/* Names that differ must not meet in one file: the later one is told apart by its digest. */
const char *export_slug(struct exporter *x, const char *name)
{
    char digest[SHA256_HEX_BYTES];
    const char *slug = slug_of(&x->arena, name);
    bool is_free = *slug != '\0';
    for (int i = 0; i < x->n_rows && strcmp(x->rows[i].model, name) != 0; i++)
        is_free &= strcmp(slug_of(&x->arena, x->rows[i].model), slug) != 0;
    if (is_free)
        return slug;
    sha256_bytes(digest, name, strlen(name));
    return arena_printf(&x->arena, "%s%s%.8s", slug, *slug ? "-" : "", digest);
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

int export_save(struct exporter *x, const char *folder, const char *name, const struct buf *text, struct err *err)
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

/* Never a path: it says where somebody keeps his files. */
static void write_info(struct jw *w, const char *key, const char *info)
{
    struct json *j = NULL;
    size_t i, n;
    yyjson_val *name, *value;
    jw_key(w, key);
    if (!info || json_parse(&j, info, strlen(info), key, NULL) < 0) {
        jw_null(w);
        return;
    }
    jw_object(w);
    yyjson_obj_foreach(json_root(j), i, n, name, value) {
        jw_key(w, yyjson_get_str(name));
        if (strcmp(yyjson_get_str(name), "path") == 0 && yyjson_is_str(value))
            jw_str(w, fs_basename(yyjson_get_str(value)));
        else
            jw_val(w, value);
    }
    jw_end(w);
    json_close(j);
}

/* The first cell that has this file: the others say the same of it. */
static bool is_first_of_file(const struct exporter *x, int i)
{
    for (int k = 0; k < i; k++)
        if (strcmp(x->rows[k].model_sha256, x->rows[i].model_sha256) == 0 &&
            strcmp(x->rows[k].level, x->rows[i].level) == 0 &&
            strcmp(x->rows[k].imatrix_sha256, x->rows[i].imatrix_sha256) == 0)
            return false;
    return true;
}

/* The files of one level of one model (model NULL: all): one, or one an importance matrix. */
static void write_files(struct jw *w, const struct exporter *x, const char *model, const char *level)
{
    jw_key(w, "files");
    jw_array(w);
    for (int i = 0; i < x->n_rows; i++) {
        const struct cell_row *c = &x->rows[i];
        if (!is_first_of_file(x, i) || (model && (strcmp(c->model, model) != 0 || strcmp(c->level, level) != 0)))
            continue;
        jw_object(w);
        jw_kstr(w, "model", c->model);
        jw_kstr(w, "level", c->level);
        jw_kstr(w, "sha256", c->variant_sha256);
        jw_kstr(w, "imatrix_sha256", c->imatrix_sha256);
        jw_kstr(w, "model_sha256", c->model_sha256);
        jw_kbool(w, "synthetic", c->is_synthetic);
        if (c->has_synthetic_weights)
            jw_kbool(w, "synthetic_weights", true);
        write_info(w, "info", c->variant_info);
        jw_end(w);
    }
    jw_end(w);
}

/* "q4_k_m.json", "q4_k_m-adapter-maths-0.5.json" */
static const char *file_name(struct exporter *x, int row)
{
    const char *adapter = text_at(&x->levels, row, "adapter"), *level = text_at(&x->levels, row, "level");
    if (*adapter)
        level = arena_printf(&x->arena, "%s adapter %s", level, adapter_label(&x->arena, adapter, scale_at(&x->levels, row)));
    return arena_printf(&x->arena, "%s.json", export_slug(x, level));
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
    const char *model = text_at(&x->levels, row, "model");
    jw_kbool(&w, "synthetic", x->is_synthetic);
    write_rows(&w, "summary", &x->levels, &x->levels, row);
    write_files(&w, x, model, text_at(&x->levels, row, "level"));
    write_rows(&w, "text", &x->text, &x->levels, row);
    write_rows(&w, "tasks", &x->tasks, &x->levels, row);
    write_rows(&w, "speed", &x->speed, &x->levels, row);
    write_rows(&w, "cells", &x->cells, &x->levels, row);
    jw_end(&w);
    buf_putc(&text, '\n');
    int rc = export_save(x, arena_printf(&x->arena, "results/%s", export_slug(x, model)), file_name(x, row), &text, err);
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
    int rc = export_save(x, "speed", arena_printf(&x->arena, "%s.csv", export_slug(x, machine)), &text, err);
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

static void write_models(struct jw *w, const struct exporter *x)
{
    jw_key(w, "models");
    jw_array(w);
    for (int i = 0; i < x->n_rows; i++) {
        bool is_new = true;
        for (int k = 0; k < i; k++)
            is_new &= strcmp(x->rows[k].model_sha256, x->rows[i].model_sha256) != 0;
        if (!is_new)
            continue;
        jw_object(w);
        jw_kstr(w, "name", x->rows[i].model);
        jw_kstr(w, "sha256", x->rows[i].model_sha256);
        write_info(w, "info", x->rows[i].model_info);
        jw_end(w);
    }
    jw_end(w);
}

static int export_metadata(struct exporter *x, struct err *err)
{
    struct buf text = BUF_INIT;
    struct jw w;
    jw_init(&w, &text);
    jw_pretty(&w);
    jw_object(&w);
    jw_kbool(&w, "synthetic", x->is_synthetic);
    jw_kstr(&w, "program", "perbit " PERBIT_VERSION);
    jw_kstr(&w, "engine", backend_build());
    jw_kstr(&w, "first_measured", x->first);
    jw_kstr(&w, "last_measured", x->last);
    int rc = write_machines(x, &w, err);
    write_models(&w, x);
    write_files(&w, x, NULL, NULL);
    write_rows(&w, "cells", &x->cells, NULL, 0);
    jw_end(&w);
    buf_putc(&text, '\n');
    if (rc == 0)
        rc = export_save(x, NULL, "metadata.json", &text, err);
    buf_release(&text);
    return rc;
}

static void find_times(struct exporter *x)
{
    x->first = x->last = "";
    for (int i = 0; i < x->n_rows; i++) {
        const struct cell_row *c = &x->rows[i];
        x->is_synthetic |= c->is_synthetic;
        if (!x->first[0] || strcmp(c->started, x->first) < 0)
            x->first = c->started;
        if (c->finished && strcmp(c->finished, x->last) > 0)
            x->last = c->finished;
    }
}

static int read_verdicts(struct exporter *x, struct err *err)
{
    const struct matrix_options options = MATRIX_DEFAULT;
    struct matrix *m;
    struct claims c;
    if (matrix_load(&m, &x->store, 1, &options, err) < 0)
        return -1;
    claims_of(&c, m, 1.0, &x->arena);
    claims_frame(&x->verdicts, &c);
    matrix_close(m);
    return 0;
}

/* All frames say SYNTHETIC when any does: files of one configuration must have the same columns. */
static int read_store(struct exporter *x, struct err *err)
{
    struct frame *const all[] = { &x->levels, &x->tasks, &x->text, &x->speed, &x->cells, &x->verdicts };
    if (query_cells(x->store, &x->arena, &x->rows, &x->n_rows, err) < 0 || analyse_levels(&x->levels, x->store, err) < 0 ||
        analyse_tasks(&x->tasks, x->store, err) < 0 || analyse_text(&x->text, x->store, err) < 0 ||
        analyse_speed(&x->speed, x->store, err) < 0 || analyse_cells(&x->cells, x->store, err) < 0 || read_verdicts(x, err) < 0)
        return -1;
    find_times(x);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        all[i]->is_synthetic = x->is_synthetic;
    return 0;
}

int export_licensed(struct store *s, const char *dir, const char *license, int *out_n_files, struct err *err)
{
    struct exporter x = { .store = s, .dir = dir, .license = license ? license : "cc-by-4.0" };
    int ret = -1;
    arena_init(&x.arena);
    if (read_store(&x, err) < 0)
        goto done;
    for (int r = 0; r < x.levels.n_rows; r++)
        if (export_level(&x, r, err) < 0)
            goto done;
    if (export_speed(&x, err) < 0 || export_metadata(&x, err) < 0 || export_tables(&x, err) < 0 ||
        export_records(&x, err) < 0 || export_card(&x, err) < 0)
        goto done;
    *out_n_files = x.n_files;
    ret = 0;
done:
    for (int i = 0; i < EXPORT_CONFIGS; i++)
        buf_release(&x.configs[i].columns);
    frame_release(&x.levels);
    frame_release(&x.tasks);
    frame_release(&x.text);
    frame_release(&x.speed);
    frame_release(&x.cells);
    frame_release(&x.verdicts);
    arena_release(&x.arena);
    return ret;
}

int export_store(struct store *s, const char *dir, int *out_n_files, struct err *err)
{
    return export_licensed(s, dir, NULL, out_n_files, err);
}
