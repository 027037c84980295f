#include "study/settings.h"

#include <stddef.h>
#include <string.h>

#include "convert/convert.h"

#define AT(field) .offset = offsetof(struct settings, field)

static const char *const on_off_auto[] = { "on", "off", "auto", NULL };
static const char *const cache_types[] = { "f32", "f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0", "iq4_nl", NULL };
static const char *const load_modes[] = { "none", "mmap", "mlock", NULL };
static const char *const workload_sets[] = { "none", "localscore", NULL };
static const char *const bos_rules[] = { "auto", "on", "off", NULL };
static const char *const fewshot_rules[] = { "sequential", "fixed", NULL };
static const char *const formats[] = { "text", "md", "csv", "json", "jsonl", "sql", NULL };

static const struct opt_row rows[] = {
    { .key = "n_ctx", .short_name = "c", .alias = "ctx_size", .type = OPT_INT, AT(n_ctx), .unit = "tokens", .def = "512",
      .min = 16, .max = 1 << 20, .group = "perplexity", .moves_results = true,
      .help = "length of a chunk of text; half of it is context, the rest is scored" },
    { .key = "n_batch", .short_name = "b", .alias = "batch_size", .type = OPT_INT, AT(n_batch), .unit = "tokens",
      .def = "2048", .min = 1, .max = 1 << 20, .group = "engine", .moves_results = true,
      .help = "tokens a decode call carries; n_batch / n_ctx chunks are decoded together" },
    { .key = "n_ubatch", .short_name = "ub", .alias = "ubatch_size", .type = OPT_INT, AT(n_ubatch), .unit = "tokens",
      .def = "512", .min = 1, .max = 1 << 20, .group = "engine", .moves_results = true,
      .help = "tokens computed at once; moves logits as much as Q8_0 does, so it is kept equal" },
    { .key = "n_threads", .short_name = "t", .alias = "threads", .type = OPT_INT, AT(n_threads), .unit = "threads",
      .def = "0", .min = 0, .max = 4096, .group = "engine", .help = "threads; 0 = one a physical core" },
    { .key = "n_gpu_layers", .short_name = "ngl", .alias = "gpu_layers", .type = OPT_INT, AT(n_gpu_layers),
      .unit = "layers", .def = "0", .min = -1, .max = 1 << 16, .group = "engine", .moves_results = true,
      .help = "layers on the GPU; 0 = CPU only, -1 = all" },
    { .key = "flash_attn", .short_name = "fa", .type = OPT_CHOICE, AT(flash_attn), .def = "auto",
      .choices = on_off_auto, .group = "engine", .moves_results = true, .help = "flash attention" },
    { .key = "type_k", .short_name = "ctk", .alias = "cache_type_k", .type = OPT_CHOICE, AT(type_k), .def = "f16",
      .choices = cache_types, .group = "engine", .moves_results = true, .help = "type of the K cache" },
    { .key = "type_v", .short_name = "ctv", .alias = "cache_type_v", .type = OPT_CHOICE, AT(type_v), .def = "f16",
      .choices = cache_types, .group = "engine", .moves_results = true, .help = "type of the V cache" },
    { .key = "load_mode", .short_name = "lm", .type = OPT_CHOICE, AT(load_mode), .def = "mmap",
      .choices = load_modes, .group = "engine",
      .help = "how weights are loaded; memory is always measured with none" },
    { .key = "repack", .type = OPT_BOOL, AT(repack), .def = "true", .group = "engine", .moves_results = true,
      .help = "let the engine reorder weights for the CPU (Q4_0, Q4_K): faster, and moves logits" },

    { .key = "adapter", .alias = "lora", .type = OPT_STR, AT(adapter), .group = "engine",
      .help = "LoRA adapter in GGUF, FILE or FILE:SCALE; a study measures each model with it and without" },

    { .key = "file", .short_name = "f", .alias = "text", .type = OPT_STR, AT(file), .group = "text",
      .help = "text file to measure perplexity on (wiki.test.raw)" },
    { .key = "n_chunks", .alias = "chunks", .type = OPT_INT, AT(n_chunks), .unit = "chunks", .def = "-1", .min = -1,
      .max = 1e9, .group = "perplexity", .moves_results = true, .help = "chunks of the text to measure; -1 = all" },
    { .key = "kl_divergence", .type = OPT_STR, AT(kl_divergence), .group = "divergence",
      .help = "base model: KL divergence of MODEL from it, both decoded in lockstep" },
    { .key = "kl_divergence_base", .type = OPT_STR, AT(kl_divergence_base), .group = "divergence",
      .help = "the base as a logits file written by llama-perplexity or --save_all_logits" },
    { .key = "save_all_logits", .type = OPT_STR, AT(save_all_logits), .group = "divergence",
      .help = "write MODEL's logits to a file in llama-perplexity's format" },

    { .key = "n_prompt", .short_name = "p", .type = OPT_INT, AT(n_prompt), .unit = "tokens", .def = "512", .min = 0,
      .max = 1 << 20, .group = "speed", .moves_results = true, .help = "prompt length of the prompt test; 0 = no such test" },
    { .key = "n_gen", .short_name = "n", .type = OPT_INT, AT(n_gen), .unit = "tokens", .def = "128", .min = 0,
      .max = 1 << 20, .group = "speed", .moves_results = true,
      .help = "tokens of the generation test; 0 = no such test" },
    { .key = "n_depth", .short_name = "d", .type = OPT_INT, AT(n_depth), .unit = "tokens", .def = "0", .min = 0,
      .max = 1 << 20, .group = "speed", .moves_results = true, .help = "tokens already in the context" },
    { .key = "repetitions", .short_name = "r", .type = OPT_INT, AT(repetitions), .unit = "repetitions", .def = "10",
      .min = 1, .max = 10000, .group = "speed", .moves_results = true, .help = "counted repetitions of each test" },
    { .key = "n_warmup", .alias = "warmup", .type = OPT_INT, AT(n_warmup), .unit = "repetitions", .def = "2", .min = 0,
      .max = 100, .group = "speed", .moves_results = true, .help = "repetitions before that are not counted" },
    { .key = "workloads", .type = OPT_CHOICE, AT(workloads), .def = "none", .choices = workload_sets,
      .group = "speed", .moves_results = true, .help = "localscore: its nine prompt + generation mixes instead of -p and -n" },
    { .key = "ttft", .type = OPT_BOOL, AT(ttft), .def = "true", .group = "speed", .moves_results = true,
      .help = "measure the time to the first token too" },

    { .key = "tasks", .type = OPT_LIST, AT(tasks), .group = "task files",
      .help = "tasks, groups, tags, patterns or task files, e.g. mmlu,hellaswag (perbit tasks lists them)" },
    { .key = "data", .type = OPT_STR, AT(data), .group = "task files",
      .help = "folder of data sets: NAME/SPLIT.jsonl, .csv or .parquet; $PERBIT_DATA when left out" },
    { .key = "include_path", .type = OPT_STR, AT(include_path), .group = "task files",
      .help = "folder with more task files in lm-evaluation-harness's form" },
    { .key = "num_fewshot", .type = OPT_INT, AT(num_fewshot), .unit = "examples", .def = "-1", .min = -1, .max = 1000,
      .group = "tasks", .moves_results = true, .help = "examples before each question; -1 = as the task says" },
    { .key = "limit", .short_name = "L", .type = OPT_NUM, AT(limit), .unit = "documents", .def = "0", .min = 0, .max = 1e9,
      .group = "tasks", .moves_results = true,
      .help = "first documents of each task; below 1 a share of them; 0 = all" },
    { .key = "sample", .type = OPT_INT, AT(n_sample), .unit = "documents", .def = "0", .min = 0,
      .max = 1e9, .group = "tasks", .moves_results = true,
      .help = "documents of each task by a seeded permutation, the same for every level; 0 = all" },
    { .key = "sample_seed", .type = OPT_INT, AT(sample_seed), .def = "1234", .min = 0, .max = 4294967295.0,
      .group = "tasks", .moves_results = true, .help = "seed of --sample" },
    { .key = "seed", .type = OPT_STR, AT(seed), .def = "0,1234,1234,1234", .group = "tasks", .moves_results = true,
      .help = "one number, or python,numpy,torch,fewshot as lm-eval has them; the last draws the examples" },
    { .key = "fewshot", .type = OPT_CHOICE, AT(fewshot), .def = "sequential", .choices = fewshot_rules, .group = "tasks",
      .moves_results = true,
      .help = "sequential: other examples for each document, as lm-eval; fixed: the first document's for all, faster" },
    { .key = "system_instruction", .type = OPT_STR, AT(system_instruction), .group = "tasks", .moves_results = true,
      .help = "text before everything" },
    { .key = "apply_chat_template", .type = OPT_BOOL, AT(apply_chat_template), .def = "false", .group = "tasks",
      .moves_results = true, .help = "ask through the model's own chat template" },
    { .key = "fewshot_as_multiturn", .type = OPT_BOOL, AT(fewshot_as_multiturn), .def = "true", .group = "tasks",
      .moves_results = true, .help = "with a chat template: examples as turns of the conversation" },
    { .key = "add_bos", .alias = "add_bos_token", .type = OPT_CHOICE, AT(add_bos), .def = "auto", .choices = bos_rules,
      .group = "tasks", .moves_results = true, .help = "beginning-of-sequence token; auto = as the model's file says" },
    { .key = "max_length", .type = OPT_INT, AT(max_length), .unit = "tokens", .def = "0", .min = 0, .max = 1 << 20,
      .group = "tasks", .moves_results = true,
      .help = "longest request; what is longer loses its beginning; 0 = the model's training context" },
    { .key = "request_ctx", .type = OPT_INT, AT(request_ctx), .unit = "tokens", .def = "4096", .min = 64, .max = 1 << 20,
      .group = "tasks", .moves_results = true,
      .help = "cache for requests in work; a task with a longer request fails and says so" },
    { .key = "share_prefixes", .type = OPT_BOOL, AT(share_prefixes), .def = "true", .group = "tasks",
      .moves_results = true, .help = "compute what requests have in common once; no: each request whole" },
    { .key = "slots", .type = OPT_INT, AT(slots), .unit = "answers", .def = "4", .min = 1, .max = 256, .group = "generation",
      .moves_results = true, .help = "answers written at a time; 1 repeats to the last token" },
    { .key = "max_gen_toks", .type = OPT_INT, AT(max_gen_toks), .unit = "tokens", .def = "0", .min = 0, .max = 1 << 20,
      .group = "generation", .moves_results = true, .help = "longest answer; 0 = as the task says" },
    { .key = "temperature", .alias = "temp", .type = OPT_NUM, AT(temperature), .def = "-1", .min = -1, .max = 1000,
      .group = "generation", .moves_results = true, .help = "above 0 draws tokens, 0 takes the likeliest; -1 = as the task says" },
    { .key = "top_k", .type = OPT_INT, AT(top_k), .unit = "tokens", .def = "-1", .min = -1, .max = 1 << 24,
      .group = "generation", .moves_results = true, .help = "draw among so many of the likeliest; 0 = all, -1 = as the task says" },
    { .key = "top_p", .type = OPT_NUM, AT(top_p), .def = "-1", .min = -1, .max = 1, .group = "generation",
      .moves_results = true, .help = "draw among the likeliest that make up this probability; 1 = all, -1 = as the task says" },
    { .key = "gen_seed", .type = OPT_INT, AT(gen_seed), .def = "-1", .min = -1, .max = 4294967295.0, .group = "generation",
      .moves_results = true, .help = "seed of what is drawn; -1 = the third of --seed, which lm-eval gives to Torch" },
    { .key = "gen_kwargs", .type = OPT_STR, AT(gen_kwargs), .group = "generation", .moves_results = true,
      .help = "k=v,k=v or a JSON object over a task's generation_kwargs: until, max_gen_toks, do_sample, temperature, top_k, top_p" },
    { .key = "think", .type = OPT_STR, AT(think), .def = "auto", .group = "thinking", .moves_results = true,
      .help = "reasoning of thinking models: on, off, a number of tokens at most, or auto, as the chat template has it" },
    { .key = "output_path", .type = OPT_STR, AT(output_path), .group = "evaluation",
      .help = "folder or .json file for results in lm-evaluation-harness's form" },
    { .key = "log_samples", .short_name = "s", .type = OPT_BOOL, AT(log_samples), .def = "false", .group = "evaluation",
      .help = "write each document's requests and answers too (needs --output_path)" },

    { .key = "memory_ctx", .type = OPT_INT, AT(memory_ctx), .unit = "tokens", .def = "4096", .min = 256,
      .max = 1 << 20, .group = "memory", .moves_results = true, .help = "context length at which memory is measured" },
    { .key = "ram_limit", .type = OPT_BYTES, AT(ram_limit), .def = "0", .min = 0, .max = 1e15, .group = "memory",
      .moves_results = true, .help = "run under this memory limit (a cgroup, where allowed), e.g. 8GiB" },

    { .key = "outtype", .type = OPT_CHOICE, AT(outtype), .def = "auto", .choices = convert_outtypes, .group = "convert",
      .help = "type of the matrices; auto = the source's own" },
    { .key = "levels", .type = OPT_LIST, AT(levels), .group = "levels",
      .help = "levels to make, e.g. Q8_0,Q4_K_M: convert none beside the result when left out, preview the study's or the guide's eight" },
    { .key = "measures", .type = OPT_LIST, AT(measures), .def = "speed,memory", .group = "preview",
      .help = "what to measure: speed, memory" },
    { .key = "keep", .type = OPT_BOOL, AT(keep), .def = "false", .group = "preview",
      .help = "keep the files that were made, in --out_dir; all levels of a model then take turns" },

    { .key = "imatrix", .type = OPT_STR, AT(imatrix), .group = "quantize",
      .help = "importance matrix file (GGUF or .dat) of llama-imatrix" },
    { .key = "allow_requantize", .type = OPT_BOOL, AT(allow_requantize), .def = "false", .group = "quantize",
      .help = "accept a source that is quantized already" },
    { .key = "pure", .type = OPT_BOOL, AT(pure), .def = "false", .group = "quantize", .moves_results = true,
      .help = "all tensors at the level's own type, no mixture" },
    { .key = "overwrite", .type = OPT_BOOL, AT(overwrite), .def = "false", .group = "quantize",
      .help = "replace files that exist" },

    { .key = "store", .type = OPT_STR, AT(store), .group = "store",
      .help = "the store file; perbit.db unless the study names one" },
    { .key = "tier", .type = OPT_STR, AT(tier), .group = "tiers",
      .help = "only this tier of the study, by number or name; all of them, one after the other, when left out" },
    { .key = "out_dir", .type = OPT_STR, AT(out_dir), .group = "run",
      .help = "folder for quantized files; models beside the study file" },
    { .key = "keep_files", .type = OPT_BOOL, AT(keep_files), .def = "true", .group = "run",
      .help = "keep quantized files; no: make, measure and delete one level at a time" },
    { .key = "retry_failed", .type = OPT_BOOL, AT(retry_failed), .def = "true", .group = "run",
      .help = "try failed cells again" },
    { .key = "disk_budget", .type = OPT_BYTES, AT(disk_budget), .def = "0", .min = 0, .max = 1e15, .group = "run",
      .help = "most that quantized files may take on disk; 0 = what is free" },
    { .key = "memory_budget", .type = OPT_BYTES, AT(memory_budget), .def = "0", .min = 0, .max = 1e15, .group = "run",
      .help = "most that models loaded together may take; 0 = 60 % of what is available" },

    { .key = "where", .type = OPT_STR, AT(where), .group = "verdicts",
      .help = "only what was measured with KEY=VALUE,..., e.g. n_gpu_layers=0; else the settings that most cells have" },
    { .key = "composite", .type = OPT_LIST, AT(composite), .group = "verdicts",
      .help = "tasks of the composite; left out: those that most variants have" },
    { .key = "margin", .type = OPT_NUM, AT(margin), .unit = "points", .def = "1", .min = 0, .max = 100, .group = "verdicts",
      .help = "difference that does not matter: same is within it, worse and better are beyond it" },
    { .key = "resamples", .type = OPT_INT, AT(resamples), .unit = "resamples", .def = "2000", .min = 100, .max = 1000000,
      .group = "verdicts", .help = "of the bootstrap behind intervals" },
    { .key = "items", .type = OPT_BOOL, AT(items), .def = "false", .group = "compare",
      .help = "list the questions whose verdict flipped; their texts need --data" },
    { .key = "ram", .type = OPT_BYTES, AT(ram), .def = "8GiB", .min = 1e6, .max = 1e15, .group = "recommend",
      .help = "memory of the computer" },
    { .key = "reserve", .type = OPT_STR, AT(reserve), .def = "auto", .group = "recommend",
      .help = "of it for the system and other programs, e.g. 2GiB; auto: a quarter, at least 1 GiB" },
    { .key = "min_tps", .type = OPT_NUM, AT(min_tps), .unit = "tokens/s", .def = "0", .min = 0, .max = 1e6, .group = "recommend",
      .help = "generate at least so many tokens a second" },
    { .key = "task_weights", .type = OPT_LIST, AT(task_weights), .group = "recommend",
      .help = "quality as a weighted mean of tasks, e.g. mmlu=2,gsm8k=1; left out: the composite" },
    { .key = "tolerance", .type = OPT_NUM, AT(tolerance), .unit = "%", .def = "10", .min = 0, .max = 100, .group = "recommend",
      .help = "files within so much of each other are of one size" },
    { .key = "table", .type = OPT_BOOL, AT(table), .def = "false", .group = "recommend",
      .help = "the choices for 4, 8 and 16 GiB, side by side" },
    { .key = "dataset", .type = OPT_BOOL, AT(dataset), .def = "false", .group = "pull",
      .help = "REPO is a data set, as datasets/REPO would say" },
    { .key = "space", .type = OPT_STR, AT(space), .group = "publish",
      .help = "ORG/NAME of a static Space for the page" },
    { .key = "dry_run", .type = OPT_BOOL, AT(dry_run), .def = "false", .group = "publish",
      .help = "say what would be sent, and send nothing" },
    { .key = "private", .type = OPT_BOOL, AT(is_private), .def = "false", .group = "publish",
      .help = "repositories that are made now are private" },
    { .key = "pull", .type = OPT_BOOL, AT(pull), .def = "true", .group = "hub",
      .help = "load models (hub:REPO:FILE) and data sets of tasks from the hub when they are not here" },
    { .key = "host", .type = OPT_STR, AT(host), .def = "127.0.0.1", .group = "serve",
      .help = "address to answer on; 0.0.0.0 lets every computer that reaches this one read the store" },
    { .key = "port", .type = OPT_INT, AT(port), .def = "8000", .min = 0, .max = 65535, .group = "serve", .help = "0: any that is free" },

    { .key = "output", .short_name = "o", .type = OPT_CHOICE, AT(output), .def = "text", .choices = formats,
      .group = "output", .help = "format of the result" },
    { .key = "json", .type = OPT_BOOL, AT(json), .def = "false", .group = "output", .help = "short for --output json" },
    { .key = "verbose", .short_name = "v", .type = OPT_BOOL, AT(verbose), .def = "false", .group = "output",
      .help = "say more, the engine's own messages too" },
    { .key = "quiet", .short_name = "q", .type = OPT_BOOL, AT(quiet), .def = "false", .group = "output",
      .help = "no progress, only results and errors" },

    { .key = "license", .type = OPT_STR, AT(license), .def = "cc-by-4.0", .group = "export",
      .help = "license that the data set's card names, an identifier of the Hub's list" },
    { .key = "licences", .alias = "licenses", .type = OPT_BOOL, AT(licences), .def = "false", .group = "doctor",
      .help = "the licences of all that is inside this program and is not its own" },

    { .key = "man", .type = OPT_BOOL, AT(man), .def = "false", .group = "help",
      .help = "the whole help as a manual page (man -l reads it)" },
};

const struct opt_table settings_table = { rows, sizeof rows / sizeof rows[0] };

const char *settings_json(struct arena *a, const struct settings *s, const char *const *groups, bool only_moving)
{
    struct buf text = BUF_INIT;
    struct jw w;
    jw_init(&w, &text);
    jw_object(&w);
    opt_json(&settings_table, groups, only_moving, s, &w);
    jw_end(&w);
    const char *copy = arena_strdup(a, text.data);
    buf_release(&text);
    return copy;
}

const char *settings_without(struct arena *a, const char *json, const char *const *groups)
{
    struct buf text = BUF_INIT;
    struct json *j;
    struct jw w;
    size_t i, n;
    yyjson_val *key, *value;
    if (json_parse(&j, json, strlen(json), "settings", NULL) < 0)
        return json;
    jw_init(&w, &text);
    jw_object(&w);
    yyjson_obj_foreach(json_root(j), i, n, key, value) {
        const struct opt_row *row = opt_find(&settings_table, yyjson_get_str(key));
        if (row && opt_in_groups(row, groups))
            continue;
        jw_key(&w, yyjson_get_str(key));
        jw_val(&w, value);
    }
    jw_end(&w);
    const char *copy = arena_strdup(a, text.data);
    buf_release(&text);
    json_close(j);
    return copy;
}

const char *settings_store(const struct settings *s)
{
    return s->store ? s->store : "perbit.db";
}

void settings_backend_params(const struct settings *s, struct backend_params *out)
{
    *out = (struct backend_params){
        .n_ctx = (int)s->n_ctx,
        .n_batch = (int)s->n_batch,
        .n_ubatch = (int)s->n_ubatch,
        .n_seq_max = 1,
        .n_threads = (int)s->n_threads,
        .n_gpu_layers = (int)s->n_gpu_layers,
        .flash_attn = s->flash_attn,
        .type_k = s->type_k,
        .type_v = s->type_v,
        .load_mode = s->load_mode,
        .repack = s->repack,
    };
}
