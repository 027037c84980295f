/*
 * preview: a study of models with synthetic weights (study/synthetic.h): speed and memory of every level on this computer before
 * anything is loaded from anywhere.
 *
 *   preview_file(&study, &arena, "config.json", &settings, err)     a config.json, a folder that has one, or a GGUF file
 *   preview_study(&study, &arena, &of, err)                          every model of a study by the config.json that it names, or its file
 *
 * Levels: the settings', else the study's, else all eight of the guide. Measures: the settings' (speed, memory). Files are made one
 * at a time and removed, unless settings.keep. A study's results go into a store of their own, STORE-preview.db, unless
 * settings.store was given on the command line: the real ones are never beside the others.
 * Errors  ERR_USAGE unknown level or measure, a model of the study without config      Tests  cli/preview.sh, model/preview.sh
 */
#ifndef PERBIT_STUDY_PREVIEW_H
#define PERBIT_STUDY_PREVIEW_H

#include "study/study.h"

int preview_file(struct study *out, struct arena *a, const char *path, const struct settings *s, struct err *err);
/* store: as the command line says, or NULL. */
int preview_study(struct study *out, struct arena *a, const struct study *of, const char *store, struct err *err);

#endif
