/* identity: the same fields give the same key; any other field, or the same text in another place, another one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/identity.h"

static const struct identity whole = {
    .model_sha256 = "aa", .adapter_sha256 = "bb", .level = "Q4_K_M", .imatrix_sha256 = "cc", .kind = "kl",
    .task = "t:1:ee",
    .data_sha256 = "dd", .base = "level:BF16", .settings = "{\"n_ctx\":512}", .engine = "build 1", .machine = "m1",
    .adapter_scale = "0.5",
};
enum { N_FIELDS = sizeof(struct identity) / sizeof(const char *) };

static void fields_of(const char *out[N_FIELDS], const struct identity *id)
{
    memcpy(out, id, sizeof *id);
}

static struct identity identity_of(const char *const fields[N_FIELDS])
{
    struct identity id;
    memcpy(&id, fields, sizeof id);
    return id;
}

static void assert_other(const struct identity *a, const struct identity *b)
{
    char x[SHA256_HEX_BYTES], y[SHA256_HEX_BYTES];
    identity_key(x, a);
    identity_key(y, b);
    assert_string_not_equal(x, y);
}

static void the_same_fields_give_the_same_key(void **state)
{
    (void)state;
    char a[SHA256_HEX_BYTES], b[SHA256_HEX_BYTES], level[] = "Q4_K_M";
    struct identity copy = whole;
    copy.level = level; /* the text counts, not where it stands */
    identity_key(a, &whole);
    identity_key(b, &copy);
    assert_string_equal(a, b);
    assert_int_equal(strlen(a), 64);
}

/* Stores hold keys: the way they are made may not change. By hand: sha256 of the fields as a JSON array. */
static void the_key_of_old_stores(void **state)
{
    (void)state;
    char got[SHA256_HEX_BYTES], want[SHA256_HEX_BYTES];
    static const char text[] = "[\"aa\",\"bb\",\"Q4_K_M\",\"cc\",\"kl\",\"dd\","
                               "\"level:BF16\",\"{\\\"n_ctx\\\":512}\",\"build 1\",\"m1\"]";
    struct identity old = whole;
    old.task = NULL; /* there were no tasks */
    old.adapter_scale = NULL;
    identity_key(got, &old);
    sha256_bytes(want, text, sizeof text - 1);
    assert_string_equal(got, want);
    assert_string_equal(got, "f6474da75b6f58b7f3db40c83a8f9815591e7e3970f7aee4972d5dbf7b1498da");
}

static void each_field_counts(void **state)
{
    (void)state;
    const char *fields[N_FIELDS];
    for (int i = 0; i < N_FIELDS; i++) {
        fields_of(fields, &whole);
        fields[i] = "other";
        struct identity other = identity_of(fields);
        assert_other(&whole, &other);
        fields[i] = "";
        other = identity_of(fields);
        assert_other(&whole, &other);
    }
}

static void a_text_in_another_field_is_another_cell(void **state)
{
    (void)state;
    for (int i = 0; i < N_FIELDS; i++)
        for (int k = 0; k < i; k++) {
            const char *a[N_FIELDS] = { NULL }, *b[N_FIELDS] = { NULL };
            a[i] = "x";
            b[k] = "x";
            struct identity x = identity_of(a), y = identity_of(b);
            assert_other(&x, &y);
        }
    /* and where one ends and the next begins */
    const struct identity x = { .level = "Q4\",\"", .imatrix_sha256 = "a" }, y = { .level = "Q4", .imatrix_sha256 = "\",\"a" };
    const struct identity p = { .level = "ab", .imatrix_sha256 = "c" }, q = { .level = "a", .imatrix_sha256 = "bc" };
    assert_other(&x, &y);
    assert_other(&p, &q);
}

static void nothing_is_the_empty_text(void **state)
{
    (void)state;
    const char *fields[N_FIELDS], *empty[N_FIELDS];
    char a[SHA256_HEX_BYTES], b[SHA256_HEX_BYTES];
    for (int i = 0; i < N_FIELDS; i++) {
        fields[i] = NULL;
        empty[i] = "";
    }
    const struct identity x = identity_of(fields), y = identity_of(empty);
    identity_key(a, &x);
    identity_key(b, &y);
    assert_string_equal(a, b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_fields_give_the_same_key),
        cmocka_unit_test(the_key_of_old_stores),
        cmocka_unit_test(each_field_counts),
        cmocka_unit_test(a_text_in_another_field_is_another_cell),
        cmocka_unit_test(nothing_is_the_empty_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
