#include "hub/hub.h"

#include <ctype.h>
#include <curl/curl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/xalloc.h"

#include "base/banned.h"

static const char default_endpoint[] = "https://huggingface.co";
enum { TIMEOUT_S = 30, TIMEOUT_MAX_S = 3600 };

static const char *env(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static bool is_true(const char *value)
{
    static const char *const yes[] = { "1", "ON", "YES", "TRUE" };
    for (size_t i = 0; value && i < sizeof yes / sizeof yes[0]; i++)
        if (strcasecmp(value, yes[i]) == 0)
            return true;
    return false;
}

static const char *home_dir(void)
{
    const char *home = env("HOME");
    struct passwd *pw = home ? NULL : getpwuid(getuid());
    return home ? home : pw ? pw->pw_dir : ".";
}

/* "~/x" as Python's expanduser has it. */
static const char *expand(struct arena *a, const char *path)
{
    if (path[0] == '~' && (path[1] == '/' || !path[1]))
        return arena_printf(a, "%s%s", home_dir(), path + 1);
    return path;
}

static const char *hf_home(struct arena *a)
{
    const char *dir = env("HF_HOME");
    if (dir)
        return expand(a, dir);
    dir = env("XDG_CACHE_HOME");
    return fs_join(a, dir ? expand(a, dir) : fs_join(a, home_dir(), ".cache"), "huggingface");
}

static const char *find_cache_dir(struct arena *a)
{
    const char *dir = env("HF_HUB_CACHE");
    if (!dir)
        dir = env("HUGGINGFACE_HUB_CACHE");
    return dir ? expand(a, dir) : fs_join(a, hf_home(a), "hub");
}

/* --- token ------------------------------------------------------------------------------------- */

static const char *read_token_file(struct arena *a)
{
    const char *path = env("HF_TOKEN_PATH");
    struct buf text = BUF_INIT;
    path = path ? expand(a, path) : fs_join(a, hf_home(a), "token");
    const char *token = fs_read(&text, path, NULL) == 0 ? arena_strndup(a, text.data, text.len) : NULL;
    buf_release(&text);
    return token;
}

/* Without the spaces and line ends around it; NULL when nothing is left. */
static const char *clean(struct arena *a, const char *token)
{
    if (!token)
        return NULL;
    while (isspace((unsigned char)*token))
        token++;
    size_t n = strlen(token);
    while (n > 0 && isspace((unsigned char)token[n - 1]))
        n--;
    return n ? arena_strndup(a, token, n) : NULL;
}

static int find_token(struct hub *h, struct err *err)
{
    h->token = clean(&h->arena, env("HF_TOKEN"));
    if (!h->token)
        h->token = clean(&h->arena, env("HUGGING_FACE_HUB_TOKEN"));
    if (!h->token)
        h->token = clean(&h->arena, read_token_file(&h->arena));
    for (const char *c = h->token; c && *c; c++)
        if ((unsigned char)*c <= 32 || (unsigned char)*c >= 127)
            return err_set(err, ERR_USAGE, "HF_TOKEN, or the token file: the token has a character that no token has");
    return 0;
}

/* --- opening ----------------------------------------------------------------------------------- */

static int find_endpoint(struct hub *h, struct err *err)
{
    const char *from_env = env("HF_ENDPOINT");
    char *endpoint = arena_strdup(&h->arena, from_env ? from_env : default_endpoint);
    size_t n = strlen(endpoint);
    while (n > 0 && endpoint[n - 1] == '/')
        endpoint[--n] = '\0';
    h->endpoint = endpoint;
    if (strncmp(endpoint, "https://", 8) != 0 && strncmp(endpoint, "http://", 7) != 0)
        return err_set(err, ERR_USAGE, "HF_ENDPOINT: expected https://HOST, found '%s'", endpoint);
    return 0;
}

static int find_timeout(struct hub *h, struct err *err)
{
    const char *text = env("HF_HUB_DOWNLOAD_TIMEOUT");
    char *end;
    long v = text ? strtol(text, &end, 10) : TIMEOUT_S;
    if (text && (*end || v < 1 || v > TIMEOUT_MAX_S))
        return err_set(err, ERR_USAGE, "HF_HUB_DOWNLOAD_TIMEOUT: expected seconds from 1 to %d, found '%s'",
                       TIMEOUT_MAX_S, text);
    h->timeout_s = (int)v;
    return 0;
}

int hub_open(struct hub **out, struct err *err)
{
    struct hub *h = xcalloc(1, sizeof *h);
    arena_init(&h->arena);
    h->cache_dir = find_cache_dir(&h->arena);
    h->is_offline = is_true(env("HF_HUB_OFFLINE")) || is_true(env("TRANSFORMERS_OFFLINE"));
    h->is_token_implicit = !is_true(env("HF_HUB_DISABLE_IMPLICIT_TOKEN"));
    *out = NULL;
    if (find_endpoint(h, err) < 0 || find_timeout(h, err) < 0 || find_token(h, err) < 0)
        goto fail;
    if (curl_global_init(CURL_GLOBAL_DEFAULT)) {
        err_set(err, ERR_IO, "libcurl cannot be initialized");
        goto fail;
    }
    *out = h;
    return 0;
fail:
    arena_release(&h->arena);
    free(h);
    return -1;
}

void hub_close(struct hub *h)
{
    if (!h)
        return;
    curl_global_cleanup();
    arena_release(&h->arena);
    free(h);
}
