/*
 * embed: files inside the program, from C: the assembler takes them in as they are (.incbin): no generated source, no
 * script. The compiler does not see the files, so the build names them as OBJECT_DEPENDS of the source that embeds them.
 *
 *   EMBED_FILE(perbit_task_gsm8k, PERBIT_TASKS_DIR "/gsm8k.yaml")
 *
 * declares  const char perbit_task_gsm8k[], perbit_task_gsm8k_end[]: the bytes, and where they end; a NUL follows.
 * cmake/embed.cmake does the same for files that only the build knows.
 */
#ifndef PERBIT_BASE_EMBED_H
#define PERBIT_BASE_EMBED_H

#ifdef __APPLE__
#define EMBED_SECTION ".section __TEXT,__const\n"
#define EMBED_SYMBOL "_"
#define EMBED_SECTION_END ".text\n"
#else
#define EMBED_SECTION ".pushsection .rodata\n"
#define EMBED_SYMBOL ""
#define EMBED_SECTION_END ".popsection\n"
#endif

#define EMBED_FILE(id, path)                                                                                           \
    __asm__(EMBED_SECTION ".globl " EMBED_SYMBOL #id "\n" EMBED_SYMBOL #id ":\n"                                       \
                          ".incbin \"" path "\"\n"                                                                    \
                          ".globl " EMBED_SYMBOL #id "_end\n" EMBED_SYMBOL #id "_end:\n"                               \
                          ".byte 0\n" EMBED_SECTION_END);                                                              \
    extern const char id[];                                                                                            \
    extern const char id##_end[];

#endif
