/*
 * cgroup: the memory limit that a container, a batch system or systemd put on this process, and a limit of
 * our own for a child.
 *
 *   struct cgroup *cg;
 *   if (cgroup_open(&cg, NULL, limit_bytes, err) == 0 && cgroup_add(cg, pid, err) == 0)
 *       ... the kernel ends the process when it needs more; cgroup_oom_kills(cg) then says so
 *   cgroup_close(cg);
 *
 * Both versions are read, also side by side (hybrid): /proc/self/cgroup names the groups, /proc/self/mountinfo
 * the mounts; every group from the process's own up to the mount counts, the smallest limit holds.
 *
 * root    stands for / (tests); NULL is the real system
 * Units   bytes; -1 = no limit, or unknown
 * Errors  cgroup_open: ERR_UNSUPPORTED with the reason of each place tried (not Linux, no rights, controller
 *         not handed down: so in a container of version 2 whose root group holds processes). cgroup_add: ERR_UNSUPPORTED
 * Owns    *out until cgroup_close, which removes the group; its processes must have ended
 * Source  Linux Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst     Tests  unit/test_cgroup.c
 */
#ifndef PERBIT_MACHINE_CGROUP_H
#define PERBIT_MACHINE_CGROUP_H

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct cgroup_limit {
    int64_t limit_bytes; /* memory.max or memory.limit_in_bytes, smallest of all levels */
    int64_t used_bytes;  /* of the group that has the limit, page cache included */
    int version;         /* of the limit: 1 or 2; 0 = there is none */
};
void cgroup_limit_load(struct cgroup_limit *out, const char *root);

struct cgroup;

/*
 * Makes a group below this process's own (or beside it, where version 2 forbids below) with the limit; swap
 * is switched off for it as far as the kernel lets us, so that a model that does not fit fails instead of
 * crawling.
 */
int cgroup_open(struct cgroup **out, const char *root, int64_t limit_bytes, struct err *err);
int cgroup_add(struct cgroup *cg, pid_t pid, struct err *err); /* memory used before stays counted where it was */
int64_t cgroup_peak_bytes(const struct cgroup *cg);            /* highest use of the group, page cache included */
int64_t cgroup_oom_kills(const struct cgroup *cg);             /* processes ended for reaching the limit */
const char *cgroup_path(const struct cgroup *cg);              /* its folder; borrowed */
void cgroup_close(struct cgroup *cg);                          /* accepts NULL */

/* A group with this limit and this process in it, in one call; the caller closes *out after pid has ended. */
int cgroup_run_limited(struct cgroup **out, pid_t pid, int64_t limit_bytes, struct err *err);

#endif
