/*
 * textwidth: width of a text in Helvetica, from advance widths, without any font on the machine.
 *
 * Arial, Liberation Sans and Nimbus Sans have the same widths, so a chart laid out here fits there.
 * A letter outside Latin-1 counts as an average letter, a wide one (CJK, emoji) as one em.
 * Units   CSS pixels     Errors  none     Tests  unit/test_svg.c
 */
#ifndef PERBIT_REPORT_TEXTWIDTH_H
#define PERBIT_REPORT_TEXTWIDTH_H

#include <stdbool.h>

double textwidth_px(const char *text, double font_px, bool is_bold);

#endif
