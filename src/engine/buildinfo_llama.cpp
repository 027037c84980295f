#include "engine/buildinfo.h"

#include <build-info.h>

const char *buildinfo_commit(void)
{
    return llama_commit();
}

int buildinfo_number(void)
{
    return llama_build_number();
}
