/*
 * fakeroot: a folder that stands for /, with made-up files below, for tests of machine/.
 *
 *   char root[FAKEROOT_BYTES];
 *   fakeroot_make(root);
 *   fakeroot_put(root, "/proc/meminfo", "MemTotal: 8 kB\n");
 *   ... fakeroot_remove(root);
 */
#ifndef PERBIT_TESTS_FAKEROOT_H
#define PERBIT_TESTS_FAKEROOT_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FAKEROOT_BYTES = 64 };

static inline void fakeroot_make(char root[FAKEROOT_BYTES])
{
    snprintf(root, FAKEROOT_BYTES, "/tmp/perbit-test-XXXXXX");
    assert_non_null(mkdtemp(root));
}

static inline void fakeroot_put(const char *root, const char *path, const char *text)
{
    char full[1024];
    snprintf(full, sizeof full, "%s%s", root, path);
    for (char *p = full + strlen(root) + 1; (p = strchr(p, '/')) != NULL; p++) {
        *p = '\0';
        mkdir(full, 0755);
        *p = '/';
    }
    FILE *f = fopen(full, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static inline int fakeroot_remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(path);
}

static inline int fakeroot_remove(const char *root) /* 0, or what could not be removed stays */
{
    return nftw(root, fakeroot_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
