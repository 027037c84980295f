/*
 * mklora: a LoRA adapter with random F32 weights for a given model, as convert_lora_to_gguf.py of llama.cpp lays one out, for
 * tests: nothing was trained.
 *
 *   mklora [--arch NAME] [--type NAME] [--width N] MODEL.gguf OUT.gguf RANK ALPHA STRENGTH
 *
 * Every second block's attn_q, attn_v and ffn_down get a pair. STRENGTH is about what the product adds to a weight of unit
 * size. --arch and --type say another architecture or adapter.type, --width N another length of the rows: adapters that do not
 * fit. The same arguments give the same bytes.
 */
#include <ggml.h>
#include <gguf.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "noise.h"

static void add(struct ggml_context *c, struct gguf_context *g, const char *name, const char *end, int64_t n0, int64_t n1, float sd)
{
    struct ggml_tensor *t = ggml_new_tensor_2d(c, GGML_TYPE_F32, n0, n1);
    float *data = t->data;
    char full[96];
    snprintf(full, sizeof(full), "%s.%s", name, end);
    ggml_set_name(t, full);
    for (int64_t i = 0; i < n0 * n1; i++)
        data[i] = sd * normal();
    gguf_add_tensor(g, t);
}

static bool is_adapted(const char *name)
{
    static const char *const kinds[] = { "attn_q.weight", "attn_v.weight", "ffn_down.weight" };
    int i_block;
    char rest[64];
    if (sscanf(name, "blk.%d.%63s", &i_block, rest) != 2 || i_block % 2 != 0)
        return false;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
        if (strcmp(rest, kinds[i]) == 0)
            return true;
    return false;
}

int main(int argc, char **argv)
{
    const char *program = argv[0], *arch = NULL, *type = "lora";
    int64_t width = 0;
    for (; argc > 2 && strncmp(argv[1], "--", 2) == 0; argv += 2, argc -= 2) {
        if (strcmp(argv[1], "--arch") == 0)
            arch = argv[2];
        else if (strcmp(argv[1], "--type") == 0)
            type = argv[2];
        else if (strcmp(argv[1], "--width") == 0)
            width = atol(argv[2]);
    }
    if (argc != 6 || atoi(argv[3]) < 1) {
        fprintf(stderr, "usage: %s [--arch NAME] [--type NAME] [--width N] MODEL.gguf OUT.gguf RANK ALPHA STRENGTH\n", program);
        return 2;
    }
    const int64_t rank = atoi(argv[3]);
    struct ggml_context *shapes = NULL;
    struct gguf_context *model = gguf_init_from_file(argv[1], (struct gguf_init_params){ .no_alloc = true, .ctx = &shapes });
    const int64_t key = model ? gguf_find_key(model, "general.architecture") : -1;
    if (key < 0) {
        fprintf(stderr, "%s: %s is no model\n", program, argv[1]);
        return 1;
    }
    struct gguf_context *g = gguf_init_empty();
    gguf_set_val_str(g, "general.type", "adapter");
    gguf_set_val_str(g, "general.architecture", arch ? arch : gguf_get_val_str(model, key));
    gguf_set_val_str(g, "general.name", "random adapter");
    gguf_set_val_str(g, "adapter.type", type);
    gguf_set_val_f32(g, "adapter.lora.alpha", strtof(argv[4], NULL));
    struct ggml_context *c = ggml_init((struct ggml_init_params){ .mem_size = (size_t)1 << 28 });
    for (struct ggml_tensor *t = ggml_get_first_tensor(shapes); t; t = ggml_get_next_tensor(shapes, t)) {
        const int64_t n0 = width > 0 ? width : t->ne[0];
        if (!is_adapted(t->name))
            continue;
        add(c, g, t->name, "lora_a", n0, rank, 1.0f / sqrtf((float)rank));
        add(c, g, t->name, "lora_b", rank, t->ne[1], strtof(argv[5], NULL) / sqrtf((float)n0));
    }
    const bool is_written = gguf_write_to_file(g, argv[2], false);
    gguf_free(g);
    gguf_free(model);
    ggml_free(c);
    ggml_free(shapes);
    return is_written ? 0 : 1;
}
