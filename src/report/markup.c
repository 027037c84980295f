#include "report/markup.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"

#include "base/banned.h"

struct sign {
    int32_t code;
    const char *as;
};

static const char *find(const struct sign *signs, int32_t code)
{
    while (signs->as && signs->code != code)
        signs++;
    return signs->as;
}

static const struct sign latex_signs[] = {
    { '\\', "\\textbackslash{}" }, { '{', "\\{" }, { '}', "\\}" }, { '$', "\\$" }, { '&', "\\&" }, { '#', "\\#" }, { '_', "\\_" },
    { '%', "\\%" }, { '^', "\\textasciicircum{}" }, { '~', "\\textasciitilde{}" }, { '<', "\\textless{}" }, { '>', "\\textgreater{}" },
    { '|', "\\textbar{}" }, { '"', "\\textquotedbl{}" }, { '`', "\\textasciigrave{}" }, { '[', "{[}" }, { ']', "{]}" }, { '*', "{*}" },
    { '\n', " " }, { '\r', " " }, { '\t', " " },
    { 0x00a0, "~" }, { 0x00b0, "\\textdegree{}" }, { 0x00b1, "\\ensuremath{\\pm}" }, { 0x00b5, "\\ensuremath{\\mu}" },
    { 0x00b7, "\\ensuremath{\\cdot}" }, { 0x00d7, "\\ensuremath{\\times}" }, { 0x00f7, "\\ensuremath{\\div}" },
    { 0x0394, "\\ensuremath{\\Delta}" }, { 0x03bc, "\\ensuremath{\\mu}" }, { 0x2013, "--" }, { 0x2014, "---" },
    { 0x2018, "`" }, { 0x2019, "'" }, { 0x201c, "``" }, { 0x201d, "''" }, { 0x2026, "\\dots{}" }, { 0x2192, "\\ensuremath{\\to}" },
    { 0x2212, "\\ensuremath{-}" }, { 0x2248, "\\ensuremath{\\approx}" }, { 0x2264, "\\ensuremath{\\le}" }, { 0x2265, "\\ensuremath{\\ge}" },
    { 0, NULL },
};

/* Latin letters that LaTeX's T1 has: Latin-1, and these of Extended-A. */
static bool is_t1_letter(int32_t code)
{
    static const char extended[] = "ĂăĄąĆćČčĎďĐđĘęĚěĞğİıĹĺĽľŁłŃńŇňŊŋŐőŒœŔŕŘřŚśŞşŠšŤťŮůŰűŸŹźŻżŽž";
    size_t i = 0;
    if (code >= 0xc0 && code <= 0xff)
        return true;
    while (i < sizeof extended - 1)
        if (utf8_next(extended, sizeof extended - 1, &i) == code)
            return true;
    return false;
}

void markup_latex(struct buf *out, const char *text)
{
    const size_t n = strlen(text);
    for (size_t i = 0, begin = 0; i < n; begin = i) {
        const int32_t code = utf8_next(text, n, &i);
        const char *as = find(latex_signs, code);
        if (as)
            buf_puts(out, as);
        else if (code < 0x20 || code == 0x7f)
            buf_putc(out, ' ');
        else if (code < 0x80 || is_t1_letter(code))
            buf_append(out, text + begin, i - begin);
        else
            buf_printf(out, "{[}U+%04X{]}", (unsigned)code);
        if (code > 0 && code < 0x80 && strchr("-'?!,`", code) && text[i] == (char)code) /* "--" stays two signs */
            buf_puts(out, "{}");
    }
}

void markup_md(struct buf *out, const char *text)
{
    static const struct sign signs[] = {
        { '<', "&lt;" }, { '>', "&gt;" }, { '&', "&amp;" }, { '\\', "\\\\" }, { '`', "\\`" }, { '*', "\\*" }, { '_', "\\_" },
        { '{', "\\{" }, { '}', "\\}" }, { '[', "\\[" }, { ']', "\\]" }, { '#', "\\#" }, { '|', "\\|" }, { '~', "\\~" }, { '$', "\\$" },
        { 0, NULL },
    };
    for (const char *c = text; *c; c++) {
        const char *as = find(signs, (unsigned char)*c);
        if (as)
            buf_puts(out, as);
        else
            buf_putc(out, (unsigned char)*c < 0x20 || *c == 0x7f ? ' ' : *c);
    }
}
