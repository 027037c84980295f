#include "report/raster.h"

#include <cairo-pdf.h>
#include <librsvg/rsvg.h>

#include "base/banned.h"

/* One drawing: the document, its size in CSS pixels, and where the bytes go. */
struct drawing {
    RsvgHandle *svg;
    double width_px, height_px;
};

static cairo_status_t append(void *closure, const unsigned char *data, unsigned int n)
{
    buf_append(closure, data, n);
    return CAIRO_STATUS_SUCCESS;
}

static int drawing_open(struct drawing *d, const char *svg, size_t svg_bytes, double scale,
                        struct err *err)
{
    GError *why = NULL;
    d->svg = rsvg_handle_new_from_data((const guint8 *)svg, svg_bytes, &why);
    if (!d->svg) {
        err_set(err, ERR_FORMAT, "picture: not a readable SVG: %s",
                why ? why->message : "no reason given");
        g_clear_error(&why);
        return -1;
    }
    rsvg_handle_set_dpi(d->svg, 96);
    if (!rsvg_handle_get_intrinsic_size_in_pixels(d->svg, &d->width_px, &d->height_px))
        return err_set(err, ERR_FORMAT, "picture: the SVG states no width and height in pixels");
    double most = scale * (d->width_px > d->height_px ? d->width_px : d->height_px);
    if (!(scale > 0) || !(most <= RASTER_MAX_PX) || d->width_px < 1 || d->height_px < 1)
        return err_set(err, ERR_RANGE,
                       "picture: %g x %g px at scale %g: each side must be 1 to %d px", d->width_px,
                       d->height_px, scale, RASTER_MAX_PX);
    return 0;
}

static void drawing_close(struct drawing *d)
{
    if (d->svg)
        g_object_unref(d->svg);
}

static int draw(const struct drawing *d, cairo_surface_t *surface, double scale, struct err *err)
{
    int ret = -1;
    GError *why = NULL;
    RsvgRectangle all = {0, 0, d->width_px, d->height_px};
    cairo_t *cr = cairo_create(surface);
    cairo_set_source_rgb(cr, 1, 1, 1);
    cairo_paint(cr);
    cairo_scale(cr, scale, scale);
    if (rsvg_handle_render_document(d->svg, cr, &all, &why) &&
        cairo_status(cr) == CAIRO_STATUS_SUCCESS)
        ret = 0;
    else
        err_set(err, ERR_FORMAT, "picture: %s",
                why ? why->message : cairo_status_to_string(cairo_status(cr)));
    g_clear_error(&why);
    cairo_destroy(cr);
    return ret;
}

int raster_png(struct buf *out, const char *svg, size_t svg_bytes, double scale, struct err *err)
{
    struct drawing d = {0};
    struct buf png = BUF_INIT;
    cairo_surface_t *surface = NULL;
    int ret = -1;

    if (drawing_open(&d, svg, svg_bytes, scale, err) < 0)
        goto done;
    surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)(d.width_px * scale + 0.5),
                                         (int)(d.height_px * scale + 0.5));
    if (draw(&d, surface, scale, err) < 0)
        goto done;
    cairo_status_t status = cairo_surface_write_to_png_stream(surface, append, &png);
    if (status != CAIRO_STATUS_SUCCESS) {
        err_set(err, ERR_IO, "picture: writing the PNG: %s", cairo_status_to_string(status));
        goto done;
    }
    buf_append(out, png.data, png.len);
    ret = 0;
done:
    if (surface)
        cairo_surface_destroy(surface);
    buf_release(&png);
    drawing_close(&d);
    return ret;
}

int raster_pdf(struct buf *out, const char *svg, size_t svg_bytes, const char *title,
               const char *created, struct err *err)
{
    static const double pt_per_px = 0.75;
    struct drawing d = {0};
    struct buf pdf = BUF_INIT;
    cairo_surface_t *surface = NULL;
    int ret = -1;

    if (drawing_open(&d, svg, svg_bytes, 1, err) < 0)
        goto done;
    surface = cairo_pdf_surface_create_for_stream(append, &pdf, d.width_px * pt_per_px,
                                                  d.height_px * pt_per_px);
    /* Without this the file would carry the time of writing: the same chart, other bytes. */
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE,
                                   created ? created : "1970-01-01T00:00:00Z");
    if (title)
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, title);
    if (draw(&d, surface, pt_per_px, err) < 0)
        goto done;
    cairo_surface_finish(surface);
    if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS) {
        err_set(err, ERR_IO, "picture: writing the PDF: %s",
                cairo_status_to_string(cairo_surface_status(surface)));
        goto done;
    }
    buf_append(out, pdf.data, pdf.len);
    ret = 0;
done:
    if (surface)
        cairo_surface_destroy(surface);
    buf_release(&pdf);
    drawing_close(&d);
    return ret;
}
