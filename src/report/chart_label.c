/* Vega-Lite has no labels that avoid each other. */
#include <stdlib.h>

#include "base/xalloc.h"
#include "report/chart_panel.h"
#include "report/textwidth.h"

#include "base/banned.h"

struct box {
    double x0, x1, y0, y1; /* px, y upwards */
};

static bool overlap(const struct box *a, const struct box *b)
{
    return a->x0 < b->x1 && b->x0 < a->x1 && a->y0 < b->y1 && b->y0 < a->y1;
}

static struct box box_around(double x, double y, double half_width, double half_height)
{
    return (struct box){x - half_width, x + half_width, y - half_height, y + half_height};
}

void labels_place(int *place, const struct panel *p, const struct frame *f)
{
    static const double point_half_px = 4, offset_px = 13, half_height_px = 6;
    int level_column = frame_column(f, "level");
    struct box *taken = xcalloc((size_t)f->n_rows * 2 + 1, sizeof *taken);
    int n_taken = 0;

    for (int r = 0; r < f->n_rows; r++)
        if (panel_draws(p, f, r))
            taken[n_taken++] =
                box_around(scale_px(&p->x, chart_value(f, r, p->x_column)),
                           scale_px(&p->y, chart_value(f, r, p->y_column)), point_half_px, point_half_px);
    for (int r = 0; r < f->n_rows; r++) {
        place[r] = LABEL_NONE;
        const char *level = chart_text(f, r, level_column);
        if (!panel_draws(p, f, r) || !level[0])
            continue;
        double x = scale_px(&p->x, chart_value(f, r, p->x_column));
        double y = scale_px(&p->y, chart_value(f, r, p->y_column));
        double half_width_px = textwidth_px(level, LABEL_FONT_PX, false) / 2 + 2;
        for (int side = LABEL_ABOVE; side <= LABEL_BELOW && place[r] == LABEL_NONE; side++) {
            double dy = side == LABEL_ABOVE ? offset_px : -offset_px;
            struct box b = box_around(x, y + dy, half_width_px, half_height_px);
            bool is_free = b.x0 >= 0 && b.x1 <= p->x.px && b.y0 >= 0 && b.y1 <= p->y.px;
            for (int i = 0; i < n_taken && is_free; i++)
                is_free = !overlap(&b, &taken[i]);
            if (is_free) {
                place[r] = side;
                taken[n_taken++] = b;
            }
        }
    }
    free(taken);
}
