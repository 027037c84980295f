#include "hub/spec.h"

#include <ctype.h>
#include <string.h>

#include "base/banned.h"

static const struct {
    const char *name, *plural, *prefix;
} kinds[] = {
    [HUB_MODEL] = { "model", "models", "" },
    [HUB_DATASET] = { "dataset", "datasets", "datasets/" },
    [HUB_SPACE] = { "space", "spaces", "spaces/" },
};
enum { N_KINDS = sizeof kinds / sizeof kinds[0], PART_MAX = 255, PATH_LIMIT = 2000 };

const char *hub_kind_name(enum hub_kind k)
{
    return kinds[k].name;
}

const char *hub_kind_plural(enum hub_kind k)
{
    return kinds[k].plural;
}

const char *hub_kind_prefix(enum hub_kind k)
{
    return kinds[k].prefix;
}

/* --- names ------------------------------------------------------------------------------------- */

static bool is_repo_char(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.';
}

/* One part of "org/name", of n characters. */
static bool is_repo_part(const char *s, size_t n)
{
    if (n == 0 || n > 96 || s[0] == '.' || s[0] == '-' || s[n - 1] == '.' || s[n - 1] == '-')
        return false;
    for (size_t i = 0; i < n; i++)
        if (!is_repo_char(s[i]) || (i > 0 && s[i] == s[i - 1] && (s[i] == '-' || s[i] == '.')))
            return false;
    return true;
}

bool hub_repo_is_valid(const char *repo)
{
    const char *slash = strchr(repo, '/');
    const char *name = slash ? slash + 1 : repo;
    size_t n = strlen(name);
    if (slash && !is_repo_part(repo, (size_t)(slash - repo)))
        return false;
    return is_repo_part(name, n) && !(n > 4 && strcmp(name + n - 4, ".git") == 0);
}

static bool is_safe_part(const char *s, size_t n)
{
    if (n == 0 || n > PART_MAX || (n == 1 && s[0] == '.') || (n == 2 && s[0] == '.' && s[1] == '.'))
        return false;
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)s[i] < 32 || s[i] == 127 || s[i] == '\\')
            return false;
    return true;
}

bool hub_path_is_safe(const char *path)
{
    if (strlen(path) > PATH_LIMIT)
        return false;
    for (;;) {
        size_t n = strcspn(path, "/");
        if (!is_safe_part(path, n))
            return false;
        if (!path[n])
            return true;
        path += n + 1;
    }
}

bool hub_is_hex(const char *text, size_t n)
{
    return strlen(text) == n && strspn(text, "0123456789abcdef") == n;
}

bool hub_is_commit(const char *text)
{
    return hub_is_hex(text, 40);
}

void hub_quote(struct buf *out, const char *text, bool is_path)
{
    for (; *text; text++)
        if (isalnum((unsigned char)*text) || strchr("-._~", *text) || (is_path && *text == '/'))
            buf_putc(out, *text);
        else
            buf_printf(out, "%%%02X", (unsigned char)*text);
}

/* --- REPO[@REVISION][:FILE] -------------------------------------------------------------------- */

static const char hub_scheme[] = "hub:";

bool hub_spec_is(const char *text)
{
    return strncmp(text, hub_scheme, sizeof hub_scheme - 1) == 0;
}

static const char *skip_kind(enum hub_kind *kind, const char *text)
{
    for (int k = N_KINDS - 1; k >= 0; k--) {
        const char *plural = kinds[k].plural;
        size_t n = strlen(plural);
        if (strncmp(text, plural, n) == 0 && text[n] == '/') {
            *kind = (enum hub_kind)k;
            return text + n + 1;
        }
    }
    return text;
}

/* git's own rules for names of references, as far as they matter in a path and a web address. */
static bool is_revision(const char *s)
{
    return hub_path_is_safe(s) && !strpbrk(s, " ~^:?*[") && s[0] != '-';
}

int hub_spec_parse(struct hub_spec *out, struct arena *a, const char *text, struct err *err)
{
    const char *s = hub_spec_is(text) ? text + sizeof hub_scheme - 1 : text;
    *out = (struct hub_spec){ .kind = HUB_MODEL, .revision = "main" };
    s = skip_kind(&out->kind, s);
    char *repo = arena_strdup(a, s);
    char *colon = strchr(repo, ':');
    if (colon) {
        *colon = '\0';
        out->file = colon + 1;
    }
    char *at = strchr(repo, '@');
    if (at) {
        *at = '\0';
        out->revision = at + 1;
    }
    out->repo = repo;
    if (!hub_repo_is_valid(repo))
        return err_set(err, ERR_USAGE, "'%s': expected a repository of the hub, ORG/NAME[@REVISION][:FILE]", text);
    if (!is_revision(out->revision))
        return err_set(err, ERR_USAGE, "'%s': '%s' is no name of a revision", text, out->revision);
    if (out->file && !hub_path_is_safe(out->file))
        return err_set(err, ERR_USAGE, "'%s': '%s' is no name of a file inside a repository", text, out->file);
    return 0;
}

const char *hub_spec_label(struct arena *a, const struct hub_spec *s)
{
    bool is_main = strcmp(s->revision, "main") == 0;
    return arena_printf(a, "%s%s%s%s", kinds[s->kind].prefix, s->repo, is_main ? "" : "@", is_main ? "" : s->revision);
}
