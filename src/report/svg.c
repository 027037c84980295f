#include "report/svg.h"

#include <quickjs.h>
#include <stdbool.h>
#include <string.h>

#include "base/clock.h"
#include "report/assets.h"
#include "report/textwidth.h"

#include "base/banned.h"

enum { STACK_BYTES = 4 << 20 };

struct engine {
    JSRuntime *rt;
    JSContext *ctx;
    double deadline_s;
    double time_s;
    size_t memory_bytes;
    bool is_late;
    struct buf *notes; /* borrowed, may be NULL */
};

static int interrupt(JSRuntime *rt, void *opaque)
{
    (void)rt;
    struct engine *e = opaque;
    e->is_late = e->is_late || clock_s() > e->deadline_s;
    return e->is_late;
}

static JSValue js_text_width(JSContext *ctx, JSValueConst self, int n_args, JSValueConst *args)
{
    (void)self;
    double px;
    if (n_args < 3 || JS_ToFloat64(ctx, &px, args[1]) < 0)
        return JS_EXCEPTION;
    const char *text = JS_ToCString(ctx, args[0]);
    if (!text)
        return JS_EXCEPTION;
    double width_px = textwidth_px(text, px, JS_ToBool(ctx, args[2]) == 1);
    JS_FreeCString(ctx, text);
    return JS_NewFloat64(ctx, width_px);
}

static JSValue js_note(JSContext *ctx, JSValueConst self, int n_args, JSValueConst *args)
{
    (void)self;
    struct engine *e = JS_GetContextOpaque(ctx);
    for (int i = 0; e->notes && i < n_args; i++) {
        const char *text = JS_ToCString(ctx, args[i]);
        if (!text)
            return JS_EXCEPTION;
        buf_puts(e->notes, text);
        buf_putc(e->notes, '\n');
        JS_FreeCString(ctx, text);
    }
    return JS_UNDEFINED;
}

/* An error message is one line: a stack trace or a quoted spec is cut at its first line. */
static int fail(struct engine *e, JSValue thrown, const char *doing, struct err *err)
{
    const char *text = JS_ToCString(e->ctx, thrown);
    int n = text ? (int)strcspn(text, "\n") : 0;
    if (e->is_late)
        err_set(err, ERR_RANGE, "chart: %s took longer than the limit of %g s", doing, e->time_s);
    else if (text && strstr(text, "out of memory"))
        err_set(err, ERR_RANGE, "chart: %s needs more memory than the limit of %zu bytes", doing,
                e->memory_bytes);
    else if (text)
        err_set(err, ERR_FORMAT, "chart: %s: %.*s", doing, n > 600 ? 600 : n, text);
    else
        err_set(err, ERR_FORMAT, "chart: %s failed without a message", doing);
    if (text)
        JS_FreeCString(e->ctx, text);
    JS_FreeValue(e->ctx, thrown);
    return -1;
}

static int run_asset(struct engine *e, const char *name, struct err *err)
{
    const struct asset *a = asset_find(name);
    if (!a)
        return err_set(err, ERR_UNSUPPORTED, "chart: this program was built without %s", name);
    JSValue v = JS_Eval(e->ctx, a->data, asset_size(a), name, JS_EVAL_TYPE_GLOBAL);
    if (JS_IsException(v))
        return fail(e, JS_GetException(e->ctx), "loading the chart engine", err);
    JS_FreeValue(e->ctx, v);
    return 0;
}

static int engine_open(struct engine *e, const struct svg_limits *limits, struct err *err)
{
    e->time_s = limits && limits->time_s > 0 ? limits->time_s : 60;
    e->memory_bytes = limits && limits->memory_bytes ? limits->memory_bytes : (size_t)1 << 30;
    e->notes = limits ? limits->notes : NULL;
    e->deadline_s = clock_s() + e->time_s;

    e->rt = JS_NewRuntime();
    if (!e->rt)
        return err_set(err, ERR_RANGE, "chart: the script engine did not start");
    JS_SetMemoryLimit(e->rt, e->memory_bytes);
    JS_SetMaxStackSize(e->rt, STACK_BYTES);
    JS_SetInterruptHandler(e->rt, interrupt, e);
    e->ctx = JS_NewContext(e->rt);
    if (!e->ctx)
        return err_set(err, ERR_RANGE,
                       "chart: starting the script engine needs more memory than the "
                       "limit of %zu bytes",
                       e->memory_bytes);
    JS_SetContextOpaque(e->ctx, e);

    JSValue global = JS_GetGlobalObject(e->ctx);
    JS_SetPropertyStr(e->ctx, global, "perbitTextWidth",
                      JS_NewCFunction(e->ctx, js_text_width, "perbitTextWidth", 3));
    JS_SetPropertyStr(e->ctx, global, "perbitNote",
                      JS_NewCFunction(e->ctx, js_note, "perbitNote", 1));
    JS_FreeValue(e->ctx, global);

    static const char *const scripts[] = {"svg.js", "vega.min.js", "vega-lite.min.js"};
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++)
        if (run_asset(e, scripts[i], err) < 0)
            return -1;
    return 0;
}

static void engine_close(struct engine *e)
{
    if (e->ctx)
        JS_FreeContext(e->ctx);
    if (e->rt)
        JS_FreeRuntime(e->rt);
}

/* Runs what waits until the promise is settled; its value is appended to out. */
static int await(struct buf *out, struct engine *e, JSValue promise, struct err *err)
{
    static const char doing[] = "drawing";
    int ret = -1;
    JSPromiseStateEnum state;
    while ((state = JS_PromiseState(e->ctx, promise)) == JS_PROMISE_PENDING) {
        JSContext *where = NULL;
        int n = JS_ExecutePendingJob(e->rt, &where);
        if (n < 0) {
            fail(e, JS_GetException(where ? where : e->ctx), doing, err);
            goto done;
        }
        if (n == 0)
            break;
    }
    if (state == JS_PROMISE_PENDING && !e->is_late) {
        err_set(err, ERR_FORMAT, "chart: %s never ended", doing);
        goto done;
    }
    JSValue result = JS_PromiseResult(e->ctx, promise);
    if (state != JS_PROMISE_FULFILLED) {
        fail(e, result, doing, err);
        goto done;
    }
    size_t n_bytes;
    const char *text = JS_ToCStringLen(e->ctx, &n_bytes, result);
    if (text) {
        buf_append(out, text, n_bytes);
        JS_FreeCString(e->ctx, text);
        ret = 0;
    } else {
        fail(e, JS_GetException(e->ctx), doing, err);
    }
    JS_FreeValue(e->ctx, result);
done:
    JS_FreeValue(e->ctx, promise);
    return ret;
}

int svg_render(struct buf *out, const char *spec, size_t spec_bytes,
               const struct svg_limits *limits, struct err *err)
{
    struct engine e = {0};
    int ret = -1;

    if (engine_open(&e, limits, err) < 0)
        goto done;
    JSValue global = JS_GetGlobalObject(e.ctx);
    JSValue render = JS_GetPropertyStr(e.ctx, global, "perbitRender");
    JSValue text = JS_NewStringLen(e.ctx, spec, spec_bytes);
    JSValue promise = JS_Call(e.ctx, render, JS_UNDEFINED, 1, &text);
    JS_FreeValue(e.ctx, text);
    JS_FreeValue(e.ctx, render);
    JS_FreeValue(e.ctx, global);
    if (JS_IsException(promise)) {
        fail(&e, JS_GetException(e.ctx), "reading the spec", err);
        goto done;
    }
    ret = await(out, &e, promise, err);
done:
    engine_close(&e);
    return ret;
}
