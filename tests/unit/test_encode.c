/*
 * encode: lm-evaluation-harness's split of context and continuation, over the fake model's tokenizer (bytes; <s> is
 * 256, </s> is 257), so that every expected id can be written down.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fs.h"
#include "engine/encode.h"

enum { BOS = 256, EOS = 257 };

struct fixture {
    char dir[64];
    struct backend *plain, *bos; /* a vocabulary without and with a BOS rule */
    struct err err;
};

static struct backend *open_fake(struct fixture *f, const char *name, const char *json)
{
    char path[128];
    struct backend *b;
    const struct backend_params p = { .n_ctx = 64, .n_batch = 16, .n_ubatch = 16, .n_seq_max = 2 };
    snprintf(path, sizeof path, "%s/%s.json", f->dir, name);
    if (fs_write(path, json, strlen(json), &f->err) || backend_open(&b, path, &p, &f->err))
        fail_msg("%s", f->err.msg);
    return b;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    snprintf(f->dir, sizeof f->dir, "/tmp/test_encode.XXXXXX");
    if (!mkdtemp(f->dir))
        return -1;
    f->plain = open_fake(f, "plain", "{\"perbit_fake_model\": 1}");
    f->bos = open_fake(f, "bos", "{\"perbit_fake_model\": 1, \"add_bos\": true}");
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[96];
    backend_close(f->plain);
    backend_close(f->bos);
    snprintf(command, sizeof command, "rm -r '%s'", f->dir);
    free(f);
    return system(command);
}

static struct text text_of(const char *s)
{
    return (struct text){ .s = s, .n_bytes = strlen(s) };
}

static int encode(struct encoded *x, struct backend *b, enum encode_bos bos, const char *context,
                  const char *continuation, int max_length, struct err *err)
{
    struct encoder e;
    struct encoded_context c;
    const struct request r = { .context = text_of(context), .continuation = text_of(continuation) };
    encoder_init(&e, b, bos);
    assert_int_equal(encode_context(&c, &e, r.context, err), 0);
    const int ret = encode_pair(x, &e, &c, &r, max_length, err);
    encoded_context_release(&c);
    return ret;
}

/* want: the ids; a character stands for its byte, '^' for BOS, '$' for EOS. */
static void check(struct fixture *f, struct backend *b, enum encode_bos bos, const char *context,
                  const char *continuation, int max_length, const char *want_context, const char *want_continuation)
{
    struct encoded x;
    char want[128];
    snprintf(want, sizeof want, "%s%s", want_context, want_continuation);
    if (encode(&x, b, bos, context, continuation, max_length, &f->err))
        fail_msg("%s", f->err.msg);
    assert_int_equal(x.n, strlen(want));
    assert_int_equal(x.n_context, strlen(want_context));
    assert_int_equal(x.n_continuation, strlen(want_continuation));
    for (int i = 0; i < x.n; i++)
        assert_int_equal(x.tokens[i], want[i] == '^' ? BOS : want[i] == '$' ? EOS : (unsigned char)want[i]);
    encoded_release(&x);
}

static void whitespace_moves(void **state)
{
    struct fixture *f = *state;
    check(f, f->plain, ENCODE_BOS_AUTO, "Question", " yes", 99, "Question", " yes");
    check(f, f->plain, ENCODE_BOS_AUTO, "Question \n\t", "yes", 99, "Question", " \n\tyes");
    check(f, f->plain, ENCODE_BOS_AUTO, "A\xc2\xa0\xe3\x80\x80", "b", 99, "A", "\xc2\xa0\xe3\x80\x80" "b");
    check(f, f->plain, ENCODE_BOS_AUTO, "A\x1c", "", 99, "A", "\x1c"); /* Python's isspace has U+001C */
}

static void bos_by_the_model_and_by_order(void **state)
{
    struct fixture *f = *state;
    check(f, f->plain, ENCODE_BOS_AUTO, "a", "b", 99, "a", "b");
    check(f, f->plain, ENCODE_BOS_ON, "a", "b", 99, "^a", "b");
    check(f, f->plain, ENCODE_BOS_OFF, "a", "b", 99, "a", "b");
    check(f, f->bos, ENCODE_BOS_AUTO, "a", "b", 99, "^a", "b");
    check(f, f->bos, ENCODE_BOS_ON, "a", "b", 99, "^a", "b");
    check(f, f->bos, ENCODE_BOS_OFF, "a", "b", 99, "a", "b");
    /* never two */
    check(f, f->bos, ENCODE_BOS_AUTO, "<s>a", "b", 99, "^a", "b");
    check(f, f->plain, ENCODE_BOS_ON, "<s>a", "b</s>", 99, "^a", "b$");
}

static void empty_context(void **state)
{
    struct fixture *f = *state;
    check(f, f->plain, ENCODE_BOS_AUTO, "", "ab", 99, "^", "ab");
    check(f, f->bos, ENCODE_BOS_AUTO, "", "ab", 99, "^", "ab");
    check(f, f->bos, ENCODE_BOS_AUTO, "", "<s>ab", 99, "^", "ab");
    check(f, f->bos, ENCODE_BOS_OFF, "", "ab", 99, "^", "ab");
    check(f, f->plain, ENCODE_BOS_AUTO, " \n", "ab", 99, "^", " \nab");
}

static void cut_from_the_left(void **state)
{
    struct fixture *f = *state;
    check(f, f->bos, ENCODE_BOS_AUTO, "context", "end", 10, "^context", "end");
    check(f, f->bos, ENCODE_BOS_AUTO, "context", "end", 9, "context", "end");
    check(f, f->bos, ENCODE_BOS_AUTO, "context", "end", 8, "ontext", "end");
    check(f, f->bos, ENCODE_BOS_AUTO, "context", "end", 3, "t", "end");
}

static void refusals(void **state)
{
    struct fixture *f = *state;
    struct encoded x;
    assert_int_equal(encode(&x, f->plain, ENCODE_BOS_AUTO, "context", "", 99, &f->err), -1);
    assert_int_equal(f->err.code, ERR_RANGE);
    assert_non_null(strstr(f->err.msg, "empty"));
    assert_int_equal(encode(&x, f->plain, ENCODE_BOS_AUTO, "", "", 99, &f->err), -1);
    assert_int_equal(encode(&x, f->plain, ENCODE_BOS_AUTO, "", "<s>", 99, &f->err), -1);
    assert_int_equal(encode(&x, f->plain, ENCODE_BOS_AUTO, "context", "long", 3, &f->err), -1);
    assert_string_equal(f->err.msg, "the continuation has 4 tokens, the model takes 3");
    assert_null(x.tokens);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whitespace_moves),
        cmocka_unit_test(bos_by_the_model_and_by_order),
        cmocka_unit_test(empty_context),
        cmocka_unit_test(cut_from_the_left),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
