#include "cli/verdicts.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/utf8.h"

enum { COLUMNS = 100 };

struct matrix_options verdicts_options(const struct settings *s, bool has_choices)
{
    struct matrix_options o = MATRIX_DEFAULT;
    o.where = s->where;
    o.composite = s->composite;
    o.has_choices = has_choices;
    o.bootstrap.n_resamples = (int)s->resamples;
    return o;
}

void verdicts_notes(const struct matrix *m)
{
    for (int i = 0; i < m->n_notes; i++)
        log_info("%s", m->notes[i]);
}

int verdicts_load(struct matrix **out, struct invocation *in, const char *argument, bool has_choices, struct err *err)
{
    struct store *store;
    const struct matrix_options o = verdicts_options(&in->settings, has_choices);
    if (open_store_to_read(&store, in, argument, err) < 0)
        return -1;
    int rc = matrix_load(out, &store, 1, &o, err);
    store_close(store);
    if (rc == 0)
        verdicts_notes(*out);
    return rc;
}

static bool is_md(const struct settings *s)
{
    return !s->json && strcmp(s->output, "md") == 0;
}

bool verdicts_for_people(const struct settings *s)
{
    return !s->json && (strcmp(s->output, "text") == 0 || strcmp(s->output, "md") == 0);
}

static void say_wrapped(const char *text)
{
    int at = 0;
    for (const char *c = text; *c;) {
        const size_t n = strcspn(c, " ");
        char word[512];
        snprintf(word, sizeof word, "%.*s", (int)(n < sizeof word - 1 ? n : sizeof word - 1), c);
        const int width = utf8_width(word);
        if (at > 0 && at + 1 + width > COLUMNS) {
            fputc('\n', stdout);
            at = 0;
        }
        at += printf("%s%.*s", at > 0 ? " " : "", (int)n, c) > 0 ? width + (at > 0) : 0;
        c += n;
        c += strspn(c, " ");
    }
    fputc('\n', stdout);
}

void verdicts_say(const struct settings *s, const char *const *sentences, int n, bool is_synthetic)
{
    if (is_synthetic)
        printf(is_md(s) ? "**%s**\n\n" : "%s\n", "SYNTHETIC DATA: made up to test the program. Nothing here was measured.");
    for (int i = 0; i < n; i++)
        if (is_md(s))
            printf("- %s\n", sentences[i]);
        else
            say_wrapped(sentences[i]);
}

int verdicts_table(const char *heading, struct frame *f, const struct settings *s, const char *const *only, struct err *err)
{
    if (f->n_rows == 0)
        return 0;
    printf(is_md(s) ? "\n### %s\n\n" : "\n%s\n", heading);
    f->is_synthetic = false; /* said above all */
    return print_frame(f, s, only, err);
}
