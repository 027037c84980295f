#include "base/yaml.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/xalloc.h"

#include "base/banned.h"

enum {
    DEPTH_MAX = 200,
    NODES_MAX = 1000000 /* with each alias counted as what it stands for: readers walk the tree */
};

struct anchor {
    struct yaml_node *node;
    int n_nodes; /* in the tree below it, itself included */
};

struct loader {
    yaml_parser_t parser;
    struct arena *a;
    const char *name, *text;
    size_t len;
    struct map anchors; /* name -> struct anchor, in the arena; known once its node is complete */
    int n_nodes;
    int depth;
};

/* Items of a list while it grows. */
struct nodes {
    struct yaml_node **v;
    int n, cap;
};

static int parse_node(struct yaml_node **out, struct loader *l, yaml_event_t *ev, struct err *err);

static int place_error(const struct loader *l, yaml_mark_t at, struct err *err, const char *what)
{
    return err_set(err, ERR_FORMAT, "%s:%zu:%zu: %s", l->name, at.line + 1, at.column + 1, what);
}

static yaml_mark_t mark_of_offset(const struct loader *l, size_t offset)
{
    yaml_mark_t at = {0};
    for (size_t i = 0; i < offset && i < l->len; i++) {
        at.column++;
        if (l->text[i] == '\n') {
            at.line++;
            at.column = 0;
        }
    }
    return at;
}

/* libyaml says of a tab "found character that cannot start any token". */
static bool is_tab_at(const struct loader *l, yaml_mark_t at)
{
    const char *line = l->text, *end = l->text + l->len;
    for (size_t i = 0; i < at.line; i++) {
        const char *feed = memchr(line, '\n', (size_t)(end - line));
        if (!feed)
            return false;
        line = feed + 1;
    }
    return at.column < (size_t)(end - line) && line[at.column] == '\t';
}

static int syntax_error(const struct loader *l, struct err *err)
{
    const yaml_parser_t *p = &l->parser;
    yaml_mark_t at = p->problem_mark;
    const char *problem = p->problem ? p->problem : "not YAML";
    if (p->error == YAML_READER_ERROR)
        return place_error(l, mark_of_offset(l, p->problem_offset), err, problem);
    if (is_tab_at(l, at))
        return place_error(l, at, err, "a tab cannot indent or begin a value; use spaces");
    place_error(l, at, err, problem);
    if (p->context && p->context_mark.line != at.line)
        return err_set(err, ERR_FORMAT, "%s (%s that began in line %zu)", err ? err->msg : "",
                       p->context, p->context_mark.line + 1);
    return -1;
}

static int next_event(struct loader *l, yaml_event_t *ev, struct err *err)
{
    return yaml_parser_parse(&l->parser, ev) ? 0 : syntax_error(l, err);
}

static struct yaml_node *new_node(struct loader *l, enum yaml_kind kind, yaml_mark_t at,
                                  const yaml_char_t *tag)
{
    struct yaml_node *node = arena_alloc(l->a, sizeof(*node));
    node->kind = kind;
    node->file = l->name;
    node->line = (int)at.line + 1;
    node->col = (int)at.column + 1;
    node->tag = arena_strdup(l->a, (const char *)tag);
    l->n_nodes++;
    return node;
}

static void add_node(struct nodes *list, struct yaml_node *node)
{
    if (list->n == list->cap) {
        list->cap = list->cap ? list->cap * 2 : 8;
        list->v = xrealloc(list->v, sizeof(*list->v) * (size_t)list->cap);
    }
    list->v[list->n++] = node;
}

static struct yaml_node **keep_nodes(struct loader *l, struct nodes *list)
{
    if (!list->n)
        return NULL;
    return arena_dup(l->a, list->v, sizeof(*list->v) * (size_t)list->n);
}

static int parse_scalar(struct yaml_node **out, struct loader *l, const yaml_event_t *ev,
                        struct err *err)
{
    const char *text = (const char *)ev->data.scalar.value;
    size_t len = ev->data.scalar.length;
    if (memchr(text, '\0', len))
        return place_error(l, ev->start_mark, err, "a NUL character is not allowed in a text");
    struct yaml_node *node = new_node(l, YAML_SCALAR, ev->start_mark, ev->data.scalar.tag);
    node->text = arena_strndup(l->a, text, len);
    node->is_plain = ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    *out = node;
    return 0;
}

static int parse_alias(struct yaml_node **out, struct loader *l, const yaml_event_t *ev,
                       struct err *err)
{
    const char *name = (const char *)ev->data.alias.anchor;
    const struct anchor *anchor = map_find(&l->anchors, name);
    if (!anchor)
        return err_set(err, ERR_FORMAT, "%s:%zu:%zu: '*%s' names no anchor that is complete here",
                       l->name, ev->start_mark.line + 1, ev->start_mark.column + 1, name);
    l->n_nodes += anchor->n_nodes;
    *out = anchor->node;
    return 0;
}

/* Nodes until the event `end`, which is consumed. */
static int parse_until(struct nodes *list, struct loader *l, yaml_event_type_t end, struct err *err)
{
    for (;;) {
        yaml_event_t ev;
        struct yaml_node *node = NULL;
        if (next_event(l, &ev, err))
            return -1;
        int ret = ev.type == end ? 1 : parse_node(&node, l, &ev, err);
        yaml_event_delete(&ev);
        if (ret)
            return ret < 0 ? -1 : 0;
        add_node(list, node);
    }
}

static int parse_sequence(struct yaml_node **out, struct loader *l, const yaml_event_t *ev,
                          struct err *err)
{
    struct nodes list = {0};
    struct yaml_node *node =
        new_node(l, YAML_SEQUENCE, ev->start_mark, ev->data.sequence_start.tag);
    int ret = parse_until(&list, l, YAML_SEQUENCE_END_EVENT, err);
    node->n = list.n;
    node->items = keep_nodes(l, &list);
    *out = node;
    free(list.v);
    return ret;
}

static int check_key(struct map *seen, struct yaml_node *key, struct err *err)
{
    if (key->kind != YAML_SCALAR)
        return err_set(err, ERR_FORMAT, "%s:%d:%d: a key must be a text, found %s", key->file,
                       key->line, key->col, yaml_kind_name(key));
    const struct yaml_node *first = map_put(seen, key->text, key);
    if (first)
        return err_set(err, ERR_FORMAT, "%s:%d:%d: duplicate key '%s' (first in line %d)",
                       key->file, key->line, key->col, key->text, first->line);
    return 0;
}

static bool is_merge_key(const struct yaml_node *key)
{
    return key->is_plain && !strcmp(key->text, "<<");
}

/* Adds the pairs of a merged mapping whose keys are not there yet. */
static void merge_pairs(struct nodes *keys, struct nodes *items, struct map *seen,
                        const struct yaml_node *from)
{
    for (int i = 0; i < from->n; i++) {
        if (map_has(seen, from->keys[i]->text))
            continue;
        map_put(seen, from->keys[i]->text, from->keys[i]);
        add_node(keys, from->keys[i]);
        add_node(items, from->items[i]);
    }
}

/* "<<: *base" and "<<: [*a, *b]", as PyYAML reads them: its own keys win, then the first. */
static int merge_value(struct nodes *keys, struct nodes *items, struct map *seen,
                       const struct yaml_node *value, struct err *err)
{
    bool is_list = value->kind == YAML_SEQUENCE;
    for (int i = 0; i < (is_list ? value->n : 1); i++) {
        const struct yaml_node *from = is_list ? value->items[i] : value;
        if (from->kind != YAML_MAPPING)
            return err_set(err, ERR_FORMAT, "%s:%d:%d: '<<' expects a mapping, found %s",
                           from->file, from->line, from->col, yaml_kind_name(from));
        merge_pairs(keys, items, seen, from);
    }
    return 0;
}

/* Turns key, value, key, value ... into keys and items. */
static int split_pairs(struct nodes *keys, struct nodes *items, const struct nodes *flat,
                       struct err *err)
{
    int ret = -1;
    const struct yaml_node *merge = NULL;
    struct map seen = MAP_INIT;
    for (int i = 0; i + 1 < flat->n; i += 2) {
        if (check_key(&seen, flat->v[i], err))
            goto done;
        if (is_merge_key(flat->v[i])) {
            merge = flat->v[i + 1];
            continue;
        }
        add_node(keys, flat->v[i]);
        add_node(items, flat->v[i + 1]);
    }
    ret = merge ? merge_value(keys, items, &seen, merge, err) : 0;
done:
    map_release(&seen);
    return ret;
}

static int parse_mapping(struct yaml_node **out, struct loader *l, const yaml_event_t *ev,
                         struct err *err)
{
    struct nodes flat = {0}, keys = {0}, items = {0};
    struct yaml_node *node = new_node(l, YAML_MAPPING, ev->start_mark, ev->data.mapping_start.tag);
    int ret = parse_until(&flat, l, YAML_MAPPING_END_EVENT, err);
    if (!ret)
        ret = split_pairs(&keys, &items, &flat, err);
    node->n = keys.n;
    node->keys = keep_nodes(l, &keys);
    node->items = keep_nodes(l, &items);
    *out = node;
    free(flat.v);
    free(keys.v);
    free(items.v);
    return ret;
}

static const char *anchor_name(const yaml_event_t *ev)
{
    switch (ev->type) {
    case YAML_SCALAR_EVENT: return (const char *)ev->data.scalar.anchor;
    case YAML_SEQUENCE_START_EVENT: return (const char *)ev->data.sequence_start.anchor;
    case YAML_MAPPING_START_EVENT: return (const char *)ev->data.mapping_start.anchor;
    default: return NULL;
    }
}

static int parse_kind(struct yaml_node **out, struct loader *l, const yaml_event_t *ev,
                      struct err *err)
{
    switch (ev->type) {
    case YAML_SCALAR_EVENT: return parse_scalar(out, l, ev, err);
    case YAML_ALIAS_EVENT: return parse_alias(out, l, ev, err);
    case YAML_SEQUENCE_START_EVENT: return parse_sequence(out, l, ev, err);
    case YAML_MAPPING_START_EVENT: return parse_mapping(out, l, ev, err);
    default: return place_error(l, ev->start_mark, err, "expected a value");
    }
}

/* An anchor is known after its node, so no node can contain itself. */
static int parse_node(struct yaml_node **out, struct loader *l, yaml_event_t *ev, struct err *err)
{
    int n_before = l->n_nodes;
    if (l->depth == DEPTH_MAX)
        return place_error(l, ev->start_mark, err, "nested too deeply");
    l->depth++;
    int ret = parse_kind(out, l, ev, err);
    l->depth--;
    if (ret)
        return -1;
    if (l->n_nodes > NODES_MAX)
        return place_error(l, ev->start_mark, err, "too large once every alias is expanded");
    if (anchor_name(ev)) {
        struct anchor *anchor = arena_alloc(l->a, sizeof(*anchor));
        *anchor = (struct anchor){.node = *out, .n_nodes = l->n_nodes - n_before};
        map_put(&l->anchors, anchor_name(ev), anchor);
    }
    return 0;
}

static struct yaml_node *empty_document(struct loader *l)
{
    struct yaml_node *node = new_node(l, YAML_SCALAR, (yaml_mark_t){0}, NULL);
    node->text = arena_strdup(l->a, "");
    node->is_plain = true;
    return node;
}

static bool begins_node(yaml_event_type_t type)
{
    return type == YAML_SCALAR_EVENT || type == YAML_ALIAS_EVENT ||
           type == YAML_SEQUENCE_START_EVENT || type == YAML_MAPPING_START_EVENT;
}

/* Each step is one event: stream start, document start, the root's events, document end ... */
static int parse_stream(struct yaml_node **out, struct loader *l, struct err *err)
{
    bool is_end = false;
    struct yaml_node *root = NULL;
    while (!is_end) {
        yaml_event_t ev;
        int ret = 0;
        if (next_event(l, &ev, err))
            return -1;
        if (ev.type == YAML_DOCUMENT_START_EVENT && root)
            ret = place_error(l, ev.start_mark, err, "expected one document, found a second");
        else if (begins_node(ev.type))
            ret = parse_node(&root, l, &ev, err);
        is_end = ev.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&ev);
        if (ret)
            return -1;
    }
    *out = root ? root : empty_document(l);
    return 0;
}

int yaml_parse(struct yaml_node **out, struct arena *a, const char *text, size_t len,
               const char *name, struct err *err)
{
    struct loader l = {.a = a, .text = text, .len = len};
    l.name = arena_strdup(a, name);
    if (!yaml_parser_initialize(&l.parser))
        return err_set(err, ERR_FORMAT, "%s: the YAML parser did not start", name);
    yaml_parser_set_input_string(&l.parser, (const unsigned char *)text, len);
    int ret = parse_stream(out, &l, err);
    yaml_parser_delete(&l.parser);
    map_release(&l.anchors);
    return ret;
}

int yaml_load(struct yaml_node **out, struct arena *a, const char *path, struct err *err)
{
    struct buf text = BUF_INIT;
    int ret = fs_read(&text, path, err);
    if (!ret)
        ret = yaml_parse(out, a, text.data, text.len, path, err);
    buf_release(&text);
    return ret;
}

const struct yaml_node *yaml_find(const struct yaml_node *map, const char *key)
{
    if (!map || map->kind != YAML_MAPPING)
        return NULL;
    for (int i = 0; i < map->n; i++) {
        if (!strcmp(map->keys[i]->text, key))
            return map->items[i];
    }
    return NULL;
}

bool yaml_is_null(const struct yaml_node *node)
{
    static const char *const names[] = {"", "~", "null", "Null", "NULL"};
    if (node->kind != YAML_SCALAR || !node->is_plain || node->tag)
        return false;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (!strcmp(node->text, names[i]))
            return true;
    }
    return false;
}

const char *yaml_kind_name(const struct yaml_node *node)
{
    static const char *const names[] = {
        [YAML_SCALAR] = "a scalar",
        [YAML_SEQUENCE] = "a list",
        [YAML_MAPPING] = "a mapping",
    };
    return names[node->kind];
}
