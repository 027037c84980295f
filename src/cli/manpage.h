/*
 * manpage: perbit(1) as roff, from the tables of commands and settings: nothing of it is written twice.
 * Source  man-pages(7), groff_man(7)       Tests  cli/manpage.sh
 */
#ifndef PERBIT_CLI_MANPAGE_H
#define PERBIT_CLI_MANPAGE_H

#include "base/buf.h"
#include "cli/command.h"

void manpage_write(struct buf *out); /* appends */

#endif
