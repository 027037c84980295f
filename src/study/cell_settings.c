#include "study/cell_settings.h"

#include <string.h>

#include "base/banned.h"

const char *cell_task_name(struct arena *a, const struct cell_row *row, yyjson_val *fact)
{
    const char *name = json_str_or(fact, "name", NULL);
    return name ? arena_strdup(a, name) : arena_strndup(a, row->task, strcspn(row->task, ":"));
}

int cell_settings(struct settings *out, struct arena *a, const struct cell_row *row, yyjson_val *fact, const struct settings *given,
                  struct err *err)
{
    struct json *j;
    opt_defaults(&settings_table, out, a);
    if (json_parse(&j, row->settings, strlen(row->settings), "settings", err) < 0)
        return -1;
    int rc = opt_from_json(&settings_table, out, j, json_root(j), a, err);
    json_close(j);
    out->data = given->data;
    out->include_path = given->include_path;
    out->tasks = given->tasks ? given->tasks : arena_strdup(a, json_str_or(fact, "tasks", NULL));
    if (!out->tasks)
        out->tasks = cell_task_name(a, row, fact);
    return rc;
}
