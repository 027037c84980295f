#include "tasks/func.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/sha256.h"
#include "tasks/jsonarena.h"
#include "tasks/taskfile.h"

#include "base/banned.h"

/* ---- rows: reading, and making a new one in an arena */

static int get_text(struct pystr *out, yyjson_val *row, const char *column, struct err *err)
{
    yyjson_val *v = yyjson_obj_get(row, column);
    if (!yyjson_is_str(v))
        return err_set(err, ERR_FORMAT, "expected a text in the column '%s'", column);
    *out = pystr_of(yyjson_get_str(v), yyjson_get_len(v));
    return 0;
}

static int get_texts(yyjson_val **out, yyjson_val *row, const char *column, struct err *err)
{
    size_t i, n;
    yyjson_val *item;
    *out = yyjson_obj_get(row, column);
    if (!yyjson_is_arr(*out))
        return err_set(err, ERR_FORMAT, "expected a list of texts in the column '%s'", column);
    yyjson_arr_foreach(*out, i, n, item) {
        if (!yyjson_is_str(item))
            return err_set(err, ERR_FORMAT, "expected only texts in the list of the column '%s'", column);
    }
    return 0;
}

/* A row in the making: a copy of the given one, whose columns are then set. */
struct new_row {
    yyjson_alc alc;
    yyjson_mut_doc *doc;
    yyjson_mut_val *root;
};

static void new_row_begin(struct new_row *n, struct arena *a, yyjson_val *row)
{
    n->alc = jsonarena(a);
    n->doc = yyjson_mut_doc_new(&n->alc);
    n->root = yyjson_val_mut_copy(n->doc, row);
    yyjson_mut_doc_set_root(n->doc, n->root);
}

static void new_row_set(struct new_row *n, const char *column, yyjson_mut_val *v)
{
    yyjson_mut_obj_put(n->root, yyjson_mut_str(n->doc, column), v);
}

static yyjson_mut_val *new_row_text(struct new_row *n, struct pystr s)
{
    return yyjson_mut_strncpy(n->doc, s.s, s.n_bytes);
}

static yyjson_val *new_row_end(struct new_row *n)
{
    return yyjson_doc_get_root(yyjson_mut_doc_imut_copy(n->doc, &n->alc));
}

/* ---- hellaswag.process_docs */

/* re.sub(r"\[.*?\]", "", text): the dot does not cross a line. */
static void drop_brackets(struct buf *out, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *end = s[i] == '[' ? memchr(s + i, ']', n - i) : NULL;
        if (end && !memchr(s + i, '\n', (size_t)(end - s) - i))
            i = (size_t)(end - s);
        else
            buf_putc(out, s[i]);
    }
}

static yyjson_mut_val *hellaswag_clean(struct new_row *n, struct pystr text)
{
    struct buf titled = BUF_INIT, bare = BUF_INIT, single = BUF_INIT;
    pystr_replace(&titled, pystr_strip(text, NULL), pystr_z(" [title]"), pystr_z(". "), -1);
    drop_brackets(&bare, titled.data, titled.len);
    pystr_replace(&single, pystr_of(bare.data, bare.len), pystr_z("  "), pystr_z(" "), -1);
    yyjson_mut_val *v = new_row_text(n, pystr_of(single.data, single.len));
    buf_release(&titled);
    buf_release(&bare);
    buf_release(&single);
    return v;
}

static int label_number(int64_t *out, yyjson_val *row, struct err *err)
{
    yyjson_val *label = yyjson_obj_get(row, "label");
    char *end = "x";
    if (yyjson_is_int(label)) {
        *out = yyjson_get_sint(label);
        return 0;
    }
    if (yyjson_is_str(label))
        *out = strtoll(yyjson_get_str(label), &end, 10);
    if (*end || !yyjson_get_len(label))
        return err_set(err, ERR_FORMAT, "expected an integer in the column 'label'");
    return 0;
}

static int hellaswag_row(yyjson_val **out, struct arena *a, yyjson_val *row, struct err *err)
{
    struct pystr activity, ctx_a, ctx_b;
    yyjson_val *endings, *ending;
    int64_t gold = 0;
    size_t i, n_endings;
    if (get_text(&activity, row, "activity_label", err) || get_text(&ctx_a, row, "ctx_a", err) ||
        get_text(&ctx_b, row, "ctx_b", err) || get_texts(&endings, row, "endings", err) ||
        label_number(&gold, row, err))
        return -1;
    struct new_row n;
    new_row_begin(&n, a, row);
    struct buf query = BUF_INIT;
    buf_append(&query, activity.s, activity.n_bytes);
    buf_puts(&query, ": ");
    buf_append(&query, ctx_a.s, ctx_a.n_bytes);
    buf_putc(&query, ' ');
    pystr_capitalize(&query, ctx_b);
    new_row_set(&n, "query", hellaswag_clean(&n, pystr_of(query.data, query.len)));
    buf_release(&query);
    yyjson_mut_val *choices = yyjson_mut_arr(n.doc);
    yyjson_arr_foreach(endings, i, n_endings, ending)
        yyjson_mut_arr_append(choices,
                              hellaswag_clean(&n, pystr_of(yyjson_get_str(ending), yyjson_get_len(ending))));
    new_row_set(&n, "choices", choices);
    new_row_set(&n, "gold", yyjson_mut_sint(n.doc, gold));
    *out = new_row_end(&n);
    return 0;
}

/* ---- truthfulqa.process_docs_gen */

static const char no_comment[] = "I have no comment.";

/* Stripped, without empty ones, each with a full stop at its end. */
static yyjson_mut_val *truthfulqa_answers(struct new_row *n, yyjson_val *answers, bool *has_no_comment)
{
    size_t i, n_answers;
    yyjson_val *answer;
    yyjson_mut_val *list = yyjson_mut_arr(n->doc);
    *has_no_comment = false;
    yyjson_arr_foreach(answers, i, n_answers, answer) {
        struct pystr s = pystr_strip(pystr_of(yyjson_get_str(answer), yyjson_get_len(answer)), NULL);
        if (!s.n_bytes)
            continue;
        struct buf text = BUF_INIT;
        buf_append(&text, s.s, s.n_bytes);
        if (s.s[s.n_bytes - 1] != '.')
            buf_putc(&text, '.');
        *has_no_comment |= !strcmp(text.data, no_comment);
        yyjson_mut_arr_append(list, new_row_text(n, pystr_of(text.data, text.len)));
        buf_release(&text);
    }
    return list;
}

static int truthfulqa_row(yyjson_val **out, struct arena *a, yyjson_val *row, struct err *err)
{
    struct pystr question;
    yyjson_val *right, *wrong;
    bool has_no_comment;
    if (get_text(&question, row, "question", err) || get_texts(&right, row, "correct_answers", err) ||
        get_texts(&wrong, row, "incorrect_answers", err))
        return -1;
    struct new_row n;
    new_row_begin(&n, a, row);
    new_row_set(&n, "question", new_row_text(&n, pystr_strip(question, NULL)));
    new_row_set(&n, "incorrect_answers", truthfulqa_answers(&n, wrong, &has_no_comment));
    yyjson_mut_val *list = truthfulqa_answers(&n, right, &has_no_comment);
    if (!has_no_comment)
        yyjson_mut_arr_append(list, yyjson_mut_str(n.doc, no_comment));
    new_row_set(&n, "correct_answers", list);
    *out = new_row_end(&n);
    return 0;
}

/* ---- winogrande.doc_to_* */

static int sentence_parts(struct pystr *before, struct pystr *after, yyjson_val *row, struct err *err)
{
    struct pystr s;
    if (get_text(&s, row, "sentence", err))
        return -1;
    int64_t at = pystr_find_bytes(s, pystr_z("_"), 0);
    if (at < 0)
        return err_set(err, ERR_FORMAT, "expected a '_' in the column 'sentence'");
    *before = pystr_of(s.s, (size_t)at);
    *after = pystr_of(s.s + at + 1, s.n_bytes - (size_t)at - 1);
    return 0;
}

static int winogrande_text(struct pyval *out, struct arena *a, yyjson_val *row, struct err *err)
{
    struct pystr answer;
    (void)a;
    if (get_text(&answer, row, "answer", err))
        return -1;
    bool is_first = pystr_equal(answer, pystr_z("1"));
    if (!is_first && !pystr_equal(answer, pystr_z("2")))
        return err_set(err, ERR_FORMAT, "expected \"1\" or \"2\" in the column 'answer'");
    *out = py_int(is_first ? 0 : 1);
    return 0;
}

static int winogrande_target(struct pyval *out, struct arena *a, yyjson_val *row, struct err *err)
{
    struct pystr before, after;
    if (sentence_parts(&before, &after, row, err))
        return -1;
    (void)a;
    *out = py_str(pystr_strip(after, NULL));
    return 0;
}

static int winogrande_choice(struct pyval *out, struct arena *a, yyjson_val *row, struct err *err)
{
    struct pystr before, after, option[2];
    if (sentence_parts(&before, &after, row, err) || get_text(&option[0], row, "option1", err) ||
        get_text(&option[1], row, "option2", err))
        return -1;
    *out = py_list(a, PY_LIST);
    for (int i = 0; i < 2; i++) {
        struct buf text = BUF_INIT;
        buf_append(&text, before.s, before.n_bytes);
        buf_append(&text, option[i].s, option[i].n_bytes);
        py_append(a, *out, py_str_of(a, &text));
        buf_release(&text);
    }
    return 0;
}

/* ---- the table */

enum { FILES_MAX = 4 };

/* A Python file, by its path from the task file's folder, and the digest under which perbit knows it. */
struct python_file {
    const char *path, *sha256;
};

struct row {
    struct func func;
    const char *python_name; /* "utils.process_docs" */
    struct python_file files[FILES_MAX];
};

#define HELLASWAG {{"utils.py", "07d23b60b28f2a4f658dcf8440623a63fe6644854ce9b846a114dde980dc1214"}}
#define TRUTHFULQA {{"utils.py", "d3c827d1e2cd442a1e4738b527a18effd48cbb2aed478c12a652311b5ea4dbc8"}}
#define WINOGRANDE {{"preprocess_winogrande.py", "e55327629264a98f1d383fda24645b6779afb53fa0bce2150042b9416b1ae006"}}
#define IFEVAL                                                                                                         \
    {{"utils.py", "1ab8f14808c826f93f2364883487ed63cf4267980bf4761fda8053899c013632"},                                 \
     {"instructions.py", "511cc41a53787d818c292d8335c8e98aa833296a0789ac470db56bcd6496345e"},                          \
     {"instructions_registry.py", "9db1c062cdb70a91420d3789a588235a1064c2b9a1a66e09e5fb9df9e7584a6c"},                 \
     {"instructions_util.py", "e8c4d9187bac1482d93941fb46469609c3ae78d896195bfcb300a0707d492567"}}

static const struct row rows[] = {
    {{"hellaswag.process_docs", FUNC_ROW, .row = hellaswag_row}, "utils.process_docs", HELLASWAG},
    {{"truthfulqa.process_docs_gen", FUNC_ROW, .row = truthfulqa_row}, "utils.process_docs_gen", TRUTHFULQA},
    {{"truthfulqa.process_results_mc2", FUNC_RESULTS, .results = RESULTS_MC2}, "utils.process_results_mc2", TRUTHFULQA},
    {{"truthfulqa.process_results_gen", FUNC_RESULTS, .results = RESULTS_TRUTHFULQA_GEN}, "utils.process_results_gen",
     TRUTHFULQA},
    {{"ifeval.process_results", FUNC_RESULTS, .results = RESULTS_IFEVAL}, "utils.process_results", IFEVAL},
    {{"ifeval.agg_inst_level_acc", FUNC_AGGREGATE, .results = RESULTS_IFEVAL}, "utils.agg_inst_level_acc", IFEVAL},
    {{"winogrande.doc_to_text", FUNC_FIELD, .field = winogrande_text}, "preprocess_winogrande.doc_to_text", WINOGRANDE},
    {{"winogrande.doc_to_target", FUNC_FIELD, .field = winogrande_target}, "preprocess_winogrande.doc_to_target",
     WINOGRANDE},
    {{"winogrande.doc_to_choice", FUNC_FIELD, .field = winogrande_choice}, "preprocess_winogrande.doc_to_choice",
     WINOGRANDE},
};
enum { N_ROWS = sizeof rows / sizeof rows[0] };

/* "utils.process_docs" beside dir/task.yaml is dir/utils.py; "a.b.f" is dir/a/b.py. */
static char *python_path(struct arena *a, const struct yaml_node *node)
{
    char *module = arena_strdup(a, node->text);
    char *dot = strrchr(module, '.');
    if (!dot)
        return NULL;
    *dot = '\0';
    for (char *c = module; *c; c++)
        *c = *c == '.' ? '/' : *c;
    return fs_join(a, fs_dirname(a, node->file), arena_printf(a, "%s.py", module));
}

static bool are_files_known(struct arena *a, const struct row *r, const char *dir)
{
    for (int i = 0; i < FILES_MAX && r->files[i].path; i++) {
        char digest[SHA256_HEX_BYTES];
        if (sha256_file(digest, fs_join(a, dir, r->files[i].path), NULL) || strcmp(digest, r->files[i].sha256))
            return false;
    }
    return true;
}

/* Many folders hold an utils.process_docs: the digests say which one this is. */
static const struct row *find_by_python(struct arena *a, const struct yaml_node *node, enum func_kind kind)
{
    for (int i = 0; i < N_ROWS; i++) {
        if (rows[i].func.kind == kind && !strcmp(rows[i].python_name, node->text) &&
            are_files_known(a, &rows[i], fs_dirname(a, node->file)))
            return &rows[i];
    }
    return NULL;
}

static const struct row *find_by_name(const struct yaml_node *node, enum func_kind kind)
{
    for (int i = 0; i < N_ROWS; i++) {
        if (rows[i].func.kind == kind && !strcmp(rows[i].func.name, node->text))
            return &rows[i];
    }
    return NULL;
}

static int not_found(const struct yaml_node *node, const char *what, const char *python, struct err *err)
{
    if (python)
        return err_set(err, ERR_UNSUPPORTED, "%s:%d: %s: !function %s is Python (%s), which perbit does not run; it knows "
                       "only some files of lm-evaluation-harness, by their digest", node->file, node->line, what,
                       node->text, python);
    struct buf names = BUF_INIT;
    for (int i = 0; i < N_ROWS; i++)
        buf_printf(&names, "%s%s", i ? ", " : "", rows[i].func.name);
    err_set(err, ERR_UNSUPPORTED, "%s:%d: %s: perbit has no !function %s; there are: %s", node->file, node->line, what,
            node->text, names.data);
    buf_release(&names);
    return -1;
}

int func_find(const struct func **out, const struct yaml_node *node, enum func_kind kind, const char *what,
              struct err *err)
{
    int ret = -1;
    struct arena a;
    arena_init(&a);
    const char *python = taskfile_is_builtin(node->file) ? NULL : python_path(&a, node);
    bool is_python = python && fs_exists(python);
    const struct row *found = is_python ? find_by_python(&a, node, kind) : find_by_name(node, kind);
    if (!found) {
        not_found(node, what, is_python ? python : NULL, err);
        goto done;
    }
    *out = &found->func;
    ret = 0;
done:
    arena_release(&a);
    return ret;
}
