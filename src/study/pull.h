/*
 * pull: what a study needs of the hub, before it is planned: models named hub:REPO@REVISION:FILE, and the data sets of
 * tasks that are neither in the data folder nor in the hub's cache. With settings.pull off nothing is loaded: what is in the
 * cache is used.
 *
 *   pull_study(&study, &arena, &view, err);     paths of models are then files; one that is not there has a reason
 *
 * A model that is in the cache at that revision is not asked for again: perbit pull looks whether there is a newer one.
 *
 * Owns    new texts live in the arena
 * Errors  ERR_CANCELLED, ERR_USAGE (environment); a model or data set that cannot be had is no error of the study: its cells
 *         fail with the reason
 * Tests   cli/pull_study.sh
 */
#ifndef PERBIT_STUDY_PULL_H
#define PERBIT_STUDY_PULL_H

#include "hub/hub.h"
#include "study/study.h"

int pull_study(struct study *s, struct arena *a, const struct hub_view *view, struct err *err);
/* *path, when it is of the hub, becomes the file's path in the cache. */
int pull_path(const char **path, struct arena *a, bool may_load, const struct hub_view *view, struct err *err);

#endif
