#include <stdio.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/proc.h"
#include "cli/verdicts.h"
#include "report/httpd.h"
#include "study/live.h"

static const char *const groups[] = { "serve", "verdicts", "store", "output", NULL };

enum { WAIT_MS = 500 };

static int serve(struct live *l, const struct settings *s, struct err *err)
{
    struct httpd *h;
    if (httpd_open(&h, s->host, (int)s->port, live_answer, l, err) < 0)
        return -1;
    proc_catch_stop();
    printf("http://%s:%d/\n", s->host, httpd_port(h));
    fflush(stdout);
    while (!proc_stop_requested())
        httpd_run(h, WAIT_MS);
    httpd_close(h);
    return 0;
}

static int run(struct invocation *in, struct err *err)
{
    struct store *store;
    struct live live;
    const struct pages_options options = { .matrix = verdicts_options(&in->settings, false), .margin_pct = in->settings.margin };
    const char *argument = in->n_args > 0 ? in->args[0] : NULL;
    if (argument && fs_is_dir(argument))
        argument = fs_join(&in->arena, argument, "perbit.db");
    if (open_store_to_read(&store, in, argument, err) < 0)
        return EXIT_FAILED;
    live_init(&live, store, &options);
    int rc = serve(&live, &in->settings, err);
    live_release(&live);
    store_close(store);
    return rc < 0 ? EXIT_FAILED : EXIT_DONE;
}

const struct command cmd_serve = {
    .name = "serve", .synopsis = "[DIR|STORE|STUDY.yaml]", .summary = "show the dashboard of a store in a browser, live while a run goes on",
    .details = "It answers on this computer alone unless --host says otherwise, only reads, and ends at Ctrl-C.\n",
    .min_args = 0, .max_args = 1, .groups = groups, .run = run };
