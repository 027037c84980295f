#include "engine/workers.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/xalloc.h"

#include "base/banned.h"

struct workers {
    int n_threads;          /* the caller's included */
    pthread_t *threads;     /* [n_threads - 1] */
    struct seat {
        struct workers *w;
        int i_thread;
    } *seats;               /* [n_threads - 1] */
    pthread_mutex_t lock;
    pthread_cond_t go, idle;
    unsigned round;         /* number of the loop that runs; threads wait for it to change */
    int n_busy;             /* threads that have not finished this round */
    bool is_closing;
    /* the loop */
    int n;
    void (*body)(void *ctx, int i, int i_thread);
    void *ctx;
    atomic_int next;
};

static void take_turns(struct workers *w, int i_thread)
{
    for (;;) {
        int i = atomic_fetch_add(&w->next, 1);
        if (i >= w->n)
            return;
        w->body(w->ctx, i, i_thread);
    }
}

static void *thread_main(void *arg)
{
    const struct seat *seat = arg;
    struct workers *w = seat->w;
    unsigned seen = 0;
    pthread_mutex_lock(&w->lock);
    for (;;) {
        while (w->round == seen && !w->is_closing)
            pthread_cond_wait(&w->go, &w->lock);
        if (w->is_closing)
            break;
        seen = w->round;
        pthread_mutex_unlock(&w->lock);
        take_turns(w, seat->i_thread);
        pthread_mutex_lock(&w->lock);
        if (--w->n_busy == 0)
            pthread_cond_signal(&w->idle);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

void workers_open(struct workers **out, int n_threads)
{
    struct workers *w = xcalloc(1, sizeof *w);
    const int n_extra = n_threads > 1 ? n_threads - 1 : 0;
    w->n_threads = 1;
    w->threads = xcalloc((size_t)n_extra + 1, sizeof *w->threads);
    w->seats = xcalloc((size_t)n_extra + 1, sizeof *w->seats);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->go, NULL);
    pthread_cond_init(&w->idle, NULL);
    for (int i = 0; i < n_extra; i++) {
        w->seats[i] = (struct seat){ .w = w, .i_thread = i + 1 };
        if (pthread_create(&w->threads[i], NULL, thread_main, &w->seats[i]) != 0)
            break;
        w->n_threads++;
    }
    *out = w;
}

void workers_close(struct workers *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->is_closing = true;
    pthread_cond_broadcast(&w->go);
    pthread_mutex_unlock(&w->lock);
    for (int i = 0; i < w->n_threads - 1; i++)
        pthread_join(w->threads[i], NULL);
    pthread_cond_destroy(&w->idle);
    pthread_cond_destroy(&w->go);
    pthread_mutex_destroy(&w->lock);
    free(w->seats);
    free(w->threads);
    free(w);
}

int workers_n(const struct workers *w)
{
    return w->n_threads;
}

void workers_run(struct workers *w, int n, void (*body)(void *ctx, int i, int i_thread), void *ctx)
{
    pthread_mutex_lock(&w->lock);
    w->n = n;
    w->body = body;
    w->ctx = ctx;
    atomic_store(&w->next, 0);
    w->n_busy = w->n_threads - 1;
    w->round++;
    pthread_cond_broadcast(&w->go);
    pthread_mutex_unlock(&w->lock);
    take_turns(w, 0);
    pthread_mutex_lock(&w->lock);
    while (w->n_busy > 0)
        pthread_cond_wait(&w->idle, &w->lock);
    pthread_mutex_unlock(&w->lock);
}
