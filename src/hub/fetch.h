/*
 * fetch: blobs of one repository into the cache, several at a time, each checked before it has its name.
 *
 * A download goes to ETAG.incomplete; a cut one goes on where it was cut, also in another process. The whole file is then
 * read once more and its digest compared: what does not fit is deleted (and loaded once more from the beginning if it had
 * been put together from pieces). Only then it is renamed to ETAG. Who wants a blob that another process is loading waits
 * for that process's lock.
 *
 * Errors  ERR_IO: which file, and how much disk is missing, or what was expected and found; ERR_CANCELLED
 * Threads one        Tests  hub/
 */
#ifndef PERBIT_HUB_FETCH_H
#define PERBIT_HUB_FETCH_H

#include "hub/listing.h"

/* files [n], all of them of the listing's commit. */
int fetch_blobs(struct hub *h, const struct hub_spec *s, const char *commit, const struct hub_file *const *files, int n,
                const struct hub_view *view, struct err *err);

#endif
