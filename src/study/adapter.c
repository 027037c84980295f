#include "study/adapter.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"

#include "base/banned.h"

static const char *name_of(struct arena *a, const char *path)
{
    const char *name = fs_basename(path), *dot = strrchr(name, '.');
    return arena_strndup(a, name, dot && dot > name ? (size_t)(dot - name) : strlen(name));
}

int adapter_scale(double *out, const char *text, const char *where, struct err *err)
{
    char *end;
    const float v = strtof(text, &end);
    if (end == text || *end || !isfinite(v) || text[0] == ' ')
        return err_set(err, ERR_USAGE, "%s: expected a number as the adapter's scale, found '%s'", where, text);
    *out = (double)v;
    return 0;
}

int adapter_parse(struct adapter *out, struct arena *a, const char *text, const char *where, struct err *err)
{
    const char *colon = strrchr(text, ':');
    *out = (struct adapter){ .scale = 1 };
    if (colon && colon > text && !strchr(colon, '/') && !fs_exists(text)) {
        if (adapter_scale(&out->scale, colon + 1, where, err) < 0)
            return -1;
        out->path = arena_strndup(a, text, (size_t)(colon - text));
    } else {
        out->path = arena_strdup(a, text);
    }
    out->name = name_of(a, out->path);
    return 0;
}

const char *adapter_scale_text(struct arena *a, double scale)
{
    char text[32];
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, scale);
        if (strtof(text, NULL) == (float)scale)
            break;
    }
    return arena_strdup(a, text);
}

const char *adapter_label(struct arena *a, const char *name, double scale)
{
    return scale == 1.0 ? arena_strdup(a, name) : arena_printf(a, "%s:%s", name, adapter_scale_text(a, scale));
}
