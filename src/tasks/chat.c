#include "tasks/chat.h"

#include <string.h>

#include "base/pystr.h"
#include "tasks/template.h"
#include "tasks/think.h"

#include "base/banned.h"

/* transformers marks the end of the message to go on with, with the space, and cuts there. */
static const char tag[] = "CONTINUE_FINAL_MESSAGE_TAG ";

static yyjson_mut_val *messages_json(yyjson_mut_doc *doc, const struct chat_message *messages,
                                     int n, bool continues_last)
{
    yyjson_mut_val *arr = yyjson_mut_arr(doc);
    for (int i = 0; i < n; i++) {
        struct buf content = BUF_INIT;
        yyjson_mut_val *message = yyjson_mut_arr_add_obj(doc, arr);
        buf_puts(&content, messages[i].content);
        if (continues_last && i == n - 1)
            buf_puts(&content, tag);
        yyjson_mut_obj_add_strcpy(doc, message, "role", messages[i].role);
        yyjson_mut_obj_add_strncpy(doc, message, "content", content.data, content.len);
        buf_release(&content);
    }
    return arr;
}

/* The variables that transformers gives a template. */
static yyjson_doc *variables(const struct chat_message *messages, int n,
                             const struct chat_options *o)
{
    yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = yyjson_mut_obj(doc), *key;
    const struct {
        const char *name, *value;
    } tokens[] = {
        {"bos_token", o->bos}, {"eos_token", o->eos}, {"unk_token", o->unk}, {"pad_token", o->pad}};
    yyjson_mut_doc_set_root(doc, root);
    yyjson_mut_obj_add_val(doc, root, "messages",
                           messages_json(doc, messages, n, o->continues_last));
    yyjson_mut_obj_add_null(doc, root, "tools");
    yyjson_mut_obj_add_null(doc, root, "documents");
    yyjson_mut_obj_add_bool(doc, root, "add_generation_prompt", o->adds_prompt);
    for (size_t i = 0; i < sizeof(tokens) / sizeof(*tokens); i++)
        if (tokens[i].value)
            yyjson_mut_obj_add_str(doc, root, tokens[i].name, tokens[i].value);
    yyjson_val *name;
    yyjson_obj_iter it = yyjson_obj_iter_with(o->arguments);
    while ((name = yyjson_obj_iter_next(&it))) {
        key = yyjson_val_mut_copy(doc, name);
        yyjson_mut_obj_put(root, key, yyjson_val_mut_copy(doc, yyjson_obj_iter_get_val(name)));
    }
    yyjson_doc *out = yyjson_mut_doc_imut_copy(doc, NULL);
    yyjson_mut_doc_free(doc);
    return out;
}

/* Cuts text at the mark, and spaces before it where the template trimmed the message. */
static int cut_at_tag(struct buf *text, const char *message, struct err *err)
{
    struct pystr all = pystr_of(text->data, text->len), mark = pystr_of(tag, strlen(tag) - 1);
    int64_t at = pystr_rfind_bytes(all, mark);
    if (at < 0 || pystr_find_bytes(all, pystr_strip(pystr_z(message), NULL), 0) < 0)
        return err_set(err, ERR_UNSUPPORTED,
                       "the chat template does not print the last message, so it cannot go on");
    bool is_whole = text->data[(size_t)at + mark.n_bytes] == ' ';
    struct pystr kept = pystr_of(text->data, (size_t)at);
    text->len = is_whole ? kept.n_bytes : pystr_rstrip(kept, NULL).n_bytes;
    text->data[text->len] = '\0';
    return 0;
}

int chat_render(struct buf *out, const char *template, const struct chat_message *messages,
                int n_messages, const struct chat_options *options, struct err *err)
{
    struct template *t = NULL;
    struct buf text = BUF_INIT;
    yyjson_doc *doc = variables(messages, n_messages, options);
    int ret = -1;
    if (options->continues_last && n_messages == 0) {
        err_set(err, ERR_USAGE, "no last message to go on with");
        goto done;
    }
    if (template_compile_as(&t, template, "chat template",
                            TEMPLATE_LAX | TEMPLATE_TRIM | TEMPLATE_CHAT, err) ||
        template_render_at(t, yyjson_doc_get_root(doc), options->now_s, &text, err))
        goto done;
    if (options->continues_last && cut_at_tag(&text, messages[n_messages - 1].content, err))
        goto done;
    if (options->closes_thinking && options->adds_prompt)
        buf_puts(&text, think_closing((struct text){text.data, text.len}));
    buf_append(out, text.data, text.len);
    ret = 0;
done:
    buf_release(&text);
    template_close(t);
    yyjson_doc_free(doc);
    return ret;
}
