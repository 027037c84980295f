/*
 * fuzz_hub: what a hub sends: a list of files, a kept list, a data set's card. Any bytes give a list in which every name is
 * safe and stands once, or an error with a message; a card gives files that are among the names.
 */
#include <string.h>

#include "base/xalloc.h"
#include "data/card.h"
#include "fuzz/fuzz.h"
#include "hub/listing.h"

static void check_list(const struct hub_listing *l)
{
    for (int i = 0; i < l->n; i++) {
        const struct hub_file *f = &l->files[i];
        FUZZ_CHECK(hub_path_is_safe(f->path), "%s", f->path);
        FUZZ_CHECK(f->n_bytes >= 0, "%s", f->path);
        FUZZ_CHECK(hub_is_hex(hub_file_etag(f), f->sha256 ? 64 : 40), "%s", hub_file_etag(f));
        FUZZ_CHECK(hub_listing_find(l, f->path) == f, "%s", f->path);
    }
}

static void check_card(const struct hub_listing *l, const char *readme)
{
    static const char *const usual[] = { "README.md", "a/test-00000-of-00001.parquet", "a/train.jsonl", "data/x.csv" };
    const char **paths = xcalloc((size_t)l->n + 4, sizeof *paths);
    struct arena a = { 0 };
    struct card_file *files;
    int n_paths = 0;
    for (; n_paths < 4; n_paths++)
        paths[n_paths] = usual[n_paths];
    for (int i = 0; i < l->n; i++)
        paths[n_paths++] = l->files[i].path;
    for (int with_name = 0; with_name < 2; with_name++) {
        int n = card_files(&files, &a, readme, paths, n_paths, with_name ? "a" : NULL);
        for (int i = 0; i < n; i++) {
            bool is_one = false;
            for (int k = 0; k < n_paths; k++)
                is_one |= files[i].path == paths[k];
            FUZZ_CHECK(is_one && files[i].split, "%s", files[i].path);
        }
    }
    arena_release(&a);
    free(paths);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hub_listing page = { 0 }, tree = { 0 };
    struct err err = { 0 };
    const char *text = (const char *)data;
    int rc = hub_listing_add_page(&page, text, size, "org/x", &err);
    if (rc == 0)
        rc = hub_listing_finish(&page, "org/x", &err);
    if (rc < 0)
        fuzz_check_failed(rc, &err);
    else
        check_list(&page);
    err = (struct err){ 0 };
    rc = hub_listing_read_tree(&tree, text, size, "tree", &err);
    if (rc < 0)
        fuzz_check_failed(rc, &err);
    else
        check_list(&tree);
    char *readme = xstrndup(text, size);
    check_card(&page, readme);
    free(readme);
    hub_listing_release(&page);
    hub_listing_release(&tree);
    return 0;
}
