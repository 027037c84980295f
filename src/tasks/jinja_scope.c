/*
 * Which names a scope sets before it reads them. Jinja decides that from the text (its idtracking.py): such a name is
 * undefined until it is set, also for the scopes inside, even where the row has a column of that name.
 */
#include "tasks/jinja.h"

#include "base/banned.h"

struct frame {
    struct arena *arena;
    struct jinja_name *first; /* each name once, with what happened to it first */
};

static void mark_all(struct arena *a, const struct jinja_nodes *body);

static void note(struct frame *f, struct pystr text, bool is_set)
{
    for (const struct jinja_name *n = f->first; n; n = n->next)
        if (pystr_equal(n->text, text))
            return;
    struct jinja_name *name = arena_alloc(f->arena, sizeof(*name));
    *name = (struct jinja_name){text, is_set, f->first};
    f->first = name;
}

/* The names that an expression reads. */
static void reads(struct frame *f, const struct jinja_node *n)
{
    if (!n)
        return;
    if (n->kind == NODE_NAME)
        note(f, n->text, false);
    reads(f, n->a);
    reads(f, n->b);
    reads(f, n->c);
    for (int i = 0; i < n->args.n; i++)
        reads(f, n->args.v[i]);
}

static void sets(struct frame *f, const struct jinja_node *target, bool is_set)
{
    if (target->kind == NODE_NAME)
        note(f, target->text, is_set);
    else if (target->kind == NODE_NAMESPACE_NAME)
        reads(f, target->a);
    for (int i = 0; i < target->args.n; i++)
        sets(f, target->args.v[i], is_set);
}

/* What is set in a branch counts as read first: the other branch leaves what the row has. */
static void walk(struct frame *f, const struct jinja_nodes *body, bool is_branch)
{
    for (int i = 0; i < body->n; i++) {
        const struct jinja_node *n = body->v[i];
        switch (n->kind) {
        case NODE_IF:
            reads(f, n->a);
            walk(f, &n->body, true);
            walk(f, &n->orelse, true);
            break;
        case NODE_SET:
            reads(f, n->b);
            sets(f, n->a, !is_branch);
            break;
        case NODE_SET_BLOCK: sets(f, n->a, !is_branch); break;
        case NODE_MACRO: note(f, n->text, !is_branch); break;
        case NODE_FOR:
        case NODE_FILTER_BLOCK: reads(f, n->b); break;
        case NODE_WITH:
            for (int k = 1; k < n->args.n; k += 2)
                reads(f, n->args.v[k]);
            break;
        case NODE_PRINT: reads(f, n->a); break;
        default: break;
        }
    }
}

static void mark_inside(struct arena *a, struct jinja_node *n)
{
    if (n->kind != NODE_IF)
        n->names = jinja_scope_names(a, &n->body);
    else
        mark_all(a, &n->body);
    if (n->kind == NODE_IF || n->kind == NODE_FOR)
        mark_all(a, &n->orelse);
}

static void mark_all(struct arena *a, const struct jinja_nodes *body)
{
    for (int i = 0; i < body->n; i++)
        mark_inside(a, body->v[i]);
}

const struct jinja_name *jinja_scope_names(struct arena *a, const struct jinja_nodes *body)
{
    struct frame f = {a, NULL};
    walk(&f, body, false);
    mark_all(a, body);
    return f.first;
}
