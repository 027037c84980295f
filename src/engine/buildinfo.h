/* buildinfo: what only a C++ header of the engine says, as llama-bench prints it. */
#ifndef PERBIT_ENGINE_BUILDINFO_H
#define PERBIT_ENGINE_BUILDINFO_H

#ifdef __cplusplus
extern "C" {
#endif

const char *buildinfo_commit(void); /* "0c1e57098"; borrowed, static */
int buildinfo_number(void);         /* 0 where the engine was built outside of git */

#ifdef __cplusplus
}
#endif

#endif
