/* chart: the spec holds the frame's values and nothing else; gaps, single points and fakes are handled. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "browser/sample_study.h"
#include "report/assets.h"
#include "report/chart.h"

static struct json *spec_of(const char *chart, const struct frame *f, const char *subtitle)
{
    struct buf b = BUF_INIT;
    struct json *j = NULL;
    struct err err = {0};
    if (chart_spec(&b, chart_find(chart), f, subtitle, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(json_parse(&j, b.data, b.len, chart, &err), 0);
    buf_release(&b);
    return j;
}

static yyjson_val *at(const struct json *j, const char *pointer)
{
    return yyjson_ptr_get(json_root(j), pointer);
}

/* The frame that a chart wants, of a made-up study that the caller releases. */
static const struct frame *sample(const char *chart, struct sample_study *s, struct frame *f)
{
    bool is_text = strcmp(chart, "perplexity_bpw") == 0, is_speed = strcmp(chart, "speed_size") == 0;
    if (is_speed)
        sample_speed(f, SAMPLE_MODELS, SAMPLE_LEVELS);
    else
        sample_perplexity(f, SAMPLE_MODELS, SAMPLE_LEVELS);
    return is_text || is_speed                 ? f
           : strcmp(chart, "recovery") == 0    ? &s->recovery
           : chart_find(chart)->panel_by       ? &s->tasks
                                               : &s->levels;
}

static void unset(struct frame *f, int row, const char *column)
{
    f->cells[row * f->n_columns + frame_column(f, column)].is_set = false;
}

static bool is_needed(const struct chart *c, const char *field)
{
    for (const struct chart_need *need = c->needs; need->column; need++)
        if (strcmp(need->column, field) == 0)
            return true;
    return false;
}

/* Names that a spec makes itself ("as"), and the @x@ of its parts. */
static bool is_made(const struct chart *c, const char *field)
{
    const struct asset *a = asset_find(c->asset);
    char as[80];
    snprintf(as, sizeof as, "\"as\": \"%s\"", field);
    return field[0] == '@' || strstr(a->data, as);
}

/* Every "field" of a spec is a column the chart asks for, so no spec reads what is never filled in. */
static void check_fields(const struct chart *c, yyjson_val *v)
{
    size_t i, n;
    yyjson_val *key, *item;
    if (yyjson_is_arr(v)) {
        yyjson_arr_foreach(v, i, n, item) check_fields(c, item);
    } else if (yyjson_is_obj(v)) {
        yyjson_obj_foreach(v, i, n, key, item) {
            if (strcmp(yyjson_get_str(key), "field") == 0 && !is_needed(c, yyjson_get_str(item)) &&
                !is_made(c, yyjson_get_str(item)))
                fail_msg("%s: field '%s' is not among its needs", c->name, yyjson_get_str(item));
            check_fields(c, item);
        }
    }
}

static void the_table_of_charts(void **state)
{
    (void)state;
    struct err err = {0};
    assert_true(chart_n() >= 2);
    for (int i = 0; i < chart_n(); i++) {
        const struct chart *c = chart_at(i);
        const struct asset *a = asset_find(c->asset);
        struct json *j = NULL;
        assert_ptr_equal(chart_find(c->name), c);
        assert_non_null(a);
        assert_int_equal(json_parse(&j, a->data, asset_size(a), c->asset, &err), 0);
        assert_non_null(at(j, "/description"));
        check_fields(c, json_root(j));
        json_close(j);
    }
    assert_null(chart_find("pie"));
}

static void check_row(const struct chart *c, const struct frame *f, int r, yyjson_val *row)
{
    for (const struct chart_need *need = c->needs; need->column; need++) {
        yyjson_val *v = yyjson_obj_get(row, need->column);
        const struct frame_cell *cell = frame_at(f, r, frame_column(f, need->column));
        if (!cell->is_set)
            assert_true(yyjson_is_null(v));
        else if (need->kind == FRAME_TEXT)
            assert_string_equal(yyjson_get_str(v), cell->text);
        else if (need->kind == FRAME_BOOL)
            assert_int_equal(yyjson_get_bool(v), cell->i != 0);
        else
            assert_true(yyjson_get_num(v) == cell->num);
    }
}

static void rows_keep_their_values(void **state)
{
    (void)state;
    struct sample_study s;
    sample_study_make(&s, (struct sample_shape){.n_models = 4, .n_levels = 3, .n_tasks = 3, .n_items = 2000, .has_adapters = true});
    for (int i = 0; i < chart_n(); i++) {
        const struct chart *c = chart_at(i);
        struct frame made;
        const struct frame *f = sample(c->name, &s, &made);
        struct json *j = spec_of(c->name, f, NULL);
        yyjson_val *values = at(j, "/data/values");
        assert_true(f->n_rows >= 12);
        assert_int_equal(yyjson_arr_size(values), f->n_rows);
        for (int r = 0; r < f->n_rows; r++)
            check_row(c, f, r, yyjson_arr_get(values, (size_t)r));
        json_close(j);
        frame_release(&made);
    }
    sample_study_release(&s);
}

/* A panel a task, which shows that task alone; those without a value are left out. */
static void a_panel_a_text(void **state)
{
    (void)state;
    struct sample_study s;
    sample_study_make(&s, (struct sample_shape){.n_models = 3, .n_levels = 3, .n_tasks = 3, .n_items = 2000});
    for (int r = 0; r < s.tasks.n_rows; r++)
        if (strcmp(frame_at(&s.tasks, r, frame_column(&s.tasks, "task"))->text, sample_tasks[1]) == 0)
            unset(&s.tasks, r, "score_pct");
    struct json *j = spec_of("score_bpw", &s.tasks, NULL);
    assert_int_equal(yyjson_arr_size(at(j, "/concat")), 2);
    assert_string_equal(yyjson_get_str(at(j, "/concat/1/title/text")), sample_tasks[2]);
    assert_string_equal(yyjson_get_str(at(j, "/concat/1/layer/0/transform/0/filter/equal")), sample_tasks[2]);
    assert_string_equal(yyjson_get_str(at(j, "/concat/1/layer/0/transform/0/filter/field")), "task");
    assert_string_equal(yyjson_get_str(at(j, "/params/0/views/0")), "task_0_points");
    json_close(j);
    sample_study_release(&s);
}

/* Round classes that hold every value, five at most. */
static void classes_are_round(void **state)
{
    (void)state;
    struct sample_study s;
    sample_study_make(&s, (struct sample_shape){.n_models = 11, .n_levels = 2, .n_tasks = 3, .n_items = 2000});
    struct json *j = spec_of("speed_quality", &s.levels, NULL);
    double lo = yyjson_get_num(at(j, "/params/1/value")), step = yyjson_get_num(at(j, "/params/2/value"));
    assert_string_equal(yyjson_get_str(at(j, "/params/1/name")), "class_lo");
    assert_true(step == 10 && fmod(lo, step) == 0);
    for (int r = 0; r < s.levels.n_rows; r++) {
        double v = frame_at(&s.levels, r, frame_column(&s.levels, "composite_pct"))->num;
        assert_true(v >= lo && v < lo + 5 * step);
    }
    json_close(j);
    sample_study_release(&s);
}

/* No text of a part is left with its @names@. */
static void parts_are_filled_in(void **state)
{
    (void)state;
    struct frame f;
    struct buf b = BUF_INIT;
    struct err err = {0};
    sample_speed(&f, 2, 3);
    assert_int_equal(chart_spec(&b, chart_find("speed_size"), &f, NULL, &err), 0);
    assert_null(strchr(b.data, '@'));
    assert_null(strstr(b.data, "\"part\""));
    assert_non_null(strstr(b.data, "datum['gen_lo_tps'] > 0"));
    buf_release(&b);
    frame_release(&f);
}

static void every_value_is_inside_its_domain(void **state)
{
    (void)state;
    for (int n = 1; n <= 8; n += 7) {
        struct frame f;
        sample_perplexity(&f, n, n);
        struct json *j = spec_of("perplexity_bpw", &f, NULL);
        yyjson_val *domain = at(j, "/vconcat/0/layer/0/encoding/y/scale/domain");
        double lo = yyjson_get_num(yyjson_arr_get(domain, 0)),
               hi = yyjson_get_num(yyjson_arr_get(domain, 1));
        assert_true(lo < hi);
        for (int r = 0; r < f.n_rows; r++) {
            assert_true(frame_at(&f, r, frame_column(&f, "loss_lo_pct"))->num >= lo);
            assert_true(frame_at(&f, r, frame_column(&f, "loss_hi_pct"))->num <= hi);
        }
        yyjson_val *ticks = at(j, "/vconcat/0/layer/0/encoding/y/axis/values"), *tick;
        size_t i, max;
        assert_true(yyjson_arr_size(ticks) >= 2);
        yyjson_arr_foreach(ticks, i, max, tick)
            assert_true(yyjson_get_num(tick) >= lo && yyjson_get_num(tick) <= hi);
        json_close(j);
        frame_release(&f);
    }
}

/* The panels stand above each other: one x axis for both, though the KL panel has no base. */
static void panels_share_their_x(void **state)
{
    (void)state;
    struct frame f;
    sample_perplexity(&f, 3, 8);
    struct json *j = spec_of("perplexity_bpw", &f, NULL);
    assert_true(yyjson_equals(at(j, "/vconcat/0/layer/0/encoding/x/scale/domain"),
                              at(j, "/vconcat/1/layer/0/encoding/x/scale/domain")));
    json_close(j);
    frame_release(&f);
}

static void missing_values_are_null_and_say_so(void **state)
{
    (void)state;
    struct frame f;
    sample_perplexity(&f, 2, 4);
    unset(&f, 1, "kl_nat");
    unset(&f, 1, "ppl");
    struct json *j = spec_of("perplexity_bpw", &f, NULL);
    assert_true(yyjson_is_null(at(j, "/data/values/1/kl_nat")));
    char tip[64];
    snprintf(tip, sizeof(tip), "/data/values/1/tip_%d", frame_column(&f, "ppl"));
    assert_string_equal(yyjson_get_str(at(j, tip)), "not measured"); /* and not Vega's 0 */
    json_close(j);
    frame_release(&f);
}

static void tooltips_hold_every_column_once(void **state)
{
    (void)state;
    struct frame f;
    frame_init(&f, "levels");
    static const char *const names[] = {
        "size_gb",       "gen_tps",       "gen_lo_tps", "gen_hi_tps", "prompt_tps",
        "prompt_lo_tps", "prompt_hi_tps", "ppl",        "ppl_se",     "never_set"};
    int model = frame_add_column(&f, "model", "", FRAME_TEXT);
    int level = frame_add_column(&f, "level", "", FRAME_TEXT);
    for (int i = 0; i < 10; i++) {
        int c = frame_add_column(&f, names[i], i == 0 ? "GB" : i < 7 ? "t/s" : "", FRAME_NUM);
        frame_set_label(&f, c, i == 1 || i == 4 ? "speed" : names[i], 1);
    }
    int r = frame_add_row(&f);
    frame_set_text(&f, r, model, "m");
    frame_set_text(&f, r, level, "Q8_0");
    for (int i = 0; i < 9; i++)
        frame_set_num(&f, r, 2 + i, 10 + i);
    struct json *j = spec_of("speed_size", &f, NULL);
    static const char *const titles[] = {
        "model", "level", "size_gb (GB)", "speed (t/s)", "speed, prompt_tps (t/s)", "ppl"};
    yyjson_val *layers = at(j, "/vconcat/0/layer/0/layer"), *layer, *tips = NULL;
    size_t i, n;
    yyjson_arr_foreach(layers, i, n, layer) {
        yyjson_val *found = yyjson_ptr_get(layer, "/encoding/tooltip");
        tips = found ? found : tips;
    }
    assert_int_equal(yyjson_arr_size(tips), 6); /* Vega would drop the second of two equal titles */
    for (size_t t = 0; t < 6; t++)
        assert_string_equal(json_str_or(yyjson_arr_get(tips, t), "title", ""), titles[t]);
    assert_string_equal(yyjson_get_str(at(j, "/data/values/0/tip_3")), "11.0 (12.0 to 13.0)");
    assert_string_equal(yyjson_get_str(at(j, "/data/values/0/tip_9")), "17.0 \xc2\xb1 18.0");
    json_close(j);
    frame_release(&f);
}

static void an_empty_panel_is_left_out(void **state)
{
    (void)state;
    struct frame f;
    sample_perplexity(&f, 2, 4);
    for (int r = 0; r < f.n_rows; r++)
        unset(&f, r, "loss_pct");
    struct json *j = spec_of("perplexity_bpw", &f, NULL);
    assert_int_equal(yyjson_arr_size(at(j, "/vconcat")), 1);
    assert_string_equal(yyjson_get_str(at(j, "/vconcat/0/name")), "kl");
    assert_string_equal(yyjson_get_str(at(j, "/params/0/views/0")),
                        "kl_points"); /* the filter moves along */
    json_close(j);
    frame_release(&f);
}

static void what_cannot_be_drawn_is_an_error(void **state)
{
    (void)state;
    const struct chart *c = chart_find("speed_size");
    struct frame f;
    struct buf b = BUF_INIT;
    struct err err = {0};
    frame_init(&f, "empty");
    frame_add_column(&f, "model", "", FRAME_TEXT);
    assert_int_equal(chart_spec(&b, c, &f, NULL, &err), -1);
    assert_int_equal(err.code, ERR_FORMAT);
    assert_non_null(strstr(err.msg, "'level'"));
    frame_release(&f);

    sample_speed(&f, 1, 1);
    f.columns[frame_column(&f, "size_gb")].kind = FRAME_TEXT;
    assert_int_equal(chart_spec(&b, c, &f, NULL, &err), -1);
    assert_non_null(strstr(err.msg, "must hold numbers"));
    f.columns[frame_column(&f, "size_gb")].kind = FRAME_NUM;
    unset(&f, 0, "size_gb");
    assert_int_equal(chart_spec(&b, c, &f, NULL, &err), -1);
    assert_int_equal(err.code, ERR_RANGE);
    f.n_rows = 0;
    assert_int_equal(chart_spec(&b, c, &f, NULL, &err), -1);
    assert_int_equal(err.code, ERR_RANGE);
    assert_int_equal(b.len, 0);
    frame_release(&f);
}

static void synthetic_is_drawn_over_every_panel(void **state)
{
    (void)state;
    for (int flag = 0; flag < 2; flag++) {
        struct frame f;
        sample_perplexity(&f, 2, 3);
        f.is_synthetic = flag;
        struct json *j = spec_of("perplexity_bpw", &f, NULL);
        const char *title = yyjson_get_str(at(j, "/title/text"));
        assert_int_equal(strncmp(title, "SYNTHETIC", 9) == 0, flag);
        assert_int_equal(yyjson_get_bool(at(j, "/usermeta/perbit/synthetic")), flag);
        for (int p = 0; p < 2; p++) {
            char pointer[64];
            snprintf(pointer, sizeof(pointer), "/vconcat/%d/layer", p);
            yyjson_val *top = yyjson_arr_get_last(at(j, pointer)); /* the last layer lies on top */
            assert_int_equal(strcmp(json_str_or(top, "name", ""), "synthetic") == 0, flag);
        }
        json_close(j);
        frame_release(&f);
    }
}

static void a_long_subtitle_is_broken(void **state)
{
    (void)state;
    struct frame f;
    sample_speed(&f, 1, 2);
    f.is_synthetic = false;
    struct json *j = spec_of("speed_size", &f, NULL);
    size_t n_before = yyjson_arr_size(at(j, "/title/subtitle"));
    json_close(j);
    char words[1201] = "";
    for (int i = 0; i < 200; i++)
        memcpy(words + 6 * i, "words ", 7);
    j = spec_of("speed_size", &f, words);
    size_t i, n;
    yyjson_val *line;
    assert_true(yyjson_arr_size(at(j, "/title/subtitle")) >= n_before + 10);
    yyjson_arr_foreach(at(j, "/title/subtitle"), i, n, line)
        assert_true(yyjson_get_len(line) < 120);
    json_close(j);
    frame_release(&f);
}

/* With 88 points most names would overlap; those that are drawn stand apart (checked in pixels here). */
static void labels_do_not_overlap(void **state)
{
    (void)state;
    struct frame f;
    sample_speed(&f, SAMPLE_MODELS, SAMPLE_LEVELS);
    struct json *j = spec_of("speed_size", &f, NULL);
    double x[88], y[88];
    int n = 0;
    static const char *const axes[] = {"x", "y"}, *const fields[] = {"size_gb", "gen_tps"};
    double lo[2], hi[2],
        px[2] = {yyjson_get_num(at(j, "/vconcat/0/width")),
                 yyjson_get_num(at(j, "/vconcat/0/height"))};
    for (int a = 0; a < 2; a++) {
        char pointer[80];
        snprintf(pointer, sizeof(pointer), "/vconcat/0/layer/0/encoding/%s/scale/domain", axes[a]);
        lo[a] = log(yyjson_get_num(yyjson_arr_get(at(j, pointer), 0)));
        hi[a] = log(yyjson_get_num(yyjson_arr_get(at(j, pointer), 1)));
    }
    size_t i, max;
    yyjson_val *row;
    yyjson_arr_foreach(at(j, "/data/values"), i, max, row) {
        int64_t side = json_int_or(row, "label_gen", 0);
        if (side == 0)
            continue;
        double shift = side == 1 ? 13 : -13;
        x[n] = px[0] * (log(json_num_or(row, fields[0], 0)) - lo[0]) / (hi[0] - lo[0]);
        y[n] = px[1] * (log(json_num_or(row, fields[1], 0)) - lo[1]) / (hi[1] - lo[1]) + shift;
        n++;
    }
    assert_true(n >= 8 && n < 60);
    for (int a = 0; a < n; a++)
        for (int b = 0; b < a; b++)
            assert_true(fabs(x[a] - x[b]) > 24 || fabs(y[a] - y[b]) > 11);
    json_close(j);
    frame_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_of_charts),
        cmocka_unit_test(rows_keep_their_values),
        cmocka_unit_test(a_panel_a_text),
        cmocka_unit_test(classes_are_round),
        cmocka_unit_test(parts_are_filled_in),
        cmocka_unit_test(every_value_is_inside_its_domain),
        cmocka_unit_test(panels_share_their_x),
        cmocka_unit_test(missing_values_are_null_and_say_so),
        cmocka_unit_test(tooltips_hold_every_column_once),
        cmocka_unit_test(an_empty_panel_is_left_out),
        cmocka_unit_test(what_cannot_be_drawn_is_an_error),
        cmocka_unit_test(synthetic_is_drawn_over_every_panel),
        cmocka_unit_test(a_long_subtitle_is_broken),
        cmocka_unit_test(labels_do_not_overlap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
