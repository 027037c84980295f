#include "machine/machine.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/json.h"
#include "base/sha256.h"
#include "machine/energy.h"
#include "machine/sysfile.h"

/* PRETTY_NAME="..." of os-release(5). */
static const char *load_os_name(struct arena *a, const char *root)
{
    static const char key[] = "PRETTY_NAME=";
    char path[SYSFILE_PATH_BYTES];
    struct buf text = BUF_INIT;
    const char *name = "";

    if (sysfile_path(path, root, "/etc/os-release") && sysfile_read(&text, path)) {
        for (const char *line = text.data; line != NULL; line = strchr(line, '\n')) {
            line += *line == '\n';
            if (strncmp(line, key, strlen(key)) != 0)
                continue;
            line += strlen(key);
            line += strspn(line, "\"'");
            name = arena_strndup(a, line, strcspn(line, "\"'\n"));
            break;
        }
    }
    buf_release(&text);
    return name;
}

int machine_load(struct machine *out, struct arena *a, const char *root, struct err *err)
{
    struct utsname uts;
    struct energy energy;
    struct err no_energy;

    memset(out, 0, sizeof *out);
    out->bandwidth_bytes_per_s = NAN;
    out->os = out->kernel = "";
    if (uname(&uts) == 0) {
        out->os = arena_strdup(a, uts.sysname);
        out->kernel = arena_strdup(a, uts.release);
    }
    out->os_name = load_os_name(a, root);
    if (memory_info_load(&out->memory, root, err) != 0)
        return -1;
    cpu_info_load(&out->cpu, a, root);
    cgroup_limit_load(&out->cgroup, root);
    out->usable_bytes = out->memory.total_bytes;
    if (out->cgroup.version != 0 && out->cgroup.limit_bytes < out->usable_bytes)
        out->usable_bytes = out->cgroup.limit_bytes;
    if (root == NULL)
        gpu_list(&out->gpus, &out->n_gpus, a, NULL);
    out->has_energy = energy_open(&energy, root, &no_energy) == 0;
    machine_id(out->id, out);
    return 0;
}

static int64_t round_gib(int64_t n_bytes)
{
    return n_bytes < 0 ? -1 : (n_bytes + (INT64_C(1) << 29)) >> 30;
}

void machine_id(char out[MACHINE_ID_BYTES], const struct machine *m)
{
    struct buf facts = BUF_INIT;
    char hex[SHA256_HEX_BYTES];

    /* The first line is a version: other facts need another number, or old ids would mean something else. */
    buf_printf(&facts, "machine 1\n%s\n%s\n%s\n%d %d %d\n%" PRId64 "\n", m->os, m->cpu.arch, m->cpu.model,
               m->cpu.n_packages, m->cpu.n_cores, m->cpu.n_cpus, round_gib(m->memory.total_bytes));
    for (int i = 0; i < m->n_gpus; i++)
        buf_printf(&facts, "%s %" PRId64 "\n", m->gpus[i].name, round_gib(m->gpus[i].memory_total_bytes));
    sha256_bytes(hex, facts.data, facts.len);
    memcpy(out, hex, MACHINE_ID_BYTES - 1);
    out[MACHINE_ID_BYTES - 1] = '\0';
    buf_release(&facts);
}

/* Text, or null where it is unknown. */
static void put_text(struct jw *w, const char *key, const char *text)
{
    jw_kstr(w, key, text != NULL && text[0] != '\0' ? text : NULL);
}

/* A size; anything below min is unknown: null. */
static void put_size(struct jw *w, const char *key, int64_t v, int64_t min)
{
    jw_key(w, key);
    if (v < min)
        jw_null(w);
    else
        jw_int(w, v);
}

static void put_cpu(struct jw *w, const struct cpu_info *cpu)
{
    jw_key(w, "cpu");
    jw_object(w);
    put_text(w, "model", cpu->model);
    put_text(w, "arch", cpu->arch);
    jw_kint(w, "packages", cpu->n_packages);
    jw_kint(w, "cores", cpu->n_cores);
    jw_kint(w, "cpus", cpu->n_cpus);
    jw_kint(w, "numa_nodes", cpu->n_numa);
    put_size(w, "l1d_bytes", cpu->l1d_bytes, 1);
    put_size(w, "l2_bytes", cpu->l2_bytes, 1);
    put_size(w, "l3_bytes", cpu->l3_bytes, 1);
    put_size(w, "l3_total_bytes", cpu->l3_total_bytes, 1);
    put_text(w, "flags", cpu->flags);
    jw_knum(w, "max_mhz", cpu->max_mhz);
    put_text(w, "governor", cpu->governor);
    jw_kbool(w, "is_virtual", cpu->is_virtual);
    jw_end(w);
}

static void put_gpus(struct jw *w, const struct gpu *gpus, int n)
{
    jw_key(w, "gpus");
    jw_array(w);
    for (int i = 0; i < n; i++) {
        jw_object(w);
        put_text(w, "name", gpus[i].name);
        put_text(w, "driver", gpus[i].driver);
        put_size(w, "memory_total_bytes", gpus[i].memory_total_bytes, 0);
        jw_knum(w, "sm_max_mhz", gpus[i].sm_max_mhz);
        jw_end(w);
    }
    jw_end(w);
}

/* Facts only: what changes from minute to minute (free memory, clocks) belongs to a measurement. */
void machine_json(struct buf *out, const struct machine *m)
{
    struct jw w;

    jw_init(&w, out);
    jw_object(&w);
    jw_kstr(&w, "id", m->id);
    put_text(&w, "os", m->os);
    put_text(&w, "os_name", m->os_name);
    put_text(&w, "kernel", m->kernel);
    put_cpu(&w, &m->cpu);
    put_size(&w, "memory_total_bytes", m->memory.total_bytes, 0);
    put_size(&w, "swap_total_bytes", m->memory.swap_total_bytes, 0);
    put_size(&w, "cgroup_limit_bytes", m->cgroup.limit_bytes, 0);
    put_size(&w, "usable_bytes", m->usable_bytes, 0);
    jw_knum(&w, "bandwidth_bytes_per_s", m->bandwidth_bytes_per_s);
    jw_kbool(&w, "has_energy", m->has_energy);
    put_gpus(&w, m->gpus, m->n_gpus);
    jw_end(&w);
}
