/* The folders come from the build: PERBIT_CHARTS_DIR, PERBIT_TEXTS_DIR, PERBIT_PAGE_DIR, PERBIT_JS_DIR. */
#include "report/assets.h"

#include <string.h>

#include "base/embed.h"

#include "base/banned.h"

#define ASSET_LIST(X)                                                                              \
    X(spec_accuracy_size, PERBIT_CHARTS_DIR, "accuracy_size.vl.json")                              \
    X(spec_score_bpw, PERBIT_CHARTS_DIR, "score_bpw.vl.json")                                      \
    X(spec_speed_quality, PERBIT_CHARTS_DIR, "speed_quality.vl.json")                              \
    X(spec_recovery, PERBIT_CHARTS_DIR, "recovery.vl.json")                                        \
    X(spec_retained, PERBIT_CHARTS_DIR, "retained.vl.json")                                        \
    X(spec_flips, PERBIT_CHARTS_DIR, "flips.vl.json")                                              \
    X(spec_kl_flips, PERBIT_CHARTS_DIR, "kl_flips.vl.json")                                        \
    X(chart_parts, PERBIT_CHARTS_DIR, "parts.json")                                                \
    X(theme_light, PERBIT_CHARTS_DIR, "theme_light.json")                                          \
    X(theme_dark, PERBIT_CHARTS_DIR, "theme_dark.json")                                            \
    X(spec_perplexity_bpw, PERBIT_CHARTS_DIR, "perplexity_bpw.vl.json")                            \
    X(spec_speed_size, PERBIT_CHARTS_DIR, "speed_size.vl.json")                                    \
    X(section_tex, PERBIT_TEXTS_DIR, "section.tex")                                                \
    X(post_md, PERBIT_TEXTS_DIR, "post.md")                                                        \
    X(page_page_css, PERBIT_PAGE_DIR "/page", "page.css")                                         \
    X(page_dom_js, PERBIT_PAGE_DIR "/page", "dom.js")                                             \
    X(page_plain_js, PERBIT_PAGE_DIR "/page", "plain.js")                                         \
    X(page_data_js, PERBIT_PAGE_DIR "/page", "data.js")                                           \
    X(page_stats_js, PERBIT_PAGE_DIR "/page", "stats.js")                                         \
    X(page_state_js, PERBIT_PAGE_DIR "/page", "state.js")                                         \
    X(page_filters_js, PERBIT_PAGE_DIR "/page", "filters.js")                                     \
    X(page_table_js, PERBIT_PAGE_DIR "/page", "table.js")                                         \
    X(page_compare_js, PERBIT_PAGE_DIR "/page", "compare.js")                                     \
    X(page_advise_js, PERBIT_PAGE_DIR "/page", "advise.js")                                       \
    X(page_missing_js, PERBIT_PAGE_DIR "/page", "missing.js")                                     \
    X(page_charts_js, PERBIT_PAGE_DIR "/page", "charts.js")                                       \
    X(page_live_js, PERBIT_PAGE_DIR "/page", "live.js")                                           \
    X(page_main_js, PERBIT_PAGE_DIR "/page", "main.js")                                           \
    X(svg_js, PERBIT_PAGE_DIR, "svg.js")                                                           \
    X(vega, PERBIT_JS_DIR, "vega.min.js")                                                          \
    X(vega_lite, PERBIT_JS_DIR, "vega-lite.min.js")                                                \
    X(vega_embed, PERBIT_JS_DIR, "vega-embed.min.js")

#define INCLUDE_FILE(id, dir, file) EMBED_FILE(perbit_asset_##id, dir "/" file)
ASSET_LIST(INCLUDE_FILE)

#define ROW(id, dir, file) {file, perbit_asset_##id, perbit_asset_##id##_end},
static const struct asset assets[] = {ASSET_LIST(ROW)};

int asset_n(void)
{
    return sizeof assets / sizeof assets[0];
}

const struct asset *asset_at(int i)
{
    return &assets[i];
}

const struct asset *asset_find(const char *name)
{
    for (int i = 0; i < asset_n(); i++)
        if (strcmp(assets[i].name, name) == 0)
            return &assets[i];
    return NULL;
}

size_t asset_size(const struct asset *a)
{
    return (size_t)(a->end - a->data);
}
