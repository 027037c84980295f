/*
 * test_chat: chat templates of the engine's tree, against what transformers 5.24's render_jinja_template() printed.
 * PERBIT_ENGINE_SHARE is the folder that holds templates/.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/xalloc.h"
#include "tasks/chat.h"

static const struct chat_message messages[] = {
    {"system", "Be brief."}, {"user", "  Qué?\n"}, {"assistant", "Answer: "}};

enum shape { WITH_SYSTEM, USER_ALONE, CONTINUED, NOT_THINKING };

static const struct {
    const char *model;
    enum shape shape;
    const char *expected;
} cases[] = {
    {"meta-llama-Llama-3.2-3B-Instruct", WITH_SYSTEM,
     "<bos><|start_header_id|>system<|end_header_id|>\n\nCutting Knowledge Date: December 2023\n"
     "Today Date: 15 Jun 2025\n\nBe "
     "brief.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nQué?<|eot_id|>"
     "<|start_header_id|>assistant<|end_header_id|>\n\n"},
    {"meta-llama-Llama-3.2-3B-Instruct", CONTINUED,
     "<bos><|start_header_id|>system<|end_header_id|>\n\nCutting Knowledge Date: December 2023\n"
     "Today Date: 15 Jun 2025\n\nBe "
     "brief.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nQué?<|eot_id|>"
     "<|start_header_id|>assistant<|end_header_id|>\n\nAnswer:"},
    {"google-gemma-2-2b-it", USER_ALONE,
     "<bos><start_of_turn>user\nQué?<end_of_turn>\n<start_of_turn>model\n"},
    {"google-gemma-2-2b-it", WITH_SYSTEM, NULL},
    {"Qwen-Qwen3-0.6B", WITH_SYSTEM,
     "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n  "
     "Qué?\n<|im_end|>\n<|im_start|>assistant\n"},
    {"Qwen-Qwen3-0.6B", CONTINUED,
     "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n  "
     "Qué?\n<|im_end|>\n<|im_start|>assistant\n"
     "<think>\n\n</think>\n\nAnswer: "},
    {"Qwen-Qwen3-0.6B", NOT_THINKING,
     "<|im_start|>user\n  Qué?\n<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"},
    {"HuggingFaceTB-SmolLM3-3B", NOT_THINKING,
     "<|im_start|>system\n## Metadata\n\nKnowledge Cutoff Date: June 2025\nReasoning Mode: "
     "/no_think\n\n"
     "## Custom Instructions\n\nYou are a helpful AI assistant named SmolLM, trained by Hugging "
     "Face.\n\n<|im_end|>\n"
     "<|im_start|>user\n  Qué?\n<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n"},
};

static void load(struct buf *out, const char *model)
{
    const char *share = getenv("PERBIT_ENGINE_SHARE");
    struct err err = {0};
    if (!share)
        fail_msg("PERBIT_ENGINE_SHARE is not set");
    char *path = xasprintf("%s/templates/%s.jinja", share, model);
    if (fs_read(out, path, &err))
        fail_msg("%s", err.msg);
    free(path);
}

static int render(struct buf *out, const char *template, enum shape shape, struct err *err)
{
    struct json *j;
    const char *arguments = shape == NOT_THINKING ? "{\"enable_thinking\": false}" : "{}";
    assert_int_equal(json_parse(&j, arguments, strlen(arguments), "arguments", err), 0);
    struct chat_options options = {.bos = "<bos>",
                                   .eos = "<eos>",
                                   .adds_prompt = shape != CONTINUED,
                                   .continues_last = shape == CONTINUED,
                                   .now_s = 1750000000,
                                   .arguments = json_root(j)};
    bool has_system = shape == WITH_SYSTEM || shape == CONTINUED;
    int n = shape == CONTINUED ? 3 : has_system ? 2 : 1;
    int ret = chat_render(out, template, has_system ? messages : messages + 1, n, &options, err);
    json_close(j);
    return ret;
}

static void as_transformers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct buf template = BUF_INIT, out = BUF_INIT;
        struct err err = {0};
        load(&template, cases[i].model);
        int ret = render(&out, template.data, cases[i].shape, &err);
        if (cases[i].expected) {
            if (ret)
                fail_msg("%s: %s", cases[i].model, err.msg);
            assert_string_equal(out.data, cases[i].expected);
        } else {
            assert_int_equal(ret, -1);
            assert_int_equal(err.code, ERR_FORMAT);
            assert_non_null(strstr(err.msg, "System role not supported"));
        }
        buf_release(&template);
        buf_release(&out);
    }
}

static void last_message_must_be_printed(void **state)
{
    (void)state;
    struct buf out = BUF_INIT;
    struct err err = {0};
    assert_int_equal(render(&out, "{{ messages[0].content }}", CONTINUED, &err), -1);
    assert_non_null(strstr(err.msg, "does not print the last message"));
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_transformers),
        cmocka_unit_test(last_message_must_be_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
