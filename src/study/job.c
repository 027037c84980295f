#include "study/job.h"

#include <string.h>

#include "base/json.h"

void job_format(struct buf *out, const struct job *job)
{
    struct jw w;
    jw_init(&w, out);
    jw_object(&w);
    jw_kstr(&w, "job", job->name);
    jw_key(&w, "models");
    jw_array(&w);
    for (int i = 0; i < job->n_models; i++) {
        jw_object(&w);
        jw_kstr(&w, "path", job->models[i].path);
        jw_kint(&w, "n_ubatch", job->models[i].n_ubatch);
        jw_kstr(&w, "adapter", job->models[i].adapter);
        jw_knum(&w, "adapter_scale", job->models[i].adapter_scale);
        jw_end(&w);
    }
    jw_end(&w);
    jw_kstr(&w, "text", job->text);
    jw_kstr(&w, "base_file", job->base_file);
    jw_kstr(&w, "save_file", job->save_file);
    jw_kstr(&w, "out", job->out);
    jw_kstr(&w, "level", job->level);
    jw_kstr(&w, "imatrix", job->imatrix);
    jw_kint(&w, "first_chunk", job->first_chunk);
    jw_key(&w, "tasks");
    jw_array(&w);
    for (int i = 0; i < job->n_tasks; i++) {
        jw_object(&w);
        jw_kint(&w, "i_task", job->tasks[i].i_task);
        jw_kint(&w, "first", job->tasks[i].first);
        jw_end(&w);
    }
    jw_end(&w);
    jw_key(&w, "settings");
    jw_object(&w);
    opt_json(&settings_table, NULL, false, &job->settings, &w);
    jw_end(&w);
    jw_end(&w);
}

static int parse_models(struct job *out, struct arena *a, const struct json *j, yyjson_val *models, struct err *err)
{
    size_t i, n;
    yyjson_val *m;
    if (yyjson_arr_size(models) > JOB_MODELS_MAX)
        return err_set(err, ERR_FORMAT, "job: at most %d models", JOB_MODELS_MAX);
    yyjson_arr_foreach(models, i, n, m) {
        const char *path;
        if (json_get_str(j, m, "path", &path, err) < 0)
            return -1;
        out->models[out->n_models++] = (struct job_model){
            .path = arena_strdup(a, path), .n_ubatch = json_int_or(m, "n_ubatch", 0),
            .adapter = arena_strdup(a, json_str_or(m, "adapter", NULL)), .adapter_scale = json_num_or(m, "adapter_scale", 0),
        };
    }
    return 0;
}

static int parse_tasks(struct job *out, struct arena *a, yyjson_val *tasks, struct err *err)
{
    size_t i, n;
    yyjson_val *t;
    if (yyjson_arr_size(tasks) > JOB_SLOTS_MAX)
        return err_set(err, ERR_FORMAT, "job: at most %d tasks", JOB_SLOTS_MAX);
    struct job_task *to = arena_alloc(a, (yyjson_arr_size(tasks) + 1) * sizeof *to);
    yyjson_arr_foreach(tasks, i, n, t)
        to[out->n_tasks++] = (struct job_task){ json_int_or(t, "i_task", 0), json_int_or(t, "first", 0) };
    out->tasks = to;
    return 0;
}

void job_backend_params(const struct job *job, int i, struct backend_params *out)
{
    const struct job_model *m = &job->models[i];
    settings_backend_params(&job->settings, out);
    out->adapter = m->adapter;
    out->adapter_scale = m->adapter_scale;
    if (m->n_ubatch)
        out->n_ubatch = (int)m->n_ubatch;
}

int job_parse(struct job *out, struct arena *a, const char *line, struct err *err)
{
    struct json *j;
    const char *name;
    int ret = -1;
    *out = (struct job){ 0 };
    if (json_parse(&j, line, strlen(line), "job", err) < 0)
        return -1;
    yyjson_val *root = json_root(j);
    if (json_get_str(j, root, "job", &name, err) < 0)
        goto done;
    out->name = arena_strdup(a, name);
    out->text = arena_strdup(a, json_str_or(root, "text", NULL));
    out->base_file = arena_strdup(a, json_str_or(root, "base_file", NULL));
    out->save_file = arena_strdup(a, json_str_or(root, "save_file", NULL));
    out->out = arena_strdup(a, json_str_or(root, "out", NULL));
    out->level = arena_strdup(a, json_str_or(root, "level", NULL));
    out->imatrix = arena_strdup(a, json_str_or(root, "imatrix", NULL));
    out->first_chunk = json_int_or(root, "first_chunk", 0);
    opt_defaults(&settings_table, &out->settings, a);
    if (parse_models(out, a, j, yyjson_obj_get(root, "models"), err) < 0 ||
        parse_tasks(out, a, yyjson_obj_get(root, "tasks"), err) < 0 ||
        opt_from_json(&settings_table, &out->settings, j, yyjson_obj_get(root, "settings"), a, err) < 0)
        goto done;
    ret = 0;
done:
    json_close(j);
    return ret;
}
