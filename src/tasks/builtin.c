/* The files come from PERBIT_TASKS_DIR, which the build sets. */
#include "tasks/builtin.h"

#include <string.h>

#include "base/embed.h"

#include "base/banned.h"

#define FILE_LIST(X)                                                                                                   \
    X(arc_easy, "arc_easy.yaml")                                                                                       \
    X(arc_challenge, "arc_challenge.yaml")                                                                             \
    X(gsm8k, "gsm8k.yaml")                                                                                             \
    X(hellaswag, "hellaswag.yaml")                                                                                     \
    X(ifeval, "ifeval.yaml")                                                                                           \
    X(locollm, "locollm.yaml")                                                                                         \
    X(mmlu, "mmlu.yaml")                                                                                               \
    X(mmlu_humanities, "mmlu_humanities.yaml")                                                                         \
    X(mmlu_other, "mmlu_other.yaml")                                                                                   \
    X(mmlu_social_sciences, "mmlu_social_sciences.yaml")                                                               \
    X(mmlu_stem, "mmlu_stem.yaml")                                                                                     \
    X(mmlu_tasks, "mmlu_tasks.yaml")                                                                                   \
    X(openllm, "openllm.yaml")                                                                                         \
    X(truthfulqa_gen, "truthfulqa_gen.yaml")                                                                           \
    X(truthfulqa_mc1, "truthfulqa_mc1.yaml")                                                                           \
    X(truthfulqa_mc2, "truthfulqa_mc2.yaml")                                                                           \
    X(winogrande, "winogrande.yaml")

#define INCLUDE_FILE(id, file) EMBED_FILE(perbit_task_##id, PERBIT_TASKS_DIR "/" file)
FILE_LIST(INCLUDE_FILE)

#define ROW(id, file) {"builtin:" file, perbit_task_##id, perbit_task_##id##_end},
static const struct builtin files[] = {FILE_LIST(ROW)};

int builtin_n(void)
{
    return sizeof files / sizeof files[0];
}

const struct builtin *builtin_at(int i)
{
    return &files[i];
}

const struct builtin *builtin_find(const char *path)
{
    for (int i = 0; i < builtin_n(); i++) {
        if (!strcmp(files[i].path, path))
            return &files[i];
    }
    return NULL;
}
