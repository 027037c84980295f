/*
 * The job of kind task: the pending tasks of one model, one after the other; a slot is a position in job->tasks.
 *
 * Documents are asked in chunks. Where a chunk ends depends on the documents from its first one on, and on nothing
 * else: a run that goes on after a stop cuts the same chunks, and gets the same bits.
 *
 * The scorer and the generator want the model with other sizes of cache and batch: it is loaded again where a task of the
 * other kind follows. Generation tasks are ask_generate.c's.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "engine/scorer.h"
#include "machine/memory.h"
#include "study/answer_room.h"
#include "study/ask_generate.h"
#include "study/evaluation.h"
#include "study/job.h"
#include "study/task_scores.h"

enum { CHUNK_ITEMS = 128, CHUNK_BYTES = 64 << 10, THINK_END_TOKENS = 16 };

struct asking {
    const struct job *job;
    const struct sink *sink;
    struct modelfile file;
    struct arena file_arena;
    struct backend *backend;
    struct scorer *scorer;       /* or, with the same backend, */
    struct generator *generator;
    struct generator_params loaded; /* of the generator */
    struct evaluation *evaluation;
    struct evaluation_chat chat; /* texts: free() */
    /* the task in work */
    int slot;
    const struct task *task;
    struct grader *grader;
    struct items *items;
    int64_t n_done, n_all;
    /* the chunk in work */
    struct arena arena;
    struct item item[CHUNK_ITEMS];
    int n_items;
    struct request *request; /* [n_requests] of all items, in their order */
    struct answer *answer;
    int n_requests, cap_requests;
    int64_t tokens_asked, tokens_decoded; /* of the scorer, before this chunk */
};

/* --- a chunk of items -------------------------------------------------------------------------- */

static void add_requests(struct asking *k, const struct item *item)
{
    if (k->n_requests + item->n_requests > k->cap_requests) {
        k->cap_requests = 2 * (k->n_requests + item->n_requests);
        k->request = xrealloc(k->request, (size_t)k->cap_requests * sizeof *k->request);
        k->answer = xrealloc(k->answer, (size_t)k->cap_requests * sizeof *k->answer);
    }
    memcpy(k->request + k->n_requests, item->requests, (size_t)item->n_requests * sizeof *k->request);
    k->n_requests += item->n_requests;
}

static size_t common_bytes(struct text a, struct text b)
{
    size_t n = a.n_bytes < b.n_bytes ? a.n_bytes : b.n_bytes, i = 0;
    while (i < n && a.s[i] == b.s[i])
        i++;
    return i;
}

/* What an item adds to a chunk, about: text that the item before it does not begin with. */
static size_t new_bytes(const struct item *before, const struct item *item)
{
    size_t sum = 0;
    for (int i = 0; i < item->n_requests; i++) {
        const struct request *r = &item->requests[i];
        const struct text *last = i > 0 ? &item->requests[i - 1].context : before ? &before->requests[0].context : NULL;
        if (!last || last->s != r->context.s)
            sum += r->context.n_bytes - (last ? common_bytes(*last, r->context) : 0);
        sum += r->continuation.n_bytes;
    }
    return sum;
}

/* 1: a chunk; 0: no more items; -1. */
static int read_chunk(struct asking *k, struct err *err)
{
    size_t n_bytes = 0;
    arena_release(&k->arena);
    k->n_items = k->n_requests = 0;
    while (k->n_items < CHUNK_ITEMS && n_bytes < CHUNK_BYTES) {
        struct item *item = &k->item[k->n_items];
        int rc = items_next(item, k->items, &k->arena, err);
        if (rc < 0)
            return -1;
        if (rc == 0)
            break;
        n_bytes += new_bytes(k->n_items ? item - 1 : NULL, item);
        add_requests(k, item);
        k->n_items++;
    }
    return k->n_items > 0;
}

static int check_answers(const struct asking *k, const struct item *item, int first, struct err *err)
{
    for (int i = 0; i < item->n_requests; i++) {
        const char *why = scorer_problem(k->scorer, first + i);
        if (why)
            return err_set(err, ERR_RANGE, "%s: document %lld: request %d: %s", k->task->name, (long long)item->doc_id, i,
                           why);
    }
    return 0;
}

static int put_answers(const struct asking *k, const struct item *item, const struct answer *answer, struct err *err)
{
    double *logprob = xcalloc((size_t)item->n_requests + 1, sizeof *logprob);
    double *greedy = xcalloc((size_t)item->n_requests + 1, sizeof *greedy);
    int n_cut = 0;
    for (int i = 0; i < item->n_requests; i++) {
        logprob[i] = answer[i].logprob;
        greedy[i] = answer[i].is_greedy;
        n_cut += answer[i].n_cut;
    }
    int rc = sink_series(k->sink, k->slot, METRIC_LOGPROB, item->doc_id, logprob, item->n_requests, err);
    if (rc == 0)
        rc = sink_series(k->sink, k->slot, METRIC_GREEDY, item->doc_id, greedy, item->n_requests, err);
    if (rc == 0 && n_cut > 0)
        rc = sink_measure(k->sink, k->slot, METRIC_N_CUT, item->doc_id, n_cut, err);
    free(logprob);
    free(greedy);
    return rc;
}

static int put_item(const struct asking *k, const struct item *item, const struct answer *answer, struct err *err)
{
    if (put_answers(k, item, answer, err) < 0)
        return -1;
    const struct given given = { .answers = answer };
    return task_scores_put(k->sink, k->slot, k->grader, item, &given, err);
}

static int put_tokens(struct asking *k, struct err *err)
{
    struct scorer_stats s;
    const int64_t first = k->item[0].doc_id, asked = k->tokens_asked, decoded = k->tokens_decoded;
    scorer_stats(k->scorer, &s);
    k->tokens_asked = s.tokens_asked;
    k->tokens_decoded = s.tokens_decoded;
    if (sink_measure(k->sink, k->slot, METRIC_TOKENS_ASKED, first, (double)(s.tokens_asked - asked), err) < 0)
        return -1;
    return sink_measure(k->sink, k->slot, METRIC_TOKENS_DECODED, first, (double)(s.tokens_decoded - decoded), err);
}

static int ask_chunk(struct asking *k, struct err *err)
{
    const double before_s = k->backend->decode_s;
    int first = 0;
    if (scorer_run(k->scorer, k->request, k->n_requests, k->answer, err) < 0)
        return -1;
    for (int i = 0; i < k->n_items; i++) {
        if (check_answers(k, &k->item[i], first, err) < 0 || put_item(k, &k->item[i], k->answer + first, err) < 0)
            return -1;
        first += k->item[i].n_requests;
    }
    if (put_tokens(k, err) < 0 || sink_measure(k->sink, k->slot, METRIC_DECODE_S, k->item[0].doc_id,
                                               k->backend->decode_s - before_s, err) < 0)
        return -1;
    k->n_done += k->n_items;
    if (sink_commit(k->sink, k->slot, k->item[k->n_items - 1].doc_id, err) < 0)
        return -1;
    return sink_progress_of(k->sink, k->slot, k->n_done, k->n_all, "document", err);
}

/* Highest memory of this process so far: of this task or of one before it. */
static int put_peak(const struct asking *k, struct err *err)
{
    struct memory_use m;
    if (memory_use_load(&m, NULL, 0, NULL) < 0)
        return 0;
    return sink_measure(k->sink, k->slot, METRIC_PEAK_RSS, 0, (double)m.rss_peak_bytes, err);
}

/* --- the model --------------------------------------------------------------------------------- */

static enum encode_bos bos_rule(const char *name)
{
    return strcmp(name, "on") == 0 ? ENCODE_BOS_ON : strcmp(name, "off") == 0 ? ENCODE_BOS_OFF : ENCODE_BOS_AUTO;
}

static void close_model(struct asking *k)
{
    scorer_close(k->scorer);
    generator_close(k->generator);
    backend_close(k->backend);
    k->scorer = NULL;
    k->generator = NULL;
    k->backend = NULL;
}

static int open_scorer(struct asking *k, struct err *err)
{
    const struct settings *s = &k->job->settings;
    struct backend_params p;
    const struct scorer_params sp = { .share = s->share_prefixes, .max_length = (int)s->max_length,
                                      .n_ctx = (int)s->request_ctx,
                                      .bos = bos_rule(s->add_bos) };
    job_backend_params(k->job, 0, &p);
    scorer_backend_params(&p, &sp, (int)k->file.n_vocab);
    k->tokens_asked = k->tokens_decoded = 0;
    if (backend_open(&k->backend, k->job->models[0].path, &p, err) < 0)
        return -1;
    return scorer_open(&k->scorer, k->backend, &sp, err);
}

static struct generator_params generator_params_of(const struct asking *k, const struct gen_options *o)
{
    const struct settings *s = &k->job->settings;
    return (struct generator_params){
        .share = s->share_prefixes, .max_length = (int)s->max_length, .n_slots = (int)s->slots, .bos = bos_rule(s->add_bos),
        .pick = { .temperature = o->temperature, .top_k = (int)o->top_k, .top_p = o->top_p },
    };
}

static const struct evaluation_chat *chat_of(const struct asking *k)
{
    return k->job->settings.apply_chat_template ? &k->chat : NULL;
}

static int open_generator(struct asking *k, const struct generator_params *gp, struct err *err)
{
    struct backend_params p;
    job_backend_params(k->job, 0, &p);
    generator_backend_params(&p, gp);
    if (backend_open(&k->backend, k->job->models[0].path, &p, err) < 0 ||
        generator_open(&k->generator, k->backend, gp, err) < 0)
        return -1;
    k->loaded = *gp;
    return 0;
}

static bool is_loaded_for(const struct asking *k, const struct generator_params *gp)
{
    const struct generator_params *l = &k->loaded;
    return k->generator && l->pick.temperature == gp->pick.temperature && l->pick.top_k == gp->pick.top_k &&
           l->pick.top_p == gp->pick.top_p && l->n_ctx == gp->n_ctx && l->kv_unified == gp->kv_unified;
}

/* Tokens that reasoning may take beside the answer (study/ask_generate.h), and its closing words. */
static int extra_tokens(int64_t *out, const struct settings *s, const struct gen_options *o, struct err *err)
{
    enum think_mode think;
    int64_t budget = 0;
    if (gen_options_think(&think, &budget, s, err) < 0)
        return -1;
    *out = think == THINK_ON ? o->max_tokens + THINK_END_TOKENS : think == THINK_BUDGET ? budget + THINK_END_TOKENS : 0;
    return 0;
}

static int find_room(struct asking *k, struct generator_params *gp, const struct gen_options *o, int i_task, struct err *err)
{
    struct answer_room room;
    struct answer_room_task t = {
        .model_path = k->job->models[0].path, .settings = &k->job->settings, .evaluation = k->evaluation, .i_task = i_task,
        .chat = chat_of(k), .options = o,
    };
    if (extra_tokens(&t.extra_tokens, t.settings, o, err) < 0 || answer_room_find(&room, gp, &t, err) < 0)
        return -1;
    gp->n_ctx = room.n_ctx;
    gp->kv_unified = room.kv_unified;
    return 0;
}

static int load_generator(struct asking *k, int i_task, struct err *err)
{
    struct gen_options o;
    struct arena a;
    arena_init(&a);
    int rc = evaluation_gen_options(&o, k->evaluation, i_task, &a, err);
    struct generator_params gp = { 0 };
    if (rc == 0) {
        gp = generator_params_of(k, &o);
        rc = find_room(k, &gp, &o, i_task, err);
    }
    if (rc == 0 && !is_loaded_for(k, &gp)) {
        close_model(k);
        rc = open_generator(k, &gp, err);
    }
    arena_release(&a);
    return rc;
}

/* The model as a task of this kind needs it. */
static int load_for(struct asking *k, int i_task, struct err *err)
{
    if (evaluation_task(k->evaluation, i_task)->kind == ITEM_GENERATE)
        return load_generator(k, i_task, err);
    if (k->scorer)
        return 0;
    close_model(k);
    return open_scorer(k, err);
}

/* --- tasks ------------------------------------------------------------------------------------- */

static int ask_chunks(struct asking *k, struct err *err)
{
    int rc;
    k->n_done = 0;
    k->n_all = items_n(k->items);
    while ((rc = read_chunk(k, err)) == 1)
        if (ask_chunk(k, err) < 0)
            return -1;
    return rc < 0 ? -1 : put_peak(k, err);
}

static int ask_texts(struct asking *k, int i_task, struct err *err)
{
    struct gen_options o;
    struct arena a;
    struct ask_generate g = {
        .sink = k->sink, .slot = k->slot, .task = k->task, .options = &o, .seed = evaluation_seed(k->evaluation),
        .items = k->items, .grader = k->grader, .backend = k->backend, .generator = k->generator,
    };
    arena_init(&a);
    int rc = evaluation_gen_options(&o, k->evaluation, i_task, &a, err);
    if (rc == 0)
        rc = gen_options_think(&g.think, &g.think_tokens, &k->job->settings, err);
    if (rc == 0)
        rc = ask_generate(&g, err);
    arena_release(&a);
    return rc;
}

static int ask_documents(struct asking *k, int64_t first_doc, struct err *err)
{
    const int i_task = (int)k->job->tasks[k->slot].i_task;
    if (i_task < 0 || i_task >= evaluation_n(k->evaluation))
        return err_set(err, ERR_USAGE, "job: no task %d", i_task);
    k->task = evaluation_task(k->evaluation, i_task);
    if (load_for(k, i_task, err) < 0 || grader_open(&k->grader, k->task, err) < 0 ||
        evaluation_items(&k->items, k->evaluation, i_task, first_doc,
                         chat_of(k), err) < 0)
        return -1;
    return k->task->kind == ITEM_GENERATE ? ask_texts(k, i_task, err) : ask_chunks(k, err);
}

/* Errors of one task's files or rows end that task; those of the engine or of the parent end the job. */
static bool ends_job(const struct err *err)
{
    return err->code == ERR_MODEL || err->code == ERR_MEMORY || err->code == ERR_CANCELLED;
}

static int ask_task(struct asking *k, int64_t first_doc, struct err *err)
{
    struct err why = { 0 };
    int rc = ask_documents(k, first_doc, &why);
    items_close(k->items);
    grader_close(k->grader);
    k->items = NULL;
    k->grader = NULL;
    if (rc < 0 && ends_job(&why))
        return err_set(err, why.code, "%s", why.msg);
    return rc < 0 ? sink_cell_error(k->sink, k->slot, &why, err) : sink_cell_done(k->sink, k->slot, err);
}

static const char *token_text(struct asking *k, int32_t token)
{
    char piece[256];
    int n = token < 0 ? 0 : backend_piece(k->backend, token, piece, (int)sizeof piece);
    return n > 0 ? xstrndup(piece, (size_t)n) : NULL;
}

/* The texts are kept: the model may be loaded again. */
static int open_chat(struct asking *k, struct err *err)
{
    if (!k->job->settings.apply_chat_template)
        return 0;
    if (!k->backend->info.chat_template)
        return err_set(err, ERR_UNSUPPORTED, "%s: the model file has no chat template", k->job->models[0].path);
    k->chat = (struct evaluation_chat){ .template = xstrdup(k->backend->info.chat_template),
                                        .bos = token_text(k, k->backend->info.bos),
                                        .eos = token_text(k, k->backend->info.eos) };
    return 0;
}

/* How a chat model was asked: without it, nobody can make the requests again. */
static int put_chat(const struct asking *k, int slot, struct err *err)
{
    if (!k->chat.template)
        return 0;
    if (sink_fact(k->sink, slot, "chat_template", k->chat.template, err) < 0 ||
        (k->chat.bos && sink_fact(k->sink, slot, "bos_token", k->chat.bos, err) < 0))
        return -1;
    return k->chat.eos ? sink_fact(k->sink, slot, "eos_token", k->chat.eos, err) : 0;
}

static int put_facts(const struct asking *k, struct err *err)
{
    for (int i = 0; i < k->job->n_tasks; i++)
        if (sink_fact(k->sink, i, "system", k->backend->info.system, err) < 0 ||
            sink_fact(k->sink, i, "devices", k->backend->info.devices, err) < 0 || put_chat(k, i, err) < 0)
            return -1;
    return 0;
}

/* The model's description alone: chat template and facts are wanted before the cache of generation tasks can be cut, and rows
   that cannot be read then end their task, not the job. */
static int open_description(struct asking *k, struct err *err)
{
    struct backend_params p;
    job_backend_params(k->job, 0, &p);
    p.no_alloc = true;
    return backend_open(&k->backend, k->job->models[0].path, &p, err);
}

static int open_first(struct asking *k, struct err *err)
{
    const int i_task = k->job->n_tasks > 0 ? (int)k->job->tasks[0].i_task : 0;
    if (i_task < 0 || i_task >= evaluation_n(k->evaluation))
        return err_set(err, ERR_USAGE, "job: no task %d", i_task);
    if (modelfile_inspect(&k->file, &k->file_arena, k->job->models[0].path, err) < 0)
        return -1;
    return evaluation_task(k->evaluation, i_task)->kind == ITEM_GENERATE ? open_description(k, err) : load_for(k, i_task, err);
}

int job_eval(const struct job *job, const struct job_io *io, struct err *err)
{
    struct asking *k = xcalloc(1, sizeof *k);
    int ret = -1;
    k->job = job;
    k->sink = &io->sink;
    arena_init(&k->arena);
    arena_init(&k->file_arena);
    if (evaluation_open(&k->evaluation, &job->settings, err) < 0 || open_first(k, err) < 0 || open_chat(k, err) < 0 ||
        put_facts(k, err) < 0)
        goto done;
    for (k->slot = 0; k->slot < job->n_tasks; k->slot++)
        if (ask_task(k, job->tasks[k->slot].first, err) < 0)
            goto done;
    ret = 0;
done:
    close_model(k);
    evaluation_close(k->evaluation);
    arena_release(&k->arena);
    arena_release(&k->file_arena);
    free((char *)k->chat.template);
    free((char *)k->chat.bos);
    free((char *)k->chat.eos);
    free(k->request);
    free(k->answer);
    free(k);
    return ret;
}
