/* study files: any bytes are a study that holds together, or are refused, each mistake with its place. */
#include <string.h>

#include "fuzz/fuzz.h"
#include "study/study.h"

static void check_study(const struct study *s)
{
    FUZZ_CHECK(s->name && s->n_models > 0, "no name or no models");
    for (int i = 0; i < s->n_models; i++)
        FUZZ_CHECK(s->models[i].path && s->models[i].path[0], "a model without a path");
    for (int i = 0; i < s->n_levels; i++)
        FUZZ_CHECK(s->levels[i], "a level without a name");
    FUZZ_CHECK(s->n_measures >= 0 && s->n_measures <= KIND_COUNT, "%d measures", s->n_measures);
    for (int i = 0; i < s->n_measures; i++)
        FUZZ_CHECK(kind_info(s->measures[i])->in_measures, "%d", (int)s->measures[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct study s;
    struct settings defaults;
    struct fuzz_file file;
    struct err err = { 0 };
    arena_init(&a);
    opt_defaults(&settings_table, &defaults, &a);
    fuzz_file_open(&file, data, size);
    int rc = study_load(&s, &a, file.path, &defaults, &err);
    if (rc == 0)
        check_study(&s);
    else
        fuzz_check_failed(rc, &err);
    for (int i = 0; rc < 0 && i < s.n_mistakes; i++)
        FUZZ_CHECK(strncmp(s.mistakes[i], file.path, strlen(file.path)) == 0, "without a place: %s", s.mistakes[i]);
    fuzz_file_close(&file);
    arena_release(&a);
    return 0;
}
