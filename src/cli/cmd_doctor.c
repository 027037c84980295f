#include <stdio.h>

#include "base/json.h"
#include "cli/command.h"
#include "engine/backend.h"
#include "machine/machine.h"

static const char *const groups[] = { "doctor", "output", NULL };
extern const unsigned char licences_txt[]; /* cmake/licences.cmake */

static int run(struct invocation *in, struct err *err)
{
    struct machine m;
    struct buf text = BUF_INIT;
    if (in->settings.licences) {
        printf("perbit has its own licence (MIT) and holds\n%s", (const char *)licences_txt);
        return EXIT_DONE;
    }
    if (machine_load(&m, &in->arena, NULL, err) < 0)
        return EXIT_FAILED;
    if (in->settings.json) {
        machine_json(&text, &m);
        puts(text.data);
        buf_release(&text);
        return EXIT_DONE;
    }
    printf("perbit   " PERBIT_VERSION "\nengine   %s\nsystem   %s, kernel %s\n", backend_build(), m.os_name, m.kernel);
    printf("cpu      %s, %d cores, %d threads\n", m.cpu.model, m.cpu.n_cores, m.cpu.n_cpus);
    printf("memory   %.1f GiB, %.1f GiB available, %.1f GiB usable\n", (double)m.memory.total_bytes / 0x1p30,
           (double)m.memory.available_bytes / 0x1p30, (double)m.usable_bytes / 0x1p30);
    printf("gpus     %d\nenergy   %s\n", m.n_gpus, m.has_energy ? "readable (RAPL)" : "not readable");
    return EXIT_DONE;
}

const struct command cmd_doctor = { .name = "doctor", .synopsis = "",
                                    .summary = "what this machine and this build can measure", .groups = groups, .run = run };
