/* event: every kind survives format and parse bit for bit; nothing else is taken for an event. */
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/event.h"

struct fixture {
    struct arena arena;
    struct buf line;
    struct err err;
};

static int setup(void **state)
{
    static struct fixture f;
    arena_init(&f.arena);
    buf_init(&f.line);
    f.err = (struct err){ 0 };
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    arena_release(&f->arena);
    buf_release(&f->line);
    return 0;
}

static struct event round_trip(struct fixture *f, const struct event *e)
{
    struct event back;
    buf_clear(&f->line);
    event_format(&f->line, e);
    assert_null(strchr(f->line.data, '\n'));
    if (event_parse(&back, &f->arena, f->line.data, &f->err) < 0)
        fail_msg("%s: %s", f->line.data, f->err.msg);
    assert_int_equal(back.kind, e->kind);
    return back;
}

static void assert_same_bits(double a, double b)
{
    if (isnan(a) && isnan(b))
        return;
    assert_memory_equal(&a, &b, sizeof(a));
}

static const double numbers[] = {
    0.0, -0.0, 1.0, -1.0, 0.1, 1.0 / 3.0, 1e-300, 5e-324, 1.7976931348623157e308, 123456789012345678.0,
    -2.5, 9007199254740993.0, 18446744073709551616.0, NAN, INFINITY, -INFINITY,
};
enum { N_NUMBERS = sizeof(numbers) / sizeof(*numbers) };

static void measures(void **state)
{
    struct fixture *f = *state;
    for (int m = 0; m < METRIC_COUNT; m++) {
        struct event back = round_trip(f, &(struct event){
            .kind = EVENT_MEASURE, .slot = 3, .metric = (enum metric)m, .index = m - 5, .value = 0.5 * m });
        assert_int_equal(back.metric, m);
        assert_int_equal(back.slot, 3);
        assert_int_equal(back.index, m - 5);
        assert_same_bits(back.value, 0.5 * m);
    }
    for (int i = 0; i < N_NUMBERS; i++) {
        struct event back = round_trip(f, &(struct event){
            .kind = EVENT_MEASURE, .metric = METRIC_KL, .index = INT64_MAX, .value = numbers[i] });
        assert_same_bits(back.value, numbers[i]);
        assert_true(back.index == INT64_MAX);
    }
    assert_true(round_trip(f, &(struct event){ .kind = EVENT_MEASURE, .index = INT64_MIN }).index == INT64_MIN);
}

static void series(void **state)
{
    struct fixture *f = *state;
    struct event back = round_trip(f, &(struct event){
        .kind = EVENT_SERIES, .metric = METRIC_NLL, .index = 7, .values = numbers, .n = N_NUMBERS });
    assert_int_equal(back.n, N_NUMBERS);
    for (int i = 0; i < N_NUMBERS; i++)
        assert_same_bits(back.values[i], numbers[i]);
    assert_int_equal(round_trip(f, &(struct event){ .kind = EVENT_SERIES, .metric = METRIC_NLL }).n, 0);
}

static void long_series(void **state)
{
    struct fixture *f = *state;
    enum { N = 200000 };
    double *values = malloc(N * sizeof(*values));
    assert_non_null(values);
    for (int i = 0; i < N; i++)
        values[i] = sin(i) * exp(i % 50 - 25);
    struct event back = round_trip(f, &(struct event){
        .kind = EVENT_SERIES, .metric = METRIC_TOKEN_S, .values = values, .n = N });
    assert_int_equal(back.n, N);
    assert_memory_equal(back.values, values, N * sizeof(*values));
    free(values);
}

static void texts(void **state)
{
    struct fixture *f = *state;
    static const char *const all[] = {
        "", "plain", "quote \" backslash \\ slash /", "line\nbreak\ttab\rreturn", "\x01\x1f\x7f",
        "Gr\xc3\xbc\xc3\x9f" "e \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80", "</script>\xe2\x80\xa8",
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
        struct event back = round_trip(f, &(struct event){
            .kind = EVENT_FACT, .slot = 1, .key = all[i], .text = all[i] });
        assert_string_equal(back.key, all[i]);
        assert_string_equal(back.text, all[i]);
        assert_string_equal(round_trip(f, &(struct event){ .kind = EVENT_LOG, .text = all[i] }).text, all[i]);
    }
    /* bytes that are no UTF-8 must not make a line that cannot be read back */
    round_trip(f, &(struct event){ .kind = EVENT_LOG, .text = "bad \xff\xfe byte \xc3" });
}

static void other_kinds(void **state)
{
    struct fixture *f = *state;
    struct event back = round_trip(f, &(struct event){
        .kind = EVENT_PROGRESS, .done = 3, .total = 9, .text = "chunks" });
    assert_int_equal(back.done, 3);
    assert_int_equal(back.total, 9);
    assert_string_equal(back.text, "chunks");
    assert_int_equal(round_trip(f, &(struct event){ .kind = EVENT_COMMIT, .slot = 2, .index = 40 }).index, 40);
    round_trip(f, &(struct event){ .kind = EVENT_READY });
    round_trip(f, &(struct event){ .kind = EVENT_DONE });
    for (int c = 0; c < ERR_CODE_COUNT; c++) {
        back = round_trip(f, &(struct event){ .kind = EVENT_ERROR, .code = (enum err_code)c, .text = "why" });
        assert_int_equal(back.code, c);
        assert_string_equal(back.text, "why");
    }
}

static void hostile_lines_are_refused(void **state)
{
    struct fixture *f = *state;
    static const char *const lines[] = {
        "", " ", "x", "null", "1", "[]", "\"done\"", "{}", "{", "{\"event\":\"done\"", "{\"event\":\"done\"}}",
        "{\"event\":\"done\"} {\"event\":\"done\"}", "{\"event\":\"DONE\"}", "{\"event\":1}", "{\"event\":null}",
        "{\"event\":\"done\",\"event\":\"done\"}", "{\"event\":\"done\",\"x\":1}", "{\"event\":\"done\",\"slot\":0}",
        "{\"event\":\"log\"}", "{\"event\":\"log\",\"text\":null}", "{\"event\":\"log\",\"text\":7}",
        "{\"event\":\"log\",\"text\":\"a\\u0000b\"}", "{\"event\":\"log\",\"text\":\"a\",\"text\":\"b\"}",
        "{\"event\":\"log\",\"text\":\"\xff\"}",
        "{\"event\":\"commit\",\"slot\":0}", "{\"event\":\"commit\",\"slot\":0,\"index\":1.5}",
        "{\"event\":\"commit\",\"slot\":99999999999,\"index\":1}",
        "{\"event\":\"commit\",\"slot\":0,\"index\":9223372036854775808}",
        "{\"event\":\"commit\",\"slot\":true,\"index\":1}",
        "{\"event\":\"measure\",\"slot\":0,\"metric\":\"none\",\"index\":0,\"value\":1}",
        "{\"event\":\"measure\",\"slot\":0,\"metric\":\"kl\",\"index\":0,\"value\":\"1\"}",
        "{\"event\":\"measure\",\"slot\":0,\"metric\":\"kl\",\"index\":0,\"value\":NaN}",
        "{\"event\":\"measure\",\"slot\":0,\"metric\":\"kl\",\"index\":0,\"values\":[1]}",
        "{\"event\":\"series\",\"slot\":0,\"metric\":\"kl\",\"index\":0,\"values\":1}",
        "{\"event\":\"series\",\"slot\":0,\"metric\":\"kl\",\"index\":0,\"values\":[1,[2]]}",
        "{\"event\":\"series\",\"slot\":0,\"metric\":\"kl\",\"index\":0,\"values\":[1,]}",
        "{\"event\":\"error\",\"code\":\"nonsense\",\"text\":\"x\"}",
        "ggml_abort: something the engine printed",
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
        struct event e;
        f->err = (struct err){ 0 };
        if (event_parse(&e, &f->arena, lines[i], &f->err) == 0)
            fail_msg("taken for an event: %s", lines[i]);
        assert_int_equal(f->err.code, ERR_FORMAT);
        assert_non_null(strstr(f->err.msg, "not an event"));
    }
}

static int keep(void *ctx, const struct event *e, struct err *err)
{
    (void)err;
    *(struct event *)ctx = *e;
    return 0;
}

static int refuse(void *ctx, const struct event *e, struct err *err)
{
    (void)ctx;
    (void)e;
    return err_set(err, ERR_CANCELLED, "stop");
}

static void sinks(void **state)
{
    struct fixture *f = *state;
    struct event e;
    struct sink s = { keep, &e };
    assert_int_equal(sink_measure(&s, 1, METRIC_GEN_S, 4, 2.5, NULL), 0);
    assert_true(e.kind == EVENT_MEASURE && e.slot == 1 && e.metric == METRIC_GEN_S && e.index == 4 && e.value == 2.5);
    assert_int_equal(sink_series(&s, 2, METRIC_KL, 5, numbers, 3, NULL), 0);
    assert_true(e.kind == EVENT_SERIES && e.slot == 2 && e.values == numbers && e.n == 3);
    assert_int_equal(sink_fact(&s, 0, "k", "v", NULL), 0);
    assert_true(e.kind == EVENT_FACT && strcmp(e.key, "k") == 0 && strcmp(e.text, "v") == 0);
    assert_int_equal(sink_commit(&s, 0, 8, NULL), 0);
    assert_true(e.kind == EVENT_COMMIT && e.index == 8);
    assert_int_equal(sink_progress(&s, 1, 2, "items", NULL), 0);
    assert_true(e.kind == EVENT_PROGRESS && e.done == 1 && e.total == 2);
    assert_int_equal(sink_log(&s, "hm", NULL), 0);
    assert_true(e.kind == EVENT_LOG);
    struct sink no = { refuse, NULL };
    assert_int_equal(sink_log(&no, "hm", &f->err), -1);
    assert_int_equal(f->err.code, ERR_CANCELLED);
}

static void answers_travel_whole(void **state)
{
    (void)state;
    const struct event e = { .kind = EVENT_TEXT, .slot = 3, .index = 17, .sub = 1, .done = 40, .total = 12, .key = "limit",
                             .text = "a \"b\"\n\xf0\x9f\x99\x82 \xef\xbf\xbd" };
    struct event back;
    struct buf line = BUF_INIT;
    struct arena a;
    struct err err = { 0 };
    arena_init(&a);
    event_format(&line, &e);
    assert_null(strchr(line.data, '\n'));
    assert_int_equal(event_parse(&back, &a, line.data, &err), 0);
    assert_true(back.kind == EVENT_TEXT && back.slot == 3 && back.index == 17 && back.sub == 1 && back.done == 40 && back.total == 12);
    assert_string_equal(back.text, e.text);
    assert_string_equal(back.key, "limit");
    buf_clear(&line);
    event_format(&line, &(struct event){ .kind = EVENT_MEASURE, .metric = METRIC_EXACT_MATCH, .index = 2, .value = 1 });
    assert_null(strstr(line.data, "sub")); /* 0 is left out, and read back */
    assert_int_equal(event_parse(&back, &a, line.data, &err), 0);
    assert_int_equal(back.sub, 0);
    arena_release(&a);
    buf_release(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(measures, setup, teardown),
        cmocka_unit_test_setup_teardown(series, setup, teardown),
        cmocka_unit_test_setup_teardown(long_series, setup, teardown),
        cmocka_unit_test_setup_teardown(texts, setup, teardown),
        cmocka_unit_test_setup_teardown(other_kinds, setup, teardown),
        cmocka_unit_test_setup_teardown(hostile_lines_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(sinks, setup, teardown),
        cmocka_unit_test(answers_travel_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
