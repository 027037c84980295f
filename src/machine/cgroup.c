#include "machine/cgroup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "machine/sysfile.h"

/* Version 1 has no word for "none": it shows the largest multiple of the page size, which differs by page size. */
static const int64_t v1_none_bytes = INT64_C(1) << 62;

struct cgroup {
    int version;
    char path[SYSFILE_PATH_BYTES];
};

/* Where a hierarchy is mounted and where in it this process is: dir starts with mount. */
struct place {
    int version;
    char mount[SYSFILE_PATH_BYTES];
    char dir[SYSFILE_PATH_BYTES];
};

/* True if word is one of the comma-separated words of list [len]. */
static bool list_has(const char *list, size_t len, const char *word)
{
    size_t word_len = strlen(word);
    const char *end = list + len;

    for (const char *p = list; p < end;) {
        size_t n = strcspn(p, ",");
        n = n < (size_t)(end - p) ? n : (size_t)(end - p);
        if (n == word_len && memcmp(p, word, n) == 0)
            return true;
        p += n + 1;
    }
    return false;
}

/* The path of this process in /proc/self/cgroup: "0::/path" (2), "7:memory,x:/path" (1). */
static bool find_own_path(char out[SYSFILE_PATH_BYTES], const char *text, int version)
{
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        size_t len = strcspn(line, "\n");
        const char *list = memchr(line, ':', len);
        const char *path = list != NULL ? memchr(list + 1, ':', len - (size_t)(list + 1 - line)) : NULL;
        if (path == NULL)
            continue;
        list++;
        size_t list_len = (size_t)(path - list);
        path++;
        bool matches = version == 2 ? list_len == 0 && strncmp(line, "0:", 2) == 0 : list_has(list, list_len, "memory");
        size_t path_len = len - (size_t)(path - line);
        if (matches && path_len > 0 && path_len < SYSFILE_PATH_BYTES) {
            memcpy(out, path, path_len);
            out[path_len] = '\0';
            return true;
        }
    }
    return false;
}

/*
 * A line of /proc/self/mountinfo: "id parent major:minor ROOT MOUNT options [tags] - TYPE source OPTIONS".
 * ROOT is the group that is visible at MOUNT: "/" on a host, "/docker/abc" in a container without a name space
 * of its own.
 */
static bool find_mount(char mount[SYSFILE_PATH_BYTES], char top[SYSFILE_PATH_BYTES], const char *text, int version)
{
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        char own[2048], point[2048], type[64], options[1024];
        char *copy = xstrndup(line, strcspn(line, "\n"));
        const char *dash = strstr(copy, " - ");
        bool found = dash != NULL && sscanf(copy, "%*s %*s %*s %2047s %2047s", own, point) == 2 &&
                     sscanf(dash, " - %63s %*s %1023s", type, options) == 2 &&
                     (version == 2 ? strcmp(type, "cgroup2") == 0
                                   : strcmp(type, "cgroup") == 0 && list_has(options, strlen(options), "memory"));
        free(copy);
        if (found) {
            snprintf(mount, SYSFILE_PATH_BYTES, "%s", point);
            snprintf(top, SYSFILE_PATH_BYTES, "%s", own);
            return true;
        }
    }
    return false;
}

/* own seen from the group top: the part of own below it; "" where own is outside (then only the mount counts). */
static const char *path_below(const char *own, const char *top)
{
    size_t len = strcmp(top, "/") == 0 ? 0 : strlen(top);

    if (strncmp(own, top, len) != 0 || (own[len] != '/' && own[len] != '\0') || strstr(own, "/..") != NULL)
        return "";
    return strcmp(own + len, "/") == 0 ? "" : own + len;
}

static bool find_place(struct place *out, const char *root, int version)
{
    char path[SYSFILE_PATH_BYTES], own[SYSFILE_PATH_BYTES], mount[SYSFILE_PATH_BYTES], top[SYSFILE_PATH_BYTES];
    struct buf text = BUF_INIT;
    bool found = false;

    out->version = version;
    if (!sysfile_path(path, root, "/proc/self/cgroup") || !sysfile_read(&text, path) ||
        !find_own_path(own, text.data, version))
        goto done;
    if (!sysfile_path(path, root, "/proc/self/mountinfo") || !sysfile_read(&text, path) ||
        !find_mount(mount, top, text.data, version))
        goto done;
    found = sysfile_path(out->mount, root, "%s", mount) &&
            sysfile_path(out->dir, root, "%s%s", mount, path_below(own, top));
done:
    buf_release(&text);
    return found;
}

/* Cuts the last part of dir; false at the mount. */
static bool go_up(struct place *p)
{
    char *slash = strrchr(p->dir, '/');

    if (slash == NULL || strlen(p->dir) <= strlen(p->mount))
        return false;
    *slash = '\0';
    return strlen(p->dir) >= strlen(p->mount);
}

static bool read_in(int64_t *out, const char *dir, const char *name)
{
    char path[SYSFILE_PATH_BYTES];

    return sysfile_path(path, NULL, "%s/%s", dir, name) && sysfile_number(out, path);
}

static bool write_in(const char *dir, const char *name, const char *text)
{
    char path[SYSFILE_PATH_BYTES];

    return sysfile_path(path, NULL, "%s/%s", dir, name) && sysfile_write(path, text);
}

/* The number after a key in a file such as memory.events; -1 if absent. */
static int64_t read_key(const char *dir, const char *name, const char *key)
{
    char path[SYSFILE_PATH_BYTES];
    struct buf text = BUF_INIT;
    int64_t v = -1;

    if (sysfile_path(path, NULL, "%s/%s", dir, name) && sysfile_read(&text, path) &&
        !sysfile_field(&v, text.data, key))
        v = -1;
    buf_release(&text);
    return v;
}

void cgroup_limit_load(struct cgroup_limit *out, const char *root)
{
    *out = (struct cgroup_limit){ -1, -1, 0 };
    struct place *p = xmalloc(sizeof *p);

    for (int version = 1; version <= 2; version++) {
        if (!find_place(p, root, version))
            continue;
        do {
            int64_t limit, used;
            if (!read_in(&limit, p->dir, version == 2 ? "memory.max" : "memory.limit_in_bytes") ||
                limit < 0 || limit >= v1_none_bytes || (out->version != 0 && limit >= out->limit_bytes))
                continue;
            if (!read_in(&used, p->dir, version == 2 ? "memory.current" : "memory.usage_in_bytes"))
                used = -1;
            *out = (struct cgroup_limit){ limit, used, version };
        } while (go_up(p));
    }
    free(p);
}

/* Notes why a place did not work: "<dir>: <why>; ". */
static void note(struct buf *why, const char *dir, const char *what)
{
    buf_printf(why, "%s%s: %s", why->len > 0 ? "; " : "", dir, what);
}

static void note_errno(struct buf *why, const char *dir, const char *doing)
{
    const char *reason = strerror(errno);

    buf_printf(why, "%s%s: %s: %s", why->len > 0 ? "; " : "", dir, doing, reason);
}

/* True if version 2 hands the memory controller to the children of dir; asks for it where it does not yet. */
static bool hands_memory_down(const char *dir, struct buf *why)
{
    char path[SYSFILE_PATH_BYTES];
    struct buf text = BUF_INIT;
    bool has = sysfile_path(path, NULL, "%s/cgroup.subtree_control", dir) && sysfile_read(&text, path);

    if (has) {
        char words[256];
        snprintf(words, sizeof words, " %s ", text.data);
        has = strstr(words, " memory ") != NULL || sysfile_write(path, "+memory");
    }
    if (!has)
        note_errno(why, dir, "the memory controller is not handed down");
    buf_release(&text);
    return has;
}

static bool try_child(struct cgroup *cg, const char *dir, int64_t limit_bytes, struct buf *why)
{
    char limit[32];
    int made = -1;

    if (cg->version == 2 && !hands_memory_down(dir, why))
        return false;
    for (int i = 0; i < 1000 && made != 0; i++) { /* several children of one process: several names */
        if (!sysfile_path(cg->path, NULL, "%s/perbit-%d-%d", dir, (int)getpid(), i)) {
            note(why, dir, "the path is too long");
            return false;
        }
        made = mkdir(cg->path, 0755);
        if (made != 0 && errno != EEXIST)
            break;
    }
    if (made != 0) {
        note_errno(why, dir, "cannot make a group");
        return false;
    }
    snprintf(limit, sizeof limit, "%" PRId64, limit_bytes);
    if (!write_in(cg->path, cg->version == 2 ? "memory.max" : "memory.limit_in_bytes", limit)) {
        note_errno(why, cg->path, "cannot set the limit");
        rmdir(cg->path);
        return false;
    }
    /* Swap off: absent files (no swap accounting) are no reason to fail. */
    if (cg->version == 2)
        (void)write_in(cg->path, "memory.swap.max", "0");
    else if (!write_in(cg->path, "memory.memsw.limit_in_bytes", limit))
        (void)write_in(cg->path, "memory.swappiness", "0");
    return true;
}

int cgroup_open(struct cgroup **out, const char *root, int64_t limit_bytes, struct err *err)
{
    struct cgroup *cg = xcalloc(1, sizeof *cg);
    struct place *p = xmalloc(sizeof *p);
    struct buf why = BUF_INIT;
    int ret = -1;

    *out = NULL;
    if (limit_bytes <= 0) {
        err_set(err, ERR_RANGE, "a memory limit must be positive, found %" PRId64 " bytes", limit_bytes);
        goto done;
    }
    for (int version = 2; version >= 1; version--) {
        if (!find_place(p, root, version))
            continue;
        cg->version = version;
        /* Version 2: a group with processes cannot have limited children (unless it is the root), so beside it. */
        bool made = try_child(cg, p->dir, limit_bytes, &why) || (go_up(p) && try_child(cg, p->dir, limit_bytes, &why));
        if (made) {
            *out = cg;
            cg = NULL;
            ret = 0;
            goto done;
        }
    }
    err_set(err, ERR_UNSUPPORTED, "cannot limit memory with a cgroup: %s",
            why.len > 0 ? why.data : "this system has no memory cgroups");
done:
    buf_release(&why);
    free(p);
    free(cg);
    return ret;
}

int cgroup_add(struct cgroup *cg, pid_t pid, struct err *err)
{
    char text[32];

    snprintf(text, sizeof text, "%d", (int)pid);
    if (!write_in(cg->path, "cgroup.procs", text))
        return err_errno(err, ERR_UNSUPPORTED, "cannot move process %d into %s", (int)pid, cg->path);
    return 0;
}

int64_t cgroup_peak_bytes(const struct cgroup *cg)
{
    int64_t v;

    return read_in(&v, cg->path, cg->version == 2 ? "memory.peak" : "memory.max_usage_in_bytes") ? v : -1;
}

int64_t cgroup_oom_kills(const struct cgroup *cg)
{
    return read_key(cg->path, cg->version == 2 ? "memory.events" : "memory.oom_control", "oom_kill ");
}

const char *cgroup_path(const struct cgroup *cg)
{
    return cg->path;
}

void cgroup_close(struct cgroup *cg)
{
    if (cg == NULL)
        return;
    rmdir(cg->path);
    free(cg);
}

int cgroup_run_limited(struct cgroup **out, pid_t pid, int64_t limit_bytes, struct err *err)
{
    if (cgroup_open(out, NULL, limit_bytes, err) != 0)
        return -1;
    if (cgroup_add(*out, pid, err) != 0) {
        cgroup_close(*out);
        *out = NULL;
        return -1;
    }
    return 0;
}
