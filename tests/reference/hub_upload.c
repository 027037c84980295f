/* hub_upload KIND ORG/NAME FOLDER PATH...: uploads files of a folder by hub/upload.h, for comparisons with
   huggingface_hub (hub.py). KIND: dataset, model or space. Prints the commit. */
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "hub/upload.h"

int main(int argc, char **argv)
{
    struct err err = { 0 };
    struct arena a = { 0 };
    struct upload_file files[64];
    struct upload_result result;
    struct hub *h;
    int n = 0;
    if (argc < 5)
        return 2;
    struct upload u = { .repo = argv[2], .summary = "a commit", .description = "of files" };
    for (int k = HUB_MODEL; k <= HUB_SPACE; k++)
        if (strcmp(hub_kind_name((enum hub_kind)k), argv[1]) == 0)
            u.kind = (enum hub_kind)k;
    for (int i = 4; i < argc && n < 64; i++)
        files[n++] = (struct upload_file){ argv[i], fs_join(&a, argv[3], argv[i]) };
    if (hub_open(&h, &err) < 0 || hub_upload(&result, h, &u, files, n, &a, &err) < 0) {
        fprintf(stderr, "error: %s\n", err.msg);
        return 1;
    }
    printf("%s %d sent %d same %d ignored\n", result.commit, result.n_sent, result.n_same, result.n_ignored);
    hub_close(h);
    arena_release(&a);
    return 0;
}
