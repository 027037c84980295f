/* yaml: any bytes give a tree whose nodes know where they stand, or one line that says what is wrong and where. */
#include <string.h>

#include "base/yaml.h"
#include "fuzz/fuzz.h"

static int n_lines(const uint8_t *data, size_t size)
{
    int n = 1;
    for (size_t i = 0; i < size; i++)
        n += data[i] == '\n' || data[i] == '\r' || data[i] == 0x85 || data[i] == 0xa8 || data[i] == 0xa9;
    return n;
}

/* An alias is its anchor's node again: how often a node is met may double with each line, so the walk has an end. */
static void walk(const struct yaml_node *node, int lines, int *n_left)
{
    if (--*n_left < 0)
        return;
    FUZZ_CHECK(node->line >= 1 && node->line <= lines + 1 && node->col >= 1, "%d:%d of %d", node->line, node->col, lines);
    FUZZ_CHECK(yaml_kind_name(node)[0] != '\0', "a kind without a name");
    if (node->kind == YAML_SCALAR) {
        FUZZ_CHECK(node->text != NULL, "a scalar without a text");
        FUZZ_CHECK(strlen(node->text) < 1u << 24, "too long");
        return;
    }
    for (int i = 0; i < node->n; i++) {
        if (node->kind == YAML_MAPPING) {
            walk(node->keys[i], lines, n_left);
            FUZZ_CHECK(yaml_find(node, node->keys[i]->text) == node->items[i], "%s", node->keys[i]->text);
        }
        walk(node->items[i], lines, n_left);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct yaml_node *root = NULL;
    struct err err = { 0 };
    int n_left = 10000;
    arena_init(&a);
    int rc = yaml_parse(&root, &a, (const char *)data, size, "fuzz", &err);
    if (rc < 0)
        fuzz_check_failed(rc, &err);
    else
        walk(root, n_lines(data, size), &n_left);
    arena_release(&a);
    return 0;
}
