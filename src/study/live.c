#include "study/live.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "report/html.h"

#include "base/banned.h"

enum { REST_S = 2, REST_TIMES = 4 };

void live_init(struct live *l, struct store *s, const struct pages_options *options)
{
    *l = (struct live){.store = s, .options = *options, .made = -1};
    buf_init(&l->json);
}

void live_release(struct live *l)
{
    buf_release(&l->json);
}

static bool is_due(const struct live *l)
{
    const double rest_s = REST_TIMES * l->took_s > REST_S ? REST_TIMES * l->took_s : REST_S;
    return l->made < 0 || clock_s() - l->made_s >= rest_s;
}

/* The version that is told: the newest, or that of what was made while it is too early for more. */
static int told_version(int64_t *out, struct live *l, struct err *err)
{
    if (query_version(l->store, out, err) < 0)
        return -1;
    if (*out != l->made && !is_due(l))
        *out = l->made;
    return 0;
}

static int refresh(struct live *l, struct err *err)
{
    int64_t version;
    if (told_version(&version, l, err) < 0)
        return -1;
    if (version == l->made)
        return 0;
    const double start_s = clock_s();
    buf_clear(&l->json);
    l->made = -1;
    if (pages_live_json(&l->json, l->store, &l->options, err) < 0)
        return -1;
    l->made = version;
    l->made_s = clock_s();
    l->took_s = l->made_s - start_s;
    return 0;
}

static int failed(struct buf *body, const struct err *err)
{
    buf_printf(body, "%s\n", err->msg);
    return 500;
}

/* A page that asks again by itself. */
static int nothing_yet(struct buf *body, const char **type, const struct err *err)
{
    *type = "text/html; charset=utf-8";
    buf_puts(body, "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"3\">"
                   "<title>perbit: nothing measured yet</title><p role=\"status\">");
    html_escape(body, err->msg);
    buf_puts(body, "</p>\n");
    return 200;
}

static int answer_page(struct buf *body, const char **type, struct live *l)
{
    struct err err = {0};
    char version[32];
    int64_t now;
    if (told_version(&now, l, &err) < 0)
        return failed(body, &err);
    snprintf(version, sizeof version, "%" PRId64, now);
    if (pages_live_html(body, l->store, &l->options, version, &err) < 0)
        return err.code == ERR_RANGE ? nothing_yet(body, type, &err) : failed(body, &err);
    *type = "text/html; charset=utf-8";
    return 200;
}

static int answer_version(struct buf *body, const char **type, struct live *l)
{
    struct err err = {0};
    int64_t version;
    (void)type;
    if (told_version(&version, l, &err) < 0)
        return failed(body, &err);
    buf_printf(body, "%" PRId64, version);
    return 200;
}

static int answer_data(struct buf *body, const char **type, struct live *l)
{
    struct err err = {0};
    if (refresh(l, &err) < 0)
        return failed(body, &err);
    *type = "application/json";
    buf_append(body, l->json.data, l->json.len);
    return 200;
}

int live_answer(struct buf *body, const char **type, const char *path, void *arg)
{
    static const struct {
        const char *path;
        int (*answer)(struct buf *body, const char **type, struct live *l);
    } answers[] = {{"/", answer_page}, {"/index.html", answer_page}, {"/version", answer_version}, {"/data.json", answer_data}};
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
        if (strcmp(path, answers[i].path) == 0)
            return answers[i].answer(body, type, arg);
    buf_puts(body, "not here\n");
    return 404;
}
