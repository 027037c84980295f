/*
 * banned: functions that cannot be used safely become compile errors. Include it last in a .c file.
 * Instead: snprintf, buf_printf or xasprintf for text; opt_split or strcspn for tokens; fgets or
 * fs_read.
 */
#ifndef PERBIT_BASE_BANNED_H
#define PERBIT_BASE_BANNED_H

#pragma GCC poison strcpy strcat sprintf vsprintf strtok gets

#endif
