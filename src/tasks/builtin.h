/*
 * builtin: the task files of tasks/ at the repository root, inside the program.
 * Add a file: put it into tasks/ and name it in the list of builtin.c.
 */
#ifndef PERBIT_TASKS_BUILTIN_H
#define PERBIT_TASKS_BUILTIN_H

struct builtin {
    const char *path; /* "builtin:arc_easy.yaml" */
    const char *data; /* [end - data] bytes, then a NUL */
    const char *end;
};

int builtin_n(void);
const struct builtin *builtin_at(int i);
const struct builtin *builtin_find(const char *path); /* NULL when there is none */

#endif
