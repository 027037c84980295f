#include "machine/gpu.h"

#include <dlfcn.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/buf.h"

enum { CLOCK_SM = 1, CLOCK_MEMORY = 2, NAME_BYTES = 96 };

/* Where each function of the table comes from. */
static const struct {
    const char *name;
    size_t offset;
    bool is_needed;
} symbols[] = {
    { "nvmlInit_v2", offsetof(struct gpu_nvml, init), true },
    { "nvmlShutdown", offsetof(struct gpu_nvml, shutdown), true },
    { "nvmlSystemGetDriverVersion", offsetof(struct gpu_nvml, driver_version), false },
    { "nvmlDeviceGetCount_v2", offsetof(struct gpu_nvml, device_count), true },
    { "nvmlDeviceGetHandleByIndex_v2", offsetof(struct gpu_nvml, device_handle), true },
    { "nvmlDeviceGetName", offsetof(struct gpu_nvml, device_name), false },
    { "nvmlDeviceGetMemoryInfo", offsetof(struct gpu_nvml, device_memory), false },
    { "nvmlDeviceGetClockInfo", offsetof(struct gpu_nvml, device_clock), false },
    { "nvmlDeviceGetMaxClockInfo", offsetof(struct gpu_nvml, device_max_clock), false },
    { "nvmlDeviceGetPowerUsage", offsetof(struct gpu_nvml, device_power), false },
    { "nvmlDeviceGetCurrentClocksThrottleReasons", offsetof(struct gpu_nvml, device_slow_reasons), false },
};

/* Bits of nvmlClocksThrottleReasons that mean: slower than it could be, by no one's choice. */
static const struct {
    uint64_t bit;
    const char *text;
} slow_bits[] = {
    { 0x04, "power cap" },
    { 0x08, "hardware slowdown" },
    { 0x20, "thermal (driver)" },
    { 0x40, "thermal (hardware)" },
    { 0x80, "power brake" },
};

/* C has no cast from a data pointer to a function pointer: the bytes are copied, as POSIX guarantees they fit. */
static bool load_symbols(struct gpu_nvml *out, void *library)
{
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        void *p = dlsym(library, symbols[i].name);
        if (p == NULL && symbols[i].is_needed)
            return false;
        memcpy((char *)out + symbols[i].offset, &p, sizeof p);
    }
    return true;
}

static const char *describe_slow(struct arena *a, uint64_t reasons)
{
    struct buf text = BUF_INIT;

    for (size_t i = 0; i < sizeof slow_bits / sizeof *slow_bits; i++)
        if (reasons & slow_bits[i].bit)
            buf_printf(&text, "%s%s", text.len > 0 ? ", " : "", slow_bits[i].text);
    const char *copy = arena_strdup(a, text.data);
    buf_release(&text);
    return copy;
}

static double clock_mhz(int (*get)(void *, int, unsigned *), void *device, int which)
{
    unsigned mhz;

    return get != NULL && get(device, which, &mhz) == 0 ? mhz : NAN;
}

static void load_device(struct gpu *g, struct arena *a, const struct gpu_nvml *nvml, void *device)
{
    char name[NAME_BYTES] = "";
    unsigned long long memory[3], reasons = 0;
    unsigned mw;

    if (nvml->device_name != NULL && nvml->device_name(device, name, sizeof name) != 0)
        name[0] = '\0';
    g->name = arena_strndup(a, name, strnlen(name, sizeof name));
    g->memory_total_bytes = g->memory_used_bytes = -1;
    if (nvml->device_memory != NULL && nvml->device_memory(device, memory) == 0) {
        g->memory_total_bytes = (int64_t)memory[0];
        g->memory_used_bytes = (int64_t)memory[2];
    }
    g->sm_mhz = clock_mhz(nvml->device_clock, device, CLOCK_SM);
    g->memory_mhz = clock_mhz(nvml->device_clock, device, CLOCK_MEMORY);
    g->sm_max_mhz = clock_mhz(nvml->device_max_clock, device, CLOCK_SM);
    g->power_w = nvml->device_power != NULL && nvml->device_power(device, &mw) == 0 ? mw / 1000.0 : NAN;
    if (nvml->device_slow_reasons == NULL || nvml->device_slow_reasons(device, &reasons) != 0)
        reasons = 0;
    g->slow_reasons = reasons;
    g->slow_text = describe_slow(a, reasons);
    g->is_slowed = g->slow_text[0] != '\0';
}

static void list_devices(struct gpu **out, int *out_n, struct arena *a, const struct gpu_nvml *nvml)
{
    char driver[NAME_BYTES] = "";
    unsigned n;

    if (nvml->device_count(&n) != 0 || n == 0)
        return;
    if (nvml->driver_version != NULL && nvml->driver_version(driver, sizeof driver) != 0)
        driver[0] = '\0';
    const char *driver_copy = arena_strndup(a, driver, strnlen(driver, sizeof driver));
    *out = arena_alloc(a, n * sizeof **out);
    for (unsigned i = 0; i < n; i++) {
        void *device;
        if (nvml->device_handle(i, &device) != 0) /* lost, or not this user's */
            continue;
        struct gpu *g = &(*out)[(*out_n)++];
        g->index = (int)i;
        g->driver = driver_copy;
        load_device(g, a, nvml, device);
    }
}

void gpu_list(struct gpu **out, int *out_n, struct arena *a, const struct gpu_nvml *nvml)
{
    struct gpu_nvml loaded;
    void *library = NULL;

    *out = NULL;
    *out_n = 0;
    if (nvml == NULL) {
        library = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
        if (library == NULL || !load_symbols(&loaded, library))
            goto done;
        nvml = &loaded;
    }
    if (nvml->init() == 0) {
        list_devices(out, out_n, a, nvml);
        nvml->shutdown();
    }
done:
    if (library != NULL)
        dlclose(library);
}
