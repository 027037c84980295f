/* The job that makes a GGUF file of a folder of safetensors: in a child of its own, as all that costs memory. */
#include "base/clock.h"
#include "convert/convert.h"
#include "study/job.h"

int job_convert(const struct job *job, const struct job_io *io, struct err *err)
{
    const struct convert_params p = { .dir = job->models[0].path, .out = job->out, .outtype = job->settings.outtype,
                                      .overwrite = job->settings.overwrite };
    const double start_s = clock_s();
    if (convert_model(&p, &io->sink, err) < 0)
        return -1;
    return sink_measure(&io->sink, 0, METRIC_JOB_S, 0, clock_s() - start_s, err);
}
