/* The picture: digits as strokes of our own, turned, bent by two waves, crossed by other strokes.
 */
#include <cairo.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hmis/captcha.h"
#include "lots.h"

/* Strokes in a box 60 wide and 100 high, y downward: M moves, L draws a line, C a Bezier curve. */
static const char *const glyphs[10] = {
    "M30 2 C50 2 58 25 58 50 C58 75 50 98 30 98 C10 98 2 75 2 50 C2 25 10 2 30 2",
    "M10 26 C22 20 29 12 33 2 L33 98 M12 98 L54 98",
    "M5 25 C5 8 18 2 30 2 C46 2 56 12 56 27 C56 50 10 70 4 98 L58 98",
    "M6 12 C14 4 22 2 30 2 C44 2 54 10 54 25 C54 40 42 47 24 47 C44 47 57 56 57 72 "
    "C57 88 45 98 29 98 C18 98 8 94 3 86",
    "M42 98 L42 2 L2 68 L58 68",
    "M52 2 L12 2 L8 44 C14 38 22 36 30 36 C46 36 57 48 57 66 C57 86 45 98 28 98 C18 98 9 94 4 86",
    "M50 4 C24 12 4 36 4 66 C4 86 14 98 30 98 C46 98 57 86 57 69 C57 52 46 42 31 42 "
    "C17 42 6 52 4 66",
    "M3 2 L57 2 C40 30 26 60 22 98",
    "M30 47 C16 47 7 38 7 25 C7 11 16 2 30 2 C44 2 53 11 53 25 C53 38 44 47 30 47 "
    "C13 47 3 58 3 73 C3 88 14 98 30 98 C46 98 57 88 57 73 C57 58 47 47 30 47",
    "M10 96 C36 88 56 64 56 34 C56 14 46 2 30 2 C14 2 3 14 3 31 C3 48 14 58 29 58 "
    "C43 58 54 48 56 34",
};

struct point {
    double x, y;
};

struct drawing {
    cairo_t *cairo;
    struct lots lots;
    double wave_x, wave_y, long_x, long_y, phase_x, phase_y; /* of the two waves */
    double left, middle, size, turn_cos, turn_sin, shear;    /* of the glyph at hand */
};

static struct point bend(const struct drawing *d, struct point at) {
    return (struct point){ at.x + d->wave_x * sin(at.y / d->long_x + d->phase_x),
                           at.y + d->wave_y * sin(at.x / d->long_y + d->phase_y) };
}

/* From the glyph's box onto the picture. */
static struct point place(const struct drawing *d, struct point at) {
    double y = (at.y - 50) * d->size, x = (at.x - 30) * d->size + d->shear * y;
    return bend(d, (struct point){ d->left + x * d->turn_cos - y * d->turn_sin,
                                   d->middle + x * d->turn_sin + y * d->turn_cos });
}

static void draw_curve(const struct drawing *d, struct point from, const struct point to[3]) {
    for (int step = 1; step <= 10; step++) {
        double t = step / 10.0, u = 1 - t;
        double a = u * u * u, b = 3 * u * u * t, c = 3 * u * t * t, e = t * t * t;
        struct point at =
            place(d, (struct point){ a * from.x + b * to[0].x + c * to[1].x + e * to[2].x,
                                     a * from.y + b * to[0].y + c * to[1].y + e * to[2].y });
        cairo_line_to(d->cairo, at.x, at.y);
    }
}

/* A straight line bends too: it is a curve with its handles on itself. */
static void draw_line(const struct drawing *d, struct point from, struct point to) {
    struct point third = { (2 * from.x + to.x) / 3, (2 * from.y + to.y) / 3 };
    struct point two_thirds = { (from.x + 2 * to.x) / 3, (from.y + 2 * to.y) / 3 };
    draw_curve(d, from, (struct point[]){ third, two_thirds, to });
}

static struct point read_point(const char **at) {
    struct point point;
    char *end;
    point.x = (double)strtol(*at, &end, 10);
    point.y = (double)strtol(end, &end, 10);
    *at = end;
    return point;
}

static void draw_glyph(const struct drawing *d, const char *strokes) {
    struct point pen = { 0, 0 };
    for (const char *at = strokes; *at; at += strspn(at, " ")) {
        char verb = *at++;
        struct point to[3] = { { 0, 0 } };
        for (int i = 0; i < (verb == 'C' ? 3 : 1); i++)
            to[i] = read_point(&at);
        if (verb == 'M') {
            struct point start = place(d, to[0]);
            cairo_move_to(d->cairo, start.x, start.y);
        } else if (verb == 'L') {
            draw_line(d, pen, to[0]);
        } else {
            draw_curve(d, pen, to);
        }
        pen = to[verb == 'C' ? 2 : 0];
    }
    cairo_stroke(d->cairo);
}

static void draw_digits(struct drawing *d, const char *answer) {
    double step = (CAPTCHA_WIDTH - 24.0) / CAPTCHA_DIGITS;
    for (int i = 0; i < CAPTCHA_DIGITS; i++) {
        double turn = lots_between(&d->lots, -0.22, 0.22);
        d->left = 12 + step * (i + 0.5) + lots_between(&d->lots, -2, 2);
        d->middle = CAPTCHA_HEIGHT / 2.0 + lots_between(&d->lots, -6, 6);
        d->size = lots_between(&d->lots, 0.36, 0.46);
        d->turn_cos = cos(turn);
        d->turn_sin = sin(turn);
        d->shear = lots_between(&d->lots, -0.12, 0.12);
        cairo_set_line_width(d->cairo, lots_between(&d->lots, 2.6, 4.2));
        draw_glyph(d, glyphs[answer[i] - '0']);
    }
}

/* Long strokes as thick as thin digits, so that they cannot be told apart by width alone. */
static void draw_crossings(struct drawing *d) {
    for (int i = 0; i < 3; i++) {
        double edge = lots_between(&d->lots, 0, 20);
        cairo_move_to(d->cairo, edge, lots_between(&d->lots, 8, CAPTCHA_HEIGHT - 8));
        cairo_curve_to(d->cairo, 60, lots_between(&d->lots, -10, CAPTCHA_HEIGHT + 10), 140,
                       lots_between(&d->lots, -10, CAPTCHA_HEIGHT + 10),
                       CAPTCHA_WIDTH - lots_between(&d->lots, 0, 20),
                       lots_between(&d->lots, 8, CAPTCHA_HEIGHT - 8));
        cairo_set_line_width(d->cairo, lots_between(&d->lots, 1.2, 1.8));
        cairo_stroke(d->cairo);
    }
}

static void draw_scraps(struct drawing *d) {
    for (int i = 0; i < 45; i++) {
        double x = lots_between(&d->lots, 0, CAPTCHA_WIDTH);
        double y = lots_between(&d->lots, 0, CAPTCHA_HEIGHT);
        double turn = lots_between(&d->lots, 0, 6.283);
        double length = lots_between(&d->lots, 0, 6);
        cairo_move_to(d->cairo, x, y);
        cairo_line_to(d->cairo, x + length * cos(turn), y + length * sin(turn));
        cairo_set_line_width(d->cairo, lots_between(&d->lots, 1, 2));
        cairo_stroke(d->cairo);
    }
}

static cairo_status_t add_bytes(void *closure, const unsigned char *data, unsigned length) {
    buffer_add(closure, data, length);
    return CAIRO_STATUS_SUCCESS;
}

/* An alpha-only surface becomes a grey PNG of one byte a pixel: opaque is white, ink takes away. */
void captcha_image(const char *answer, const uint8_t seed[CAPTCHA_SEED], struct buffer *png) {
    cairo_surface_t *surface =
        cairo_image_surface_create(CAIRO_FORMAT_A8, CAPTCHA_WIDTH, CAPTCHA_HEIGHT);
    struct drawing d = { .cairo = cairo_create(surface), .lots = lots_from(seed, "image") };
    cairo_paint(d.cairo);
    cairo_set_operator(d.cairo, CAIRO_OPERATOR_DEST_OUT);
    cairo_set_line_cap(d.cairo, CAIRO_LINE_CAP_ROUND);
    cairo_set_line_join(d.cairo, CAIRO_LINE_JOIN_ROUND);
    d.wave_x = lots_between(&d.lots, 1.5, 3);
    d.wave_y = lots_between(&d.lots, 2, 4.5);
    d.long_x = lots_between(&d.lots, 7, 12);
    d.long_y = lots_between(&d.lots, 10, 22);
    d.phase_x = lots_between(&d.lots, 0, 6.283);
    d.phase_y = lots_between(&d.lots, 0, 6.283);
    cairo_set_source_rgba(d.cairo, 0, 0, 0, 0.45);
    draw_scraps(&d);
    cairo_set_source_rgba(d.cairo, 0, 0, 0, 0.9);
    draw_digits(&d, answer);
    draw_crossings(&d);
    cairo_destroy(d.cairo);
    cairo_status_t status = cairo_surface_write_to_png_stream(surface, add_bytes, png);
    cairo_surface_destroy(surface);
    ENSURE(status == CAIRO_STATUS_SUCCESS, "cairo writes a PNG to memory");
}
