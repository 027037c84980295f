/* settings: one table, whole: every row has a field, a help, a default that it accepts; what moves results is kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/kind.h"
#include "study/settings.h"

static size_t field_bytes(enum opt_type t)
{
    switch (t) {
    case OPT_BOOL: return sizeof(bool);
    case OPT_INT: case OPT_BYTES: return sizeof(int64_t);
    case OPT_NUM: return sizeof(double);
    default: return sizeof(const char *);
    }
}

static const struct opt_row *row(int i)
{
    return &settings_table.rows[i];
}

/* Each byte of the struct belongs to one row at most; all fields but padding to one. */
static void every_field_has_one_row(void **state)
{
    (void)state;
    unsigned char used[sizeof(struct settings)] = { 0 };
    size_t n_used = 0;
    for (int i = 0; i < settings_table.n; i++)
        for (size_t k = 0; k < field_bytes(row(i)->type); k++) {
            assert_true(row(i)->offset + k < sizeof used);
            if (used[row(i)->offset + k]++)
                fail_msg("%s: its field is another row's too", row(i)->key);
            n_used++;
        }
    size_t hole = 0; /* a field without a row is 8 bytes, padding less; a lone bool is found by its neighbours */
    for (size_t k = 0; k < sizeof used; k++) {
        hole = used[k] ? 0 : hole + 1;
        if (hole >= 8)
            fail_msg("the field at byte %zu has no row", k);
    }
    assert_true(n_used > sizeof used / 2);
}

static void assert_unique(const char *a, const char *b)
{
    if (a && b && strcmp(a, b) == 0)
        fail_msg("two rows are called %s", a);
}

static void every_name_is_one_rows(void **state)
{
    (void)state;
    for (int i = 0; i < settings_table.n; i++)
        for (int k = 0; k < i; k++) {
            const char *const a[] = { row(i)->key, row(i)->alias, row(i)->short_name };
            const char *const b[] = { row(k)->key, row(k)->alias, row(k)->short_name };
            for (int x = 0; x < 9; x++)
                assert_unique(a[x / 3], b[x % 3]);
        }
}

static void every_row_is_whole(void **state)
{
    (void)state;
    struct arena a;
    struct settings s;
    struct err err;
    arena_init(&a);
    opt_defaults(&settings_table, &s, &a);
    for (int i = 0; i < settings_table.n; i++) {
        const struct opt_row *r = row(i);
        const bool is_number = r->type == OPT_INT || r->type == OPT_NUM;
        if (!r->help || !r->help[0] || r->help[strlen(r->help) - 1] == '.' || !r->group)
            fail_msg("%s: help or group", r->key);
        if ((r->type == OPT_CHOICE) != (r->choices != NULL) || (is_number && r->min == r->max) || (r->type != OPT_STR && r->type != OPT_LIST && !r->def))
            fail_msg("%s: choices, range or default", r->key);
        if (r->def && opt_set(r, &s, r->def, r->key, &a, &err) < 0)
            fail_msg("%s", err.msg);
        assert_ptr_equal(opt_find(&settings_table, r->key), r);
    }
    arena_release(&a);
}

static const char *const perplexity_groups[] = { "engine", "perplexity", NULL };

static const char *json_after(struct arena *a, const char *key, const char *text)
{
    struct settings s;
    struct err err;
    opt_defaults(&settings_table, &s, a);
    if (key && opt_set(opt_find(&settings_table, key), &s, text, key, a, &err) < 0)
        fail_msg("%s", err.msg);
    return settings_json(a, &s, perplexity_groups, true);
}

/* The identity of a cell: what moves results is in it, and nothing else. */
static void what_moves_results_is_in_the_identity(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    const char *const before = json_after(&a, NULL, NULL);
    static const char *const moving[][2] = {
        { "n_ctx", "64" }, { "n_batch", "100" }, { "n_ubatch", "64" }, { "flash_attn", "on" }, { "type_k", "q8_0" },
        { "repack", "false" }, { "n_chunks", "3" }, { "n_gpu_layers", "1" },
    };
    static const char *const still[][2] = {
        { "n_threads", "3" }, { "load_mode", "none" }, { "store", "x" }, { "verbose", "true" }, { "keep_files", "false" },
        { "repetitions", "3" }, /* of another group */
    };
    for (size_t i = 0; i < sizeof moving / sizeof *moving; i++)
        if (strcmp(json_after(&a, moving[i][0], moving[i][1]), before) == 0)
            fail_msg("%s does not count", moving[i][0]);
    for (size_t i = 0; i < sizeof still / sizeof *still; i++)
        if (strcmp(json_after(&a, still[i][0], still[i][1]), before) != 0)
            fail_msg("%s counts", still[i][0]);
    arena_release(&a);
}

static const char *json_of_task(struct arena *a, bool writes, bool is_chat, const char *key, const char *text)
{
    struct settings s;
    struct err err;
    opt_defaults(&settings_table, &s, a);
    if (key && opt_set(opt_find(&settings_table, key), &s, text, key, a, &err) < 0)
        fail_msg("%s", err.msg);
    return settings_json(a, &s, kind_task_groups(writes, is_chat), true);
}

/* How texts are written counts where they are written; thinking also where a chat template is asked. */
static void generation_counts_where_texts_are_written(void **state)
{
    (void)state;
    static const char *const keys[][2] = { { "slots", "1" }, { "max_gen_toks", "9" }, { "temperature", "1" }, { "top_k", "4" },
                                           { "top_p", "0.5" }, { "gen_seed", "7" }, { "gen_kwargs", "until=x" }, { "think", "off" } };
    static const char *const writing[] = { "generation", "thinking", NULL };
    struct arena a;
    arena_init(&a);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *key = keys[i][0], *text = keys[i][1];
        const bool is_think = strcmp(key, "think") == 0;
        assert_string_equal(json_of_task(&a, false, false, key, text), json_of_task(&a, false, false, NULL, NULL));
        assert_string_not_equal(json_of_task(&a, true, false, key, text), json_of_task(&a, true, false, NULL, NULL));
        assert_int_equal(strcmp(json_of_task(&a, false, true, key, text), json_of_task(&a, false, true, NULL, NULL)) != 0, is_think);
    }
    /* and what both have in common is what is left without them */
    assert_string_equal(settings_without(&a, json_of_task(&a, true, true, "slots", "1"), writing),
                        settings_without(&a, json_of_task(&a, false, true, NULL, NULL), writing));
    assert_string_equal(settings_without(&a, json_of_task(&a, true, true, NULL, NULL), writing),
                        json_of_task(&a, false, false, NULL, NULL));
    assert_string_not_equal(settings_without(&a, json_of_task(&a, true, false, "limit", "3"), writing),
                            json_of_task(&a, false, false, NULL, NULL));
    assert_string_equal(settings_without(&a, "no json", writing), "no json");
    arena_release(&a);
}

/* What is stored with a run reads back as the same settings. */
static void json_there_and_back(void **state)
{
    (void)state;
    struct arena a;
    struct settings s, back;
    struct err err;
    struct json *j;
    arena_init(&a);
    opt_defaults(&settings_table, &s, &a);
    s.n_ctx = 77;
    s.file = "a \"text\".txt";
    s.memory_budget = (int64_t)1 << 40;
    s.keep_files = false;
    const char *text = settings_json(&a, &s, NULL, false);
    assert_int_equal(json_parse(&j, text, strlen(text), "settings", &err), 0);
    opt_defaults(&settings_table, &back, &a);
    if (opt_from_json(&settings_table, &back, j, json_root(j), &a, &err) < 0)
        fail_msg("%s", err.msg);
    json_close(j);
    assert_string_equal(settings_json(&a, &back, NULL, false), text);
    assert_int_equal(back.n_ctx, 77);
    assert_string_equal(back.file, s.file);
    arena_release(&a);
}

static void the_store_and_the_backend(void **state)
{
    (void)state;
    struct arena a;
    struct settings s;
    struct backend_params p;
    arena_init(&a);
    opt_defaults(&settings_table, &s, &a);
    assert_string_equal(settings_store(&s), "perbit.db");
    s.store = "other.db";
    s.n_threads = 5;
    s.n_gpu_layers = -1;
    s.repack = false;
    assert_string_equal(settings_store(&s), "other.db");
    settings_backend_params(&s, &p);
    assert_int_equal(p.n_threads, 5);
    assert_int_equal(p.n_gpu_layers, -1);
    assert_int_equal(p.n_ubatch, 512);
    assert_string_equal(p.type_k, "f16");
    assert_string_equal(p.load_mode, "mmap");
    assert_false(p.repack);
    assert_false(p.no_alloc);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_has_one_row),
        cmocka_unit_test(every_name_is_one_rows),
        cmocka_unit_test(every_row_is_whole),
        cmocka_unit_test(what_moves_results_is_in_the_identity),
        cmocka_unit_test(generation_counts_where_texts_are_written),
        cmocka_unit_test(json_there_and_back),
        cmocka_unit_test(the_store_and_the_backend),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
