# embed.cmake: files inside the binary.
#
#   perbit_embed(store schema.sql schema_sql)
#       gives target store    extern const unsigned char schema_sql[]; extern const size_t schema_sql_size;
#       One NUL (not counted) follows the bytes, so a text file may be used as a C string.
#
# The assembler takes the file in (.incbin): no generated array, no cost for megabytes. The object is
# rebuilt when the file changes.

function(perbit_embed target file symbol)
  cmake_path(ABSOLUTE_PATH file NORMALIZE)
  set(s ${CMAKE_BINARY_DIR}/embed/${target}/${symbol}.S)
  file(CONFIGURE OUTPUT ${s} @ONLY CONTENT [[
/* made from @file@ by cmake/embed.cmake */
#ifdef __APPLE__
#define SYM(x) _##x
    .const_data
#else
#define SYM(x) x
    .section .rodata
#endif
    .globl SYM(@symbol@)
    .p2align 4
SYM(@symbol@):
    .incbin "@file@"
Lend_@symbol@:
    .byte 0
    .globl SYM(@symbol@_size)
    .p2align 3
SYM(@symbol@_size):
    .quad Lend_@symbol@ - SYM(@symbol@)
#ifndef __APPLE__
    .section .note.GNU-stack,"",%progbits
#endif
]])
  target_sources(${target} PRIVATE ${s})
  set_source_files_properties(${s} TARGET_DIRECTORY ${target} PROPERTIES LANGUAGE ASM OBJECT_DEPENDS ${file})
endfunction()
