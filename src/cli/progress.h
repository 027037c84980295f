/*
 * progress: what a person sees while a run works, on stderr: one line that is redrawn on a terminal, else one line a
 * finished cell. quiet: nothing but failed cells.
 */
#ifndef PERBIT_CLI_PROGRESS_H
#define PERBIT_CLI_PROGRESS_H

#include "hub/hub.h"
#include "study/runner.h"

struct progress {
    bool is_terminal, is_quiet;
    double drawn_s;    /* when the line was drawn last */
    bool is_drawn;
};

void progress_init(struct progress *p, bool is_quiet); /* messages clear the line first, until progress_release */
void progress_release(struct progress *p);             /* removes the line and the hook; before p goes */
struct run_view progress_view(struct progress *p); /* borrows p */
struct hub_view progress_hub_view(struct progress *p); /* borrows p */
void progress_clear(void *p);                      /* removes the line; also a log hook */

#endif
