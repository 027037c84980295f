#include "study/workload.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"

enum { TOKENS_MAX = 1 << 20 };

static const struct speed_test localscore[] = {
    { 1024, 16, 0 }, { 4096, 256, 0 }, { 2048, 256, 0 }, { 2048, 768, 0 }, { 1024, 1024, 0 },
    { 1280, 3072, 0 }, { 384, 1152, 0 }, { 64, 1024, 0 }, { 16, 1536, 0 },
};

int workload_tests(struct speed_test tests[WORKLOADS_MAX], const struct settings *s)
{
    int n = 0;
    if (strcmp(s->workloads, "localscore") == 0) {
        memcpy(tests, localscore, sizeof localscore);
        return (int)(sizeof localscore / sizeof localscore[0]);
    }
    if (s->n_prompt > 0)
        tests[n++] = (struct speed_test){ (int)s->n_prompt, 0, (int)s->n_depth };
    if (s->n_gen > 0)
        tests[n++] = (struct speed_test){ 0, (int)s->n_gen, (int)s->n_depth };
    return n;
}

void workload_name(char *out, size_t out_bytes, const struct speed_test *t)
{
    char depth[24] = "";
    if (t->n_depth > 0)
        snprintf(depth, sizeof depth, " @ d%d", t->n_depth);
    if (t->n_prompt > 0 && t->n_gen > 0)
        snprintf(out, out_bytes, "pp%d+tg%d%s", t->n_prompt, t->n_gen, depth);
    else
        snprintf(out, out_bytes, "%s%d%s", t->n_prompt > 0 ? "pp" : "tg", t->n_prompt > 0 ? t->n_prompt : t->n_gen,
                 depth);
}

void workload_json(struct buf *out, const struct speed_test *tests, int n)
{
    struct jw w;
    jw_init(&w, out);
    jw_array(&w);
    for (int i = 0; i < n; i++) {
        jw_object(&w);
        jw_kint(&w, "n_prompt", tests[i].n_prompt);
        jw_kint(&w, "n_gen", tests[i].n_gen);
        jw_kint(&w, "n_depth", tests[i].n_depth);
        jw_end(&w);
    }
    jw_end(&w);
}

/* A number of tokens that a setting allows; a damaged store may hold any. */
static int tokens_or_0(yyjson_val *test, const char *key)
{
    const int64_t v = json_int_or(test, key, 0);
    return v > 0 && v <= TOKENS_MAX ? (int)v : 0;
}

int workload_parse(struct speed_test tests[WORKLOADS_MAX], const char *json_text)
{
    struct json *j;
    size_t i, n;
    yyjson_val *t;
    int n_tests = 0;
    if (json_parse(&j, json_text, strlen(json_text), "tests", NULL) < 0)
        return 0;
    yyjson_arr_foreach(json_root(j), i, n, t)
        if (n_tests < WORKLOADS_MAX)
            tests[n_tests++] = (struct speed_test){ tokens_or_0(t, "n_prompt"), tokens_or_0(t, "n_gen"),
                                                    tokens_or_0(t, "n_depth") };
    json_close(j);
    return n_tests;
}
