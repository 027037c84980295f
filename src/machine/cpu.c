#include "machine/cpu.h"

#include <hwloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "machine/sysfile.h"

#ifdef __APPLE__
#include <sys/sysctl.h>
#endif

enum { CPU_MAX = 4096 }; /* logical CPUs looked at in /sys */

/* What llama.cpp's CPU kernels ask for, x86 and Arm, in the kernel's spelling. */
static const char *const flags_of_interest[] = {
    "sse4_2", "avx", "f16c", "fma", "avx2", "avx_vnni", "avx512f", "avx512bw", "avx512vl", "avx512vbmi", "avx512_vnni",
    "avx512_bf16", "avx512_fp16", "amx_tile", "amx_int8", "amx_bf16", "asimd", "asimdhp", "asimddp", "i8mm", "bf16",
    "sve", "sve2", "sme"
};

/* The value of the first "key : value" line of /proc/cpuinfo, or NULL. */
static char *cpuinfo_value(struct arena *a, const char *text, const char *key)
{
    size_t len = strlen(key);

    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        const char *after = line + len;
        if (strncmp(line, key, len) != 0)
            continue;
        after += strspn(after, " \t");
        if (*after != ':')
            continue;
        after++;
        after += strspn(after, " \t");
        return arena_strndup(a, after, strcspn(after, "\n"));
    }
    return NULL;
}

static bool has_word(const char *words, const char *word)
{
    size_t len = strlen(word);

    for (const char *p = words; (p = strstr(p, word)) != NULL; p += len)
        if ((p == words || p[-1] == ' ') && (p[len] == ' ' || p[len] == '\0'))
            return true;
    return false;
}

static const char *pick_flags(struct arena *a, const char *all)
{
    struct buf picked = BUF_INIT;

    for (size_t i = 0; i < sizeof flags_of_interest / sizeof *flags_of_interest; i++)
        if (has_word(all, flags_of_interest[i]))
            buf_printf(&picked, "%s%s", picked.len > 0 ? " " : "", flags_of_interest[i]);
    const char *text = arena_strdup(a, picked.data);
    buf_release(&picked);
    return text;
}

/*
 * Cores, packages and CPUs by the "processor", "physical id" and "core id" lines. A (package, core) pair is
 * counted once; where the lines are missing (Arm, some virtual machines) every CPU is a core.
 */
static void count_cpuinfo(struct cpu_info *out, const char *text)
{
    enum { PAIR_MAX = CPU_MAX };
    int64_t *pairs = xcalloc(PAIR_MAX, sizeof *pairs);
    int64_t package = 0, max_package = 0, core, processor;
    int n_pairs = 0, n_cpus = 0;

    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        const char *colon = strchr(line, ':');
        if (colon == NULL)
            break;
        if (strncmp(line, "processor\t", 10) == 0 && sysfile_field(&processor, colon, ":")) {
            n_cpus++;
        } else if (strncmp(line, "physical id\t", 12) == 0 && sysfile_field(&package, colon, ":")) {
            max_package = package > max_package ? package : max_package;
        } else if (strncmp(line, "core id\t", 8) == 0 && sysfile_field(&core, colon, ":")) {
            int64_t pair = package * 65536 + core;
            int i = 0;
            while (i < n_pairs && pairs[i] != pair)
                i++;
            if (i == n_pairs && n_pairs < PAIR_MAX)
                pairs[n_pairs++] = pair;
        }
    }
    out->n_cpus = n_cpus;
    out->n_cores = n_pairs > 0 ? n_pairs : n_cpus;
    out->n_packages = n_cpus > 0 ? (int)max_package + 1 : 0;
    free(pairs);
}

/* Caches of CPU 0 from /sys; l3_total is then unknown and taken as one cache. */
static void load_caches(struct cpu_info *out, const char *root)
{
    char path[SYSFILE_PATH_BYTES];
    struct buf text = BUF_INIT;

    for (int i = 0; i < 8; i++) {
        int64_t level, size;
        if (!sysfile_path(path, root, "/sys/devices/system/cpu/cpu0/cache/index%d/level", i) ||
            !sysfile_number(&level, path))
            break;
        if (!sysfile_path(path, root, "/sys/devices/system/cpu/cpu0/cache/index%d/type", i) ||
            !sysfile_read(&text, path) || strcmp(text.data, "Instruction") == 0)
            continue;
        if (!sysfile_path(path, root, "/sys/devices/system/cpu/cpu0/cache/index%d/size", i) ||
            !sysfile_number(&size, path) || !sysfile_read(&text, path))
            continue;
        char unit = text.len > 0 ? text.data[text.len - 1] : 'K';
        size *= unit == 'M' ? 1024 * 1024 : unit == 'K' ? 1024 : 1;
        if (level == 1)
            out->l1d_bytes = size;
        else if (level == 2)
            out->l2_bytes = size;
        else if (level == 3)
            out->l3_bytes = out->l3_total_bytes = size;
    }
    buf_release(&text);
}

static int64_t cache_size(hwloc_topology_t topo, hwloc_obj_type_t type, int64_t *out_total)
{
    int64_t size = 0, total = 0;
    int n = hwloc_get_nbobjs_by_type(topo, type);

    for (int i = 0; i < n; i++) {
        hwloc_obj_t o = hwloc_get_obj_by_type(topo, type, (unsigned)i);
        total += (int64_t)o->attr->cache.size;
        if ((int64_t)o->attr->cache.size > size) /* hybrid processors: that of the large cores */
            size = (int64_t)o->attr->cache.size;
    }
    if (out_total != NULL)
        *out_total = total;
    return size;
}

static void load_topology(struct cpu_info *out, struct arena *a)
{
    hwloc_topology_t topo;

    if (hwloc_topology_init(&topo) != 0)
        return;
    if (hwloc_topology_load(topo) != 0)
        goto done;

    int n_cores = hwloc_get_nbobjs_by_type(topo, HWLOC_OBJ_CORE);
    int n_cpus = hwloc_get_nbobjs_by_type(topo, HWLOC_OBJ_PU);
    int n_packages = hwloc_get_nbobjs_by_type(topo, HWLOC_OBJ_PACKAGE);
    int n_numa = hwloc_get_nbobjs_by_type(topo, HWLOC_OBJ_NUMANODE);
    if (n_cpus > 0) {
        out->n_cpus = n_cpus;
        out->n_cores = n_cores > 0 ? n_cores : n_cpus;
    }
    out->n_packages = n_packages > 0 ? n_packages : out->n_packages;
    out->n_numa = n_numa > 0 ? n_numa : out->n_numa;

    int64_t total, l1 = cache_size(topo, HWLOC_OBJ_L1CACHE, NULL), l2 = cache_size(topo, HWLOC_OBJ_L2CACHE, NULL);
    int64_t l3 = cache_size(topo, HWLOC_OBJ_L3CACHE, &total);
    out->l1d_bytes = l1 > 0 ? l1 : out->l1d_bytes;
    out->l2_bytes = l2 > 0 ? l2 : out->l2_bytes;
    if (l3 > 0) {
        out->l3_bytes = l3;
        out->l3_total_bytes = total;
    }

    hwloc_obj_t package = hwloc_get_obj_by_type(topo, HWLOC_OBJ_PACKAGE, 0);
    const char *model = package != NULL ? hwloc_obj_get_info_by_name(package, "CPUModel") : NULL;
    if (out->model[0] == '\0' && model != NULL)
        out->model = arena_strdup(a, model);
done:
    hwloc_topology_destroy(topo);
}

#ifdef __APPLE__
static void load_model(struct cpu_info *out, struct arena *a)
{
    char text[256];
    size_t len = sizeof text;

    if (sysctlbyname("machdep.cpu.brand_string", text, &len, NULL, 0) == 0)
        out->model = arena_strdup(a, text);
}
#endif

void cpu_info_load(struct cpu_info *out, struct arena *a, const char *root)
{
    char path[SYSFILE_PATH_BYTES];
    struct buf text = BUF_INIT;
    struct utsname uts;
    int64_t khz;

    *out = (struct cpu_info){ .model = "", .arch = "", .flags = "", .governor = "", .max_mhz = NAN, .n_numa = 1 };
    if (uname(&uts) == 0)
        out->arch = arena_strdup(a, uts.machine);

    if (sysfile_path(path, root, "/proc/cpuinfo") && sysfile_read(&text, path)) {
        const char *model = cpuinfo_value(a, text.data, "model name");
        const char *flags = cpuinfo_value(a, text.data, "flags");
        if (flags == NULL)
            flags = cpuinfo_value(a, text.data, "Features"); /* Arm */
        out->model = model != NULL ? model : "";
        if (flags != NULL) {
            out->flags = pick_flags(a, flags);
            out->is_virtual = has_word(flags, "hypervisor");
        }
        count_cpuinfo(out, text.data);
    }
#ifdef __APPLE__
    load_model(out, a);
#endif
    load_caches(out, root);
    if (root == NULL)
        load_topology(out, a);

    if (sysfile_path(path, root, "/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq") && sysfile_number(&khz, path))
        out->max_mhz = (double)khz / 1000;
    if (sysfile_path(path, root, "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor") && sysfile_read(&text, path))
        out->governor = arena_strdup(a, text.data);

    if (out->n_cpus <= 0) {
        long n = sysconf(_SC_NPROCESSORS_ONLN);
        out->n_cpus = n > 0 ? (int)n : 1;
    }
    if (out->n_cores <= 0)
        out->n_cores = out->n_cpus;
    if (out->n_packages <= 0)
        out->n_packages = 1;
    if (out->model[0] == '\0')
        out->model = "unknown";
    buf_release(&text);
}

double cpu_mhz_mean(const char *root)
{
    char path[SYSFILE_PATH_BYTES];
    double sum = 0;
    int n = 0, n_missing = 0;

    for (int cpu = 0; cpu < CPU_MAX && n_missing < 16; cpu++) { /* gaps: CPUs that are offline */
        int64_t khz;
        if (sysfile_path(path, root, "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_cur_freq", cpu) &&
            sysfile_number(&khz, path) && khz > 0) {
            sum += (double)khz / 1000;
            n++;
            n_missing = 0;
        } else {
            n_missing++;
        }
    }
    if (n > 0)
        return sum / n;

    struct buf text = BUF_INIT;
    if (sysfile_path(path, root, "/proc/cpuinfo") && sysfile_read(&text, path)) {
        for (const char *p = text.data; (p = strstr(p, "cpu MHz")) != NULL; p++) {
            const char *colon = strchr(p, ':');
            if (colon != NULL) {
                sum += strtod(colon + 1, NULL);
                n++;
            }
        }
    }
    buf_release(&text);
    return n > 0 ? sum / n : NAN;
}

bool cpu_loadavg(double out[3])
{
    out[0] = out[1] = out[2] = NAN;
    return getloadavg(out, 3) == 3;
}

/* True if cpu is the first of the CPUs that share what the list file names ("0,8", "0-3"). */
static bool is_first_of(const char *root, int cpu, const char *list)
{
    char path[SYSFILE_PATH_BYTES];
    int64_t first;

    return !sysfile_path(path, root, "/sys/devices/system/cpu/cpu%d/topology/%s", cpu, list) ||
           !sysfile_number(&first, path) || first == cpu;
}

/* A core's and a package's counter shows at each of its CPUs: counted at the first only. */
static int64_t count_throttles(const char *root)
{
    static const char *const counters[2][2] = { { "core_throttle_count", "thread_siblings_list" },
                                                { "package_throttle_count", "core_siblings_list" } };
    char path[SYSFILE_PATH_BYTES];
    int64_t sum = -1;

    for (int cpu = 0, n_missing = 0; cpu < CPU_MAX && n_missing < 16; cpu++) {
        n_missing++;
        for (int i = 0; i < 2; i++) {
            int64_t n;
            if (!sysfile_path(path, root, "/sys/devices/system/cpu/cpu%d/thermal_throttle/%s", cpu, counters[i][0]) ||
                !sysfile_number(&n, path))
                continue;
            n_missing = 0;
            sum = sum < 0 ? 0 : sum;
            if (is_first_of(root, cpu, counters[i][1]))
                sum += n;
        }
    }
    return sum;
}

/*
 * First line of /proc/stat: "cpu user nice system idle iowait irq softirq steal guest guest_nice".
 * guest is part of user already. Kernels before 2.6.11 have no steal: it stays 0.
 */
static void take_ticks(struct cpu_sample *out, const char *root)
{
    char path[SYSFILE_PATH_BYTES];
    struct buf text = BUF_INIT;
    long long t[8] = { 0 };

    if (sysfile_path(path, root, "/proc/stat") && sysfile_read(&text, path) &&
        sscanf(text.data, "cpu %lld %lld %lld %lld %lld %lld %lld %lld", &t[0], &t[1], &t[2], &t[3], &t[4], &t[5],
               &t[6], &t[7]) >= 4) {
        for (int i = 0; i < 8; i++)
            out->total_ticks += t[i];
        out->idle_ticks = t[3] + t[4];
        out->steal_ticks = t[7];
    }
    buf_release(&text);
}

void cpu_sample_take(struct cpu_sample *out, const char *root)
{
    double load[3];

    *out = (struct cpu_sample){ .time_ns = clock_ns() };
    take_ticks(out, root);
    out->n_throttles = count_throttles(root);
    out->mhz = cpu_mhz_mean(root);
    out->load_1min = cpu_loadavg(load) ? load[0] : NAN;
}

struct cpu_change cpu_sample_diff(const struct cpu_sample *before, const struct cpu_sample *after)
{
    struct cpu_change c = { .elapsed_s = (double)(after->time_ns - before->time_ns) * 1e-9,
                            .busy_pct = NAN,
                            .steal_pct = NAN,
                            .n_throttles = -1,
                            .mhz = isnan(before->mhz) ? after->mhz
                                   : isnan(after->mhz) ? before->mhz : (before->mhz + after->mhz) / 2,
                            .load_1min = before->load_1min };
    int64_t total = after->total_ticks - before->total_ticks;

    if (before->total_ticks > 0 && total > 0) {
        /* idle may step back by a tick (proc(5)): never below 0 */
        int64_t idle = after->idle_ticks - before->idle_ticks, steal = after->steal_ticks - before->steal_ticks;
        idle = idle < 0 ? 0 : idle;
        steal = steal < 0 ? 0 : steal;
        int64_t busy = total - idle - steal;
        c.busy_pct = 100.0 * (double)(busy < 0 ? 0 : busy) / (double)total;
        c.steal_pct = 100.0 * (double)steal / (double)total;
    }
    if (before->n_throttles >= 0 && after->n_throttles >= before->n_throttles)
        c.n_throttles = after->n_throttles - before->n_throttles;
    return c;
}
