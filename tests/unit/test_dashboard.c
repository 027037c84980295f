/* dashboard: tables and answers come out as they went in: a bit a question, what was not asked, parts and documents. */
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
#include "report/dashboard.h"

/* Two variants, of which the second has run nothing, and a task of ten questions in two parts. */
struct made {
    struct frame variants, scores;
    double score[10];
    int leaf[10];
    int64_t doc[10];
    const double *scores_of[2];
    struct dashboard_items items;
};

static void make(struct made *m)
{
    static const char *const leaves[] = {"a", "b"};
    frame_init(&m->variants, "variants");
    frame_init(&m->scores, "scores");
    int model = frame_add_column(&m->variants, "model", "", FRAME_TEXT), x = frame_add_column(&m->variants, "x", "GB", FRAME_NUM);
    frame_set_label(&m->variants, x, "X", 1);
    for (int i = 0; i < 2; i++)
        frame_set_text(&m->variants, frame_add_row(&m->variants), model, i ? "two" : "</script>");
    frame_set_num(&m->variants, 0, x, 1.23456789);
    for (int i = 0; i < 10; i++) {
        m->score[i] = i % 3 == 0;
        m->leaf[i] = i >= 6;
        m->doc[i] = i >= 6 ? i - 6 : i;
    }
    m->scores_of[0] = m->score;
    m->scores_of[1] = NULL;
    m->items = (struct dashboard_items){.task = "t", .n = 10, .score = m->scores_of, .leaves = leaves, .n_leaves = 2, .leaf = m->leaf, .doc = m->doc};
}

static struct json *written(struct made *m)
{
    struct buf b = BUF_INIT;
    struct json *j;
    struct err err = {0};
    dashboard_json(&b, &(struct dashboard){.variants = &m->variants, .scores = &m->scores, .items = &m->items, .n_items = 1, .margin_pct = 1.5});
    if (json_parse(&j, b.data, b.len, "dashboard", &err) < 0)
        fail_msg("%s", err.msg);
    buf_release(&b);
    return j;
}

static yyjson_val *at(const struct json *j, const char *pointer)
{
    return yyjson_ptr_get(json_root(j), pointer);
}

static void done(struct made *m, struct json *j)
{
    json_close(j);
    frame_release(&m->variants);
    frame_release(&m->scores);
}

static void a_bit_a_question(void **state)
{
    (void)state;
    struct made m;
    make(&m);
    struct json *j = written(&m);
    assert_string_equal(yyjson_get_str(at(j, "/items/0/right/0")), "SQI="); /* 0, 3, 6; 9: bytes 0x49, 0x02 */
    assert_true(yyjson_is_null(at(j, "/items/0/right/1")));
    assert_true(yyjson_is_null(at(j, "/items/0/asked/0")));
    assert_true(yyjson_is_null(at(j, "/items/0/documents")));
    assert_int_equal(yyjson_get_int(at(j, "/items/0/leaves/1/at")), 6);
    assert_string_equal(yyjson_get_str(at(j, "/items/0/leaves/1/name")), "b");
    done(&m, j);
}

static void what_was_not_asked(void **state)
{
    (void)state;
    struct made m;
    make(&m);
    m.score[8] = NAN;
    m.score[1] = 0.51; /* a share above one half is right */
    m.doc[9] = 7;
    struct json *j = written(&m);
    assert_string_equal(yyjson_get_str(at(j, "/items/0/asked/0")), "/wI="); /* all but 8 */
    assert_string_equal(yyjson_get_str(at(j, "/items/0/right/0")), "SwI=");
    assert_int_equal(yyjson_get_int(at(j, "/items/0/documents/9")), 7);
    assert_true(yyjson_is_null(at(j, "/no_questions")));
    assert_int_equal(yyjson_obj_size(at(j, "/items/0/questions")), 0);
    done(&m, j);
}

static void tables_keep_text_and_gaps(void **state)
{
    (void)state;
    struct made m;
    make(&m);
    m.variants.is_synthetic = true;
    struct json *j = written(&m);
    assert_string_equal(yyjson_get_str(at(j, "/variants/rows/0/0")), "</script>");
    assert_true(yyjson_get_num(at(j, "/variants/rows/0/1")) == 1.235); /* two digits more than shown */
    assert_true(yyjson_is_null(at(j, "/variants/rows/1/1")));
    assert_string_equal(yyjson_get_str(at(j, "/variants/columns/1/unit")), "GB");
    assert_true(yyjson_get_bool(at(j, "/synthetic")));
    assert_true(yyjson_get_num(at(j, "/margin_pct")) == 1.5);
    done(&m, j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bit_a_question),
        cmocka_unit_test(what_was_not_asked),
        cmocka_unit_test(tables_keep_text_and_gaps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
