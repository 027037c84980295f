#include "engine/slot.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "base/xalloc.h"

#include "base/banned.h"

enum { EOS_BYTES = 128 };

void slot_start(struct slot *s, struct backend *b, int i_item, const struct generation *in, const int32_t *prompt,
                int n_prompt, int n_past, struct picker_params pick)
{
    *s = (struct slot){
        .i_item = i_item, .prompt = prompt, .n_prompt = n_prompt, .max_tokens = in->max_tokens, .n_past = n_past,
        .i_row = -1, .written = BUF_INIT, .made = xcalloc((size_t)in->max_tokens, sizeof *s->made), .start_s = clock_s(),
    };
    s->eos = xcalloc(EOS_BYTES, 1);
    const int n = b->info.eos >= 0 ? backend_piece(b, b->info.eos, s->eos, EOS_BYTES) : 0;
    stops_init(&s->stops, in->until, in->n_until, (struct text){ .s = s->eos, .n_bytes = n > 0 ? (size_t)n : 0 });
    picker_init(&s->picker, pick, in->seed);
}

bool slot_is_prompt(const struct slot *s)
{
    return s->n_past < s->n_prompt;
}

int slot_wish(const struct slot *s, int n_piece)
{
    const int to_edge = n_piece - s->n_past % n_piece, n_left = s->n_prompt - s->n_past;
    if (!slot_is_prompt(s))
        return 1;
    return to_edge < n_left ? to_edge : n_left;
}

void slot_feed(struct slot *s, struct batch *batch, int seq, int n)
{
    const int n_known = s->n_prompt + s->n_made;
    s->i_row = -1;
    for (int i = 0; i < n; i++, s->n_past++) {
        const bool is_last = s->n_past == n_known - 1;
        const int32_t token = slot_is_prompt(s) ? s->prompt[s->n_past] : s->made[s->n_past - s->n_prompt];
        s->i_row = is_last ? batch->n : -1;
        batch_add(batch, token, s->n_past, seq, is_last);
    }
}

/* Pieces longer than this are special tokens of odd vocabularies; they take the second call. */
enum { PIECE_BYTES = 256 };

static size_t write_piece(struct buf *out, struct backend *b, int32_t token)
{
    buf_reserve(out, PIECE_BYTES);
    int n = backend_piece(b, token, out->data + out->len, PIECE_BYTES);
    if (n < 0) {
        const int need = -n;
        buf_reserve(out, (size_t)need);
        n = backend_piece(b, token, out->data + out->len, need);
    }
    out->len += n > 0 ? (size_t)n : 0;
    out->data[out->len] = '\0';
    return n > 0 ? (size_t)n : 0;
}

enum generated_why slot_pick(struct slot *s, struct backend *b, const float *logits)
{
    const int32_t token = picker_next(&s->picker, logits, b->info.n_vocab);
    s->made[s->n_made++] = token;
    if (backend_is_eog(b, token))
        return GENERATED_EOG;
    const size_t n_new = write_piece(&s->written, b, token);
    if (n_new > 0 && stops_found(&s->stops, s->written.data, s->written.len, n_new))
        return GENERATED_STOP;
    return s->n_made == s->max_tokens ? GENERATED_LIMIT : GENERATED_NOTHING;
}

/* s [n_bytes] with U+FFFD for what is not UTF-8. */
static void put_valid(struct buf *out, const char *s, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes;) {
        const size_t start = i;
        const int32_t c = utf8_next(s, n_bytes, &i);
        if (c != 0xfffd || i - start == 3) {
            buf_append(out, s + start, i - start);
            continue;
        }
        buf_puts(out, "\xef\xbf\xbd");
        i = start + utf8_bad_part(s + start, n_bytes - start);
    }
}

int slot_finish(struct generated *out, struct slot *s, struct backend *b, enum generated_why why, struct err *err)
{
    char *raw;
    size_t n_raw;
    struct buf text = BUF_INIT;
    const int n = s->n_made - (why == GENERATED_EOG);
    if (backend_detokenize(b, s->made, n, &raw, &n_raw, err)) {
        slot_drop(s);
        return -1;
    }
    buf_reserve(&text, n_raw);
    put_valid(&text, raw, n_raw);
    free(raw);
    out->n_bytes = stops_cut(&s->stops, text.data, text.len);
    out->text = buf_detach(&text);
    out->text[out->n_bytes] = '\0';
    out->n_tokens = s->n_made;
    out->why = why;
    out->seconds = clock_s() - s->start_s;
    slot_drop(s);
    return 0;
}

void slot_drop(struct slot *s)
{
    free(s->made);
    free(s->eos);
    buf_release(&s->written);
    stops_release(&s->stops);
    slot_forget(s);
}

void slot_forget(struct slot *s)
{
    *s = (struct slot){ .i_item = -1, .i_row = -1, .written = BUF_INIT };
}
