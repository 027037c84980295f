/*
 * source: the BF16 file that a study starts from, when the model is published as safetensors: the files of a repository
 * that a conversion needs, and the conversion (convert/convert.h, in a worker) into the study's folder of models.
 *
 *   source_pull(&dir, h, &spec, true, &view, &arena, err)    1: dir is the snapshot's folder; 0: no repository of safetensors
 *   source_convert(&model, &study, true, &arena, err)        model.path is OUT_DIR/NAME-BF16.gguf; made when it is not there
 *
 * A made file is used again as it is: whether the repository has moved on since is not asked.
 * Errors  those of hub/pull.h and convert/convert.h; ERR_IO not here and nothing may be loaded or made
 * Owns    texts live in the arena      Tests  cli/pull_source.sh
 */
#ifndef PERBIT_STUDY_SOURCE_H
#define PERBIT_STUDY_SOURCE_H

#include "hub/pull.h"
#include "study/study.h"

int source_pull(const char **dir, struct hub *h, const struct hub_spec *s, bool may_load, const struct hub_view *view, struct arena *a,
                struct err *err);
bool source_is_folder(const char *path); /* of a model, as published */
int source_convert(struct study_model *m, const struct study *s, bool may_make, struct arena *a, struct err *err);

#endif
