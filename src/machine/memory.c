#include "machine/memory.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "machine/sysfile.h"

#ifdef __APPLE__
#include <mach/mach.h>
#include <sys/sysctl.h>

int memory_info_load(struct memory_info *out, const char *root, struct err *err)
{
    (void)root;
    *out = (struct memory_info){ -1, -1, -1, -1 };

    int64_t total;
    size_t len = sizeof total;
    if (sysctlbyname("hw.memsize", &total, &len, NULL, 0) != 0)
        return err_errno(err, ERR_IO, "cannot read hw.memsize");
    out->total_bytes = total;

    vm_statistics64_data_t vm;
    mach_msg_type_number_t n = HOST_VM_INFO64_COUNT;
    if (host_statistics64(mach_host_self(), HOST_VM_INFO64, (host_info64_t)&vm, &n) == KERN_SUCCESS)
        out->available_bytes = ((int64_t)vm.free_count + (int64_t)vm.inactive_count) * (int64_t)sysconf(_SC_PAGESIZE);

    struct xsw_usage swap;
    len = sizeof swap;
    if (sysctlbyname("vm.swapusage", &swap, &len, NULL, 0) == 0) {
        out->swap_total_bytes = (int64_t)swap.xsu_total;
        out->swap_free_bytes = (int64_t)swap.xsu_avail;
    }
    return 0;
}

/* Only for this process: another one's task port needs privileges. */
int memory_use_load(struct memory_use *out, const char *root, pid_t pid, struct err *err)
{
    (void)root;
    *out = (struct memory_use){ -1, -1, -1, -1, -1, -1 };
    if (pid != 0 && pid != getpid())
        return err_set(err, ERR_UNSUPPORTED, "memory of process %d: macOS tells only a process's own", (int)pid);

    task_vm_info_data_t info;
    mach_msg_type_number_t n = TASK_VM_INFO_COUNT;
    if (task_info(mach_task_self(), TASK_VM_INFO, (task_info_t)&info, &n) != KERN_SUCCESS)
        return err_set(err, ERR_IO, "task_info(TASK_VM_INFO) failed");
    out->rss_bytes = (int64_t)info.resident_size;
    out->rss_peak_bytes = (int64_t)info.resident_size_peak;
    out->rss_anon_bytes = (int64_t)info.internal;
    out->rss_file_bytes = (int64_t)info.external;
    out->swap_bytes = (int64_t)info.compressed;
    return 0;
}

int memory_peak_reset(struct err *err)
{
    return err_set(err, ERR_UNSUPPORTED, "macOS cannot reset a process's peak memory: measure in a fresh process");
}

#else

/* The kernel writes kB and means KiB. */
static int64_t field_bytes(const char *text, const char *key)
{
    int64_t kib;

    return sysfile_field(&kib, text, key) ? kib * 1024 : -1;
}

int memory_info_load(struct memory_info *out, const char *root, struct err *err)
{
    char path[SYSFILE_PATH_BYTES];
    struct buf text = BUF_INIT;
    int ret = -1;

    *out = (struct memory_info){ -1, -1, -1, -1 };
    if (!sysfile_path(path, root, "/proc/meminfo") || !sysfile_read(&text, path)) {
        err_set(err, ERR_UNSUPPORTED, "cannot read %s: the memory of this computer is unknown", path);
        goto done;
    }
    out->total_bytes = field_bytes(text.data, "MemTotal:");
    out->available_bytes = field_bytes(text.data, "MemAvailable:");
    out->swap_total_bytes = field_bytes(text.data, "SwapTotal:");
    out->swap_free_bytes = field_bytes(text.data, "SwapFree:");
    if (out->total_bytes <= 0) {
        err_set(err, ERR_IO, "%s: expected a line 'MemTotal: <number> kB'", path);
        goto done;
    }
    ret = 0;
done:
    buf_release(&text);
    return ret;
}

int memory_use_load(struct memory_use *out, const char *root, pid_t pid, struct err *err)
{
    char path[SYSFILE_PATH_BYTES];
    struct buf text = BUF_INIT;
    int ret = -1;

    *out = (struct memory_use){ -1, -1, -1, -1, -1, -1 };
    bool fits = pid == 0 ? sysfile_path(path, root, "/proc/self/status")
                         : sysfile_path(path, root, "/proc/%d/status", (int)pid);
    if (!fits || !sysfile_read(&text, path)) {
        err_set(err, ERR_UNSUPPORTED, "cannot read %s: the memory of the process is unknown", path);
        goto done;
    }
    out->rss_bytes = field_bytes(text.data, "VmRSS:");
    out->rss_peak_bytes = field_bytes(text.data, "VmHWM:");
    out->rss_anon_bytes = field_bytes(text.data, "RssAnon:");
    out->rss_file_bytes = field_bytes(text.data, "RssFile:");
    out->rss_shmem_bytes = field_bytes(text.data, "RssShmem:");
    out->swap_bytes = field_bytes(text.data, "VmSwap:");
    if (out->rss_bytes < 0) { /* a zombie has no memory lines */
        err_set(err, ERR_IO, "%s: expected a line 'VmRSS: <number> kB'", path);
        goto done;
    }
    ret = 0;
done:
    buf_release(&text);
    return ret;
}

int memory_peak_reset(struct err *err)
{
    if (!sysfile_write("/proc/self/clear_refs", "5"))
        return err_errno(err, ERR_UNSUPPORTED, "cannot reset the peak memory (writing 5 to /proc/self/clear_refs)");
    return 0;
}

#endif
