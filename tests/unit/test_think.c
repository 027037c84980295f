/* test_think: reasoning and answer of texts as models write them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fs.h"
#include "tasks/think.h"

static void check(const char *text, bool is_open, const char *reasoning, const char *answer)
{
    struct think t = think_split((struct text){ text, strlen(text) }, is_open);
    if (t.reasoning.n_bytes != strlen(reasoning) || memcmp(t.reasoning.s, reasoning, strlen(reasoning)) != 0)
        fail_msg("'%s': reasoning '%.*s'", text, (int)t.reasoning.n_bytes, t.reasoning.s);
    if (t.answer.n_bytes != strlen(answer) || memcmp(t.answer.s, answer, strlen(answer)) != 0)
        fail_msg("'%s': answer '%.*s'", text, (int)t.answer.n_bytes, t.answer.s);
}

static void splits(void **state)
{
    (void)state;
    check(" 42 ", false, "", " 42 "); /* no reasoning: whitespace stays */
    check("", false, "", "");
    check("<think>2 + 2</think>\n\n4 ", false, "2 + 2", "4 ");
    check("\n<think>a", false, "a", ""); /* no end: no answer */
    check("so it is</think> 4", true, "so it is", "4"); /* the prompt had the tag */
    check("so it is", true, "so it is", "");
    check("<think></think>4", false, "", "4");
    check("<think>a</think>b</think>c", false, "a</think>b", "c");
    check("I say <think> aloud", false, "", "I say <think> aloud");
}

static void prompts(void **state)
{
    (void)state;
    assert_true(think_is_open((struct text){ "<|assistant|><think>\n", 21 }));
    assert_false(think_is_open((struct text){ "<think></think>", 15 }));
    assert_false(think_is_open((struct text){ "", 0 }));
}

/* The engine's tree has the templates of real models. PERBIT_ENGINE_SHARE is the folder that holds templates/. */
static char *template_of(const char *name, struct arena *a)
{
    struct buf text = BUF_INIT;
    struct err err;
    const char *share = getenv("PERBIT_ENGINE_SHARE");
    if (!share)
        fail_msg("PERBIT_ENGINE_SHARE is not set");
    if (fs_read(&text, arena_printf(a, "%s/templates/%s.jinja", share, name), &err) < 0)
        fail_msg("%s", err.msg);
    char *copy = arena_strdup(a, text.data);
    buf_release(&text);
    return copy;
}

static void what_templates_know(void **state)
{
    (void)state;
    static const struct {
        const char *name, *variable;
        bool has_tags;
    } cases[] = {
        { "Qwen-Qwen3-0.6B", "enable_thinking", true },
        { "deepseek-ai-DeepSeek-R1-Distill-Qwen-32B", "enable_thinking", true }, /* llama.cpp's version of it has the switch */
        { "deepseek-ai-DeepSeek-R1-Distill-Llama-8B", NULL, true },              /* as the model's makers have it */
        { "HuggingFaceTB-SmolLM3-3B", "enable_thinking", true },
        { "ibm-granite-granite-3.3-2B-Instruct", "thinking", true },
        { "Qwen-Qwen2.5-7B-Instruct", NULL, false },
        { "meta-llama-Llama-3.2-3B-Instruct", NULL, false },
        { "google-gemma-2-2b-it", NULL, false },
    };
    struct arena a;
    arena_init(&a);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct chat_options o = { .bos = "<s>", .eos = "</s>", .now_s = 1721995200 };
        struct think_template t;
        think_probe(&t, template_of(cases[i].name, &a), &o);
        if ((t.variable == NULL) != (cases[i].variable == NULL) || (t.variable && strcmp(t.variable, cases[i].variable) != 0) ||
            t.has_tags != cases[i].has_tags)
            fail_msg("%s: variable %s, tags %d", cases[i].name, t.variable ? t.variable : "none", t.has_tags);
    }
    arena_release(&a);
}

/* What a model is asked with its thinking closed, by the template or behind it. */
static void closed_prompts(void **state)
{
    (void)state;
    static const struct chat_message question = { "user", "2+2?" };
    struct arena a;
    struct err err;
    struct buf text = BUF_INIT;
    arena_init(&a);
    struct chat_options o = { .bos = "<s>", .eos = "</s>", .adds_prompt = true, .closes_thinking = true };
    const char *r1 = template_of("deepseek-ai-DeepSeek-R1-Distill-Llama-8B", &a);
    assert_int_equal(chat_render(&text, r1, &question, 1, &o, &err), 0);
    assert_non_null(strstr(text.data, "<think>\n\n</think>\n\n"));
    assert_false(think_is_open((struct text){ text.data, text.len }));
    buf_clear(&text);
    o.closes_thinking = false;
    assert_int_equal(chat_render(&text, r1, &question, 1, &o, &err), 0);
    assert_true(think_is_open((struct text){ text.data, text.len }));
    assert_string_equal(think_closing((struct text){ "x", 1 }), "<think>\n\n</think>\n\n");
    buf_release(&text);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(splits), cmocka_unit_test(prompts),
                                        cmocka_unit_test(what_templates_know), cmocka_unit_test(closed_prompts) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
