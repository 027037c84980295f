#include "convert/shards.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/map.h"
#include "base/xalloc.h"
#include "convert/jsoneach.h"

#include "base/banned.h"

enum { PARTS_MAX = 10000 };

struct part {
    const char *name, *path;
    int fd;
};

struct shards {
    struct arena a;
    const char *dir;
    struct part *parts; /* [n_parts], by name */
    int n_parts;
    struct st_tensor *tensors;
    int n, cap;
};

static bool has_end(const char *s, const char *end)
{
    const size_t n = strlen(s), k = strlen(end);
    return n >= k && strcmp(s + n - k, end) == 0;
}

static int add_part(struct shards *s, const char *name, struct err *err)
{
    for (int i = 0; i < s->n_parts; i++)
        if (strcmp(s->parts[i].name, name) == 0)
            return 0;
    if (s->n_parts == PARTS_MAX)
        return err_set(err, ERR_FORMAT, "%s: more than %d files of weights", s->dir, PARTS_MAX);
    s->parts = xrealloc(s->parts, (size_t)(s->n_parts + 1) * sizeof *s->parts);
    s->parts[s->n_parts++] = (struct part){ arena_strdup(&s->a, name), fs_join(&s->a, s->dir, name), -1 };
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct part *)a)->name, ((const struct part *)b)->name);
}

/* A name that leads out of the folder would read a file that nobody gave us. */
static int check_name(const char *index, const char *name, struct err *err)
{
    if (name[0] == '\0' || name[0] == '.' || strchr(name, '/') || !has_end(name, ".safetensors"))
        return err_set(err, ERR_FORMAT, "%s: '%.200s' is not the name of a .safetensors file of this folder", index, name);
    return 0;
}

/* ---- the parts: by the index, or by looking ---- */

static int parts_of_index(struct shards *s, const char *index, yyjson_val *map, struct err *err)
{
    size_t i, n;
    yyjson_val *key, *value;
    if (!map || !yyjson_is_obj(map) || yyjson_obj_size(map) == 0)
        return err_set(err, ERR_FORMAT, "%s: has no weight_map", index);
    json_each_key(map, i, n, key, value) {
        const char *name = yyjson_get_str(value);
        if (!name || strlen(name) != yyjson_get_len(value))
            return err_set(err, ERR_FORMAT, "%s: weight_map: '%.200s' names no file", index, yyjson_get_str(key));
        if (check_name(index, name, err) || add_part(s, name, err))
            return -1;
    }
    return 0;
}

static int parts_of_dir(struct shards *s, struct err *err)
{
    bool has_pickle = false;
    DIR *d = opendir(s->dir);
    const struct dirent *e;
    if (!d)
        return err_errno(err, ERR_IO, "%s", s->dir);
    int ret = 0;
    while (ret == 0 && (e = readdir(d)) != NULL) {
        if (strncmp(e->d_name, "model", 5) == 0 && has_end(e->d_name, ".safetensors"))
            ret = add_part(s, e->d_name, err);
        has_pickle |= has_end(e->d_name, ".bin") || has_end(e->d_name, ".pth") || has_end(e->d_name, ".pt");
    }
    closedir(d);
    if (ret || s->n_parts > 0)
        return ret;
    if (has_pickle)
        return err_set(err, ERR_UNSUPPORTED, "%s: has pickled weights only, which can run code when read: only "
                       "safetensors are converted", s->dir);
    return err_set(err, ERR_FORMAT, "%s: no model*.safetensors in this folder", s->dir);
}

/* ---- files ---- */

static int open_part(struct shards *s, struct part *p, struct err *err)
{
    struct stat st;
    p->fd = open(p->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe of this name must not hang us */
    if (p->fd < 0 && errno == ENOENT)
        return err_set(err, ERR_FORMAT, "%s: is missing", p->path);
    if (p->fd < 0 || fstat(p->fd, &st) != 0)
        return err_errno(err, ERR_IO, "%s", p->path);
    if (!S_ISREG(st.st_mode))
        return err_set(err, ERR_FORMAT, "%s: is not a regular file", p->path);
    struct st_file f;
    if (safetensors_read(&f, &s->a, p->fd, p->path, err))
        return -1;
    s->tensors = xrealloc(s->tensors, (size_t)(s->n + f.n + 1) * sizeof *s->tensors);
    for (int i = 0; i < f.n; i++) {
        s->tensors[s->n] = f.tensors[i];
        s->tensors[s->n++].part = (int)(p - s->parts);
    }
    return 0;
}

static int check_twice(const struct shards *s, struct map *seen, struct err *err)
{
    for (int i = 0; i < s->n; i++) {
        const struct st_tensor *before = map_put(seen, s->tensors[i].name, &s->tensors[i]);
        if (before)
            return err_set(err, ERR_FORMAT, "%s: tensor '%.200s' is in %s too", s->parts[s->tensors[i].part].path,
                           before->name, s->parts[before->part].name);
    }
    return 0;
}

/* Index and files must name the same tensors, each in its file. */
static int check_index(const struct shards *s, const char *index, yyjson_val *map, const struct map *seen,
                       struct err *err)
{
    size_t i, n;
    yyjson_val *key, *value;
    json_each_key(map, i, n, key, value) {
        const struct st_tensor *t = map_find(seen, yyjson_get_str(key));
        if (!t || strcmp(s->parts[t->part].name, yyjson_get_str(value)) != 0)
            return err_set(err, ERR_FORMAT, "%s: tensor '%.200s' is not in %.200s", index, yyjson_get_str(key),
                           yyjson_get_str(value));
    }
    if ((int)n != s->n)
        return err_set(err, ERR_FORMAT, "%s: names %zu tensors, the files have %d", index, n, s->n);
    return 0;
}

static int open_parts(struct shards *s, const char *index, yyjson_val *map, struct err *err)
{
    struct map seen = MAP_INIT;
    int ret = 0;
    qsort(s->parts, (size_t)s->n_parts, sizeof *s->parts, by_name);
    for (int i = 0; i < s->n_parts && ret == 0; i++)
        ret = open_part(s, &s->parts[i], err);
    if (ret == 0)
        ret = check_twice(s, &seen, err);
    if (ret == 0 && map)
        ret = check_index(s, index, map, &seen, err);
    if (ret == 0 && s->n == 0)
        ret = err_set(err, ERR_FORMAT, "%s: its files have no tensors", s->dir);
    map_release(&seen);
    return ret;
}

static int open_all(struct shards *s, struct err *err)
{
    const char *index = fs_join(&s->a, s->dir, "model.safetensors.index.json");
    struct json *j = NULL;
    yyjson_val *map = NULL;
    int ret = -1;
    if (!fs_is_dir(s->dir))
        return err_set(err, ERR_IO, "%s: no such folder", s->dir);
    if (fs_exists(index)) {
        if (json_load(&j, index, err))
            return -1;
        map = yyjson_obj_get(json_root(j), "weight_map");
        if (parts_of_index(s, index, map, err))
            goto done;
    } else if (parts_of_dir(s, err)) {
        goto done;
    }
    ret = open_parts(s, index, map, err);
done:
    json_close(j);
    return ret;
}

int shards_open(struct shards **out, const char *dir, struct err *err)
{
    struct shards *s = xcalloc(1, sizeof *s);
    arena_init(&s->a);
    s->dir = arena_strdup(&s->a, dir);
    *out = s;
    if (open_all(s, err) == 0)
        return 0;
    shards_close(s);
    *out = NULL;
    return -1;
}

void shards_close(struct shards *s)
{
    if (!s)
        return;
    for (int i = 0; i < s->n_parts; i++)
        if (s->parts[i].fd >= 0)
            close(s->parts[i].fd);
    free(s->parts);
    free(s->tensors);
    arena_release(&s->a);
    free(s);
}

int shards_n(const struct shards *s)
{
    return s->n;
}

const struct st_tensor *shards_at(const struct shards *s, int i)
{
    return &s->tensors[i];
}

int shards_has_file(const struct shards *s, const char *path)
{
    for (int i = 0; i < s->n_parts; i++)
        if (fs_same_file(s->parts[i].path, path))
            return 1;
    return 0;
}

int shards_read(const struct shards *s, const struct st_tensor *t, int64_t from, void *to, size_t n_bytes,
                struct err *err)
{
    const struct part *p = &s->parts[t->part];
    if (from < 0 || (int64_t)n_bytes > t->n_bytes - from)
        return err_set(err, ERR_FORMAT, "%s: tensor '%.200s': read past its end", p->path, t->name);
    for (size_t done = 0; done < n_bytes;) {
        const ssize_t n = pread(p->fd, (char *)to + done, n_bytes - done, t->offset + from + (off_t)done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(err, ERR_IO, "%s: cannot read", p->path);
        if (n == 0)
            return err_set(err, ERR_FORMAT, "%s: was cut short while it was read", p->path);
        done += (size_t)n;
    }
    return 0;
}
