#include <stdio.h>

#include "base/log.h"
#include "base/units.h"
#include "cli/measure.h"
#include "study/publish.h"

static const char *const groups[] = { "publish", "export", "store", "output", NULL };

static void tell(const struct upload_result *r, bool is_dry)
{
    char size[32];
    units_format_bytes(size, sizeof size, r->n_bytes);
    for (int i = 0; i < r->n_sent && is_dry; i++)
        printf("%s\n", r->sent[i]);
    if (r->n_sent == 0)
        log_info("%s: nothing has changed, %d files are there", r->url, r->n_same);
    else if (is_dry)
        log_info("%s%s: %d files would be sent (%s), %d are there", r->url, r->is_new ? " (new)" : "", r->n_sent, size, r->n_same);
    else
        log_info("%s: %d files sent (%s), %d were there, commit %s", r->url, r->n_sent, size, r->n_same, r->commit);
    if (r->n_ignored > 0)
        log_warn("%s: the repository's rules (.gitignore) leave out %d files", r->url, r->n_ignored);
    if (!is_dry)
        puts(r->url);
}

static int run(struct invocation *in, struct err *err)
{
    const struct settings *s = &in->settings;
    const struct publish_options o = { .dataset = in->args[0], .space = s->space, .license = s->license, .is_private = s->is_private,
                                       .is_dry = s->dry_run };
    struct publish_result result;
    struct store *store;
    if (open_store_to_read(&store, in, in->n_args > 1 ? in->args[1] : NULL, err) < 0)
        return EXIT_FAILED;
    int rc = publish_store(&result, store, &o, &in->arena, err);
    store_close(store);
    if (rc < 0)
        return EXIT_FAILED;
    tell(&result.dataset, s->dry_run);
    if (s->space)
        tell(&result.space, s->dry_run);
    return EXIT_DONE;
}

const struct command cmd_publish = {
    .name = "publish", .synopsis = "ORG/DATASET [STORE|STUDY.yaml] [--space ORG/SPACE] [--dry_run]",
    .summary = "put results on the Hugging Face hub: a data set, and a Space with the page", .min_args = 1, .max_args = 2,
    .groups = groups, .run = run,
    .details = "Makes the repositories when they are not there and sends what has changed, as one commit each; without\n"
               "changes nothing is sent. Needs HF_TOKEN, or huggingface_hub's token file, with the right to write.\n"
               "Files of the repositories that perbit did not make stay.\n",
};
