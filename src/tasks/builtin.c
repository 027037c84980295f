/*
 * The assembler includes the files as they are (.incbin), from PERBIT_TASKS_DIR, which the build sets. The compiler
 * does not see them, so the build names them as OBJECT_DEPENDS of this file.
 */
#include "tasks/builtin.h"

#include <string.h>

#include "base/banned.h"

#define FILE_LIST(X)                                                                                                   \
    X(arc_easy, "arc_easy.yaml")                                                                                       \
    X(arc_challenge, "arc_challenge.yaml")                                                                             \
    X(gsm8k, "gsm8k.yaml")                                                                                             \
    X(hellaswag, "hellaswag.yaml")                                                                                     \
    X(ifeval, "ifeval.yaml")                                                                                           \
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

#ifdef __APPLE__
#define SECTION ".section __TEXT,__const\n"
#define SYMBOL "_perbit_task_"
#define SECTION_END ".text\n"
#else
#define SECTION ".pushsection .rodata\n"
#define SYMBOL "perbit_task_"
#define SECTION_END ".popsection\n"
#endif

#define INCLUDE_FILE(id, file)                                                                                         \
    __asm__(SECTION ".globl " SYMBOL #id "\n" SYMBOL #id ":\n"                                                         \
                    ".incbin \"" PERBIT_TASKS_DIR "/" file "\"\n"                                                      \
                    ".globl " SYMBOL #id "_end\n" SYMBOL #id "_end:\n"                                                 \
                    ".byte 0\n" SECTION_END);                                                                          \
    extern const char perbit_task_##id[];                                                                              \
    extern const char perbit_task_##id##_end[];
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
