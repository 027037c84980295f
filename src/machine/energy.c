#include "machine/energy.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "machine/sysfile.h"

int energy_open(struct energy *out, const char *root, struct err *err)
{
    char path[SYSFILE_PATH_BYTES];
    struct buf name = BUF_INIT;
    bool is_refused = false;

    memset(out, 0, sizeof *out);
    for (int i = 0; i < ENERGY_ZONE_MAX; i++) {
        int64_t now, range;
        if (!sysfile_path(path, root, "/sys/class/powercap/intel-rapl:%d/name", i) || !sysfile_read(&name, path) ||
            strncmp(name.data, "package", 7) != 0) /* psys, the whole board, would count twice */
            continue;
        if (!sysfile_path(path, root, "/sys/class/powercap/intel-rapl:%d/max_energy_range_uj", i) ||
            !sysfile_number(&range, path))
            range = 0;
        if (!sysfile_path(path, root, "/sys/class/powercap/intel-rapl:%d/energy_uj", i) ||
            strlen(path) >= sizeof out->zones[0].path)
            continue;
        if (!sysfile_number(&now, path)) {
            is_refused = true;
            continue;
        }
        memcpy(out->zones[out->n_zones].path, path, strlen(path) + 1);
        out->zones[out->n_zones].last_uj = now;
        out->zones[out->n_zones].range_uj = range;
        out->n_zones++;
    }
    buf_release(&name);
    /* Half of the sockets would be a wrong number, not a rough one. */
    if (is_refused)
        return err_set(err, ERR_UNSUPPORTED,
                       "energy: the RAPL counters below /sys/class/powercap are readable by root only");
    if (out->n_zones == 0)
        return err_set(err, ERR_UNSUPPORTED, "energy: this computer has no RAPL counter");
    return 0;
}

int energy_joules(struct energy *e, double *out_j, struct err *err)
{
    for (int i = 0; i < e->n_zones; i++) {
        int64_t now;
        if (!sysfile_number(&now, e->zones[i].path))
            return err_set(err, ERR_IO, "energy: cannot read %s any more", e->zones[i].path);
        int64_t used = now - e->zones[i].last_uj;
        if (used < 0) /* 0 follows range_uj */
            used += e->zones[i].range_uj + 1;
        if (used > 0)
            e->sum_uj += (double)used;
        e->zones[i].last_uj = now;
    }
    *out_j = e->sum_uj * 1e-6;
    return 0;
}
