/*
 * safetensors and shards: what a good file gives, and each way in which a file, an index or a folder can be wrong, with
 * the words that name it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fs.h"
#include "base/xalloc.h"
#include "convert/shards.h"

struct fixture {
    char dir[64];
    struct arena a;
    struct err err;
};

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    snprintf(f->dir, sizeof f->dir, "/tmp/test_safetensors.XXXXXX");
    arena_init(&f->a);
    *state = f;
    return mkdtemp(f->dir) ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[96];
    snprintf(command, sizeof command, "rm -r '%s'", f->dir);
    arena_release(&f->a);
    free(f);
    return system(command);
}

static const char *path(struct fixture *f, const char *name)
{
    return fs_join(&f->a, f->dir, name);
}

/* A file of header and n_data bytes 0, 1, 2 ... */
static void put(struct fixture *f, const char *name, const char *header, size_t n_data)
{
    struct buf b = BUF_INIT;
    const size_t n = strlen(header);
    for (int i = 0; i < 8; i++)
        buf_putc(&b, (char)(n >> 8 * i));
    buf_puts(&b, header);
    for (size_t i = 0; i < n_data; i++)
        buf_putc(&b, (char)i);
    assert_int_equal(fs_write(path(f, name), b.data, b.len, &f->err), 0);
    buf_release(&b);
}

static void put_text(struct fixture *f, const char *name, const char *text)
{
    assert_int_equal(fs_write(path(f, name), text, strlen(text), &f->err), 0);
}

static void refused(struct fixture *f, const char *words)
{
    struct shards *s;
    f->err = (struct err){ 0 };
    assert_int_equal(shards_open(&s, f->dir, &f->err), -1);
    assert_null(s);
    if (!strstr(f->err.msg, words))
        fail_msg("'%s' is not in: %s", words, f->err.msg);
    assert_null(strchr(f->err.msg, '\n'));
}

static void bad_header(struct fixture *f, const char *header, size_t n_data, const char *words)
{
    put(f, "model.safetensors", header, n_data);
    refused(f, words);
}

static void test_good(void **state)
{
    struct fixture *f = *state;
    struct shards *s;
    unsigned char bytes[4];
    put(f, "model.safetensors",
        "{\"__metadata__\":{\"format\":\"pt\"},\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[12,20]},"
        "\"a\":{\"dtype\":\"BF16\",\"shape\":[2,3],\"data_offsets\":[0,12]},"
        "\"m\":{\"dtype\":\"BOOL\",\"shape\":[],\"data_offsets\":[20,21]}}", 21);
    assert_int_equal(shards_open(&s, f->dir, &f->err), 0);
    assert_int_equal(shards_n(s), 3);
    const struct st_tensor *a = shards_at(s, 0), *b = shards_at(s, 1);
    assert_string_equal(a->name, "a");
    assert_int_equal(a->dtype, ST_BF16);
    assert_int_equal(a->n_dims, 2);
    assert_int_equal(a->n_elements, 6);
    assert_string_equal(b->name, "b");
    assert_int_equal(shards_at(s, 2)->dtype, ST_OTHER);
    assert_int_equal(shards_read(s, b, 4, bytes, 4, &f->err), 0);
    assert_memory_equal(bytes, "\x10\x11\x12\x13", 4);
    assert_int_equal(shards_read(s, b, 6, bytes, 4, &f->err), -1); /* past its end */
    assert_true(shards_has_file(s, path(f, "model.safetensors")));
    assert_false(shards_has_file(s, path(f, "other")));
    shards_close(s);
}

#define A "\"a\":{\"dtype\":\"F16\",\"shape\":[4],\"data_offsets\":[0,8]}"

static void test_headers(void **state)
{
    struct fixture *f = *state;
    bad_header(f, "{" A, 8, "model.safetensors");
    bad_header(f, "[]", 0, "no JSON object");
    bad_header(f, "{\"a\":1}", 0, "its entry is no object");
    bad_header(f, "{\"a\":{\"shape\":[4],\"data_offsets\":[0,8]}}", 8, "has no dtype");
    bad_header(f, "{\"a\":{\"dtype\":\"F99\",\"shape\":[4],\"data_offsets\":[0,8]}}", 8, "unknown dtype 'F99'");
    bad_header(f, "{\"a\":{\"dtype\":\"F16\",\"data_offsets\":[0,8]}}", 8, "has no shape");
    bad_header(f, "{\"a\":{\"dtype\":\"F16\",\"shape\":[-4],\"data_offsets\":[0,8]}}", 8, "no size");
    bad_header(f, "{\"a\":{\"dtype\":\"F16\",\"shape\":[4.5],\"data_offsets\":[0,8]}}", 8, "no size");
    bad_header(f, "{\"a\":{\"dtype\":\"F16\",\"shape\":[1,1,1,1,1,1,1,1,4],\"data_offsets\":[0,8]}}", 8, "8 dimensions");
    bad_header(f, "{\"a\":{\"dtype\":\"F16\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,8]}}", 8, "too large");
    bad_header(f, "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904],\"data_offsets\":[0,0]}}", 0, "differ in size");
    bad_header(f, "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,8]}}", 8, "differ in size");
    bad_header(f, "{\"a\":{\"dtype\":\"F16\",\"shape\":[4],\"data_offsets\":[8,0]}}", 8, "tensor 'a'");
    bad_header(f, "{\"a\":{\"dtype\":\"F16\",\"shape\":[4],\"data_offsets\":[0,8,16]}}", 8, "no pair");
    bad_header(f, "{\"a\":{\"dtype\":\"F16\",\"shape\":[4],\"data_offsets\":[0,18446744073709551615]}}", 8, "no pair");
    bad_header(f, "{" A "}", 7, "cut short");
    bad_header(f, "{" A "}", 9, "end at byte");
    bad_header(f, "{" A ",\"b\":{\"dtype\":\"F16\",\"shape\":[4],\"data_offsets\":[4,12]}}", 12, "overlaps");
    bad_header(f, "{" A ",\"b\":{\"dtype\":\"F16\",\"shape\":[4],\"data_offsets\":[10,18]}}", 18, "a hole");
    bad_header(f, "{" A ",\"a\":{\"dtype\":\"F16\",\"shape\":[4],\"data_offsets\":[8,16]}}", 16, "twice");
    bad_header(f, "{\"a\\u0000b\":{\"dtype\":\"F16\",\"shape\":[4],\"data_offsets\":[0,8]}}", 8, "a NUL");
    bad_header(f, "{}", 0, "have no tensors");
}

static void test_lengths(void **state)
{
    struct fixture *f = *state;
    refused(f, "no model*.safetensors");
    put_text(f, "model.safetensors", "");
    refused(f, "no safetensors file");
    put_text(f, "model.safetensors", "\x10\x01\x01\x01\x01\x01\x01\x01{}");
    refused(f, "no safetensors file, or a damaged one");
    put_text(f, "model.safetensors", "\x7f\x7f\x7f\x01\x01\x01\x01\x01");
    refused(f, "damaged");
    struct buf b = BUF_INIT;
    buf_append(&b, "\x40\0\0\0\0\0\0\0{}", 10);
    assert_int_equal(fs_write(path(f, "model.safetensors"), b.data, b.len, &f->err), 0);
    refused(f, "its header of 64 bytes is cut short");
    buf_release(&b);
    unlink(path(f, "model.safetensors"));
    put_text(f, "pytorch_model.bin", "PK");
    refused(f, "pickled");
}

static void test_index(void **state)
{
    struct fixture *f = *state;
    struct shards *s;
    const char *index = "model.safetensors.index.json";
    put(f, "model-2.safetensors", "{" A "}", 8);
    put(f, "model-1.safetensors", "{\"z\":{\"dtype\":\"F16\",\"shape\":[4],\"data_offsets\":[0,8]}}", 8);
    put_text(f, index, "{\"weight_map\":{\"a\":\"model-2.safetensors\",\"z\":\"model-1.safetensors\"}}");
    assert_int_equal(shards_open(&s, f->dir, &f->err), 0);
    assert_string_equal(shards_at(s, 0)->name, "z"); /* by file, then by name */
    shards_close(s);
    put_text(f, index, "{\"weight_map\":{\"a\":\"model-1.safetensors\",\"z\":\"model-1.safetensors\"}}");
    refused(f, "tensor 'a' is not in model-1.safetensors");
    put_text(f, index, "{\"weight_map\":{\"a\":\"model-2.safetensors\"}}");
    assert_int_equal(shards_open(&s, f->dir, &f->err), 0);
    shards_close(s);
    put_text(f, index, "{\"weight_map\":{\"a\":\"model-2.safetensors\",\"z\":\"model-3.safetensors\"}}");
    refused(f, "model-3.safetensors: is missing");
    put_text(f, index, "{\"weight_map\":{\"a\":\"../model-2.safetensors\"}}");
    refused(f, "is not the name of a .safetensors file of this folder");
    put_text(f, index, "{\"weight_map\":{\"a\":\"/etc/x.safetensors\"}}");
    refused(f, "is not the name");
    put_text(f, index, "{\"weight_map\":{\"a\":\"config.json\"}}");
    refused(f, "is not the name");
    put_text(f, index, "{\"weight_map\":{\"a\":7}}");
    refused(f, "names no file");
    put_text(f, index, "{\"weight_map\":{}}");
    refused(f, "has no weight_map");
    put_text(f, index, "[1]");
    refused(f, "has no weight_map");
    unlink(path(f, index));
    put(f, "model-3.safetensors", "{" A "}", 8);
    refused(f, "is in model-2.safetensors too");
}

/* A hub's snapshot is made of links; what is no file in the end is refused, without waiting for it. */
static void test_links(void **state)
{
    struct fixture *f = *state;
    struct shards *s;
    put(f, "blob", "{" A "}", 8);
    assert_int_equal(symlink("blob", path(f, "model.safetensors")), 0);
    assert_int_equal(shards_open(&s, f->dir, &f->err), 0);
    assert_true(shards_has_file(s, path(f, "blob")));
    shards_close(s);
    unlink(path(f, "model.safetensors"));
    assert_int_equal(symlink("model.safetensors", path(f, "model.safetensors")), 0);
    refused(f, "model.safetensors");
    unlink(path(f, "model.safetensors"));
    assert_int_equal(symlink("gone", path(f, "model.safetensors")), 0);
    refused(f, "is missing");
    unlink(path(f, "model.safetensors"));
    assert_int_equal(symlink("/tmp", path(f, "model.safetensors")), 0);
    refused(f, "not a regular file");
    unlink(path(f, "model.safetensors"));
    assert_int_equal(mkfifo(path(f, "model.safetensors"), 0600), 0);
    refused(f, "not a regular file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_good, setup, teardown),
        cmocka_unit_test_setup_teardown(test_headers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lengths, setup, teardown),
        cmocka_unit_test_setup_teardown(test_index, setup, teardown),
        cmocka_unit_test_setup_teardown(test_links, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
