/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/bench/report.h"

#include <math.h>

enum { LEFT = 150, RIGHT = 900, TOP = 60, BAR = 7, GAP = 6 };
#define LEAST 0.1
#define MOST  100.0

static const char *const colours[] = { "#9a9a9a", "#4c78a8", "#e45756", "#f58518", "#72b7b2",
	"#54a24b", "#b279a2", "#eeca3b" };

static const char *colour_of(size_t side)
{
	return colours[side % (sizeof(colours) / sizeof(*colours))];
}

static double x_of(double ratio)
{
	double clamped = ratio < LEAST ? LEAST : ratio > MOST ? MOST : ratio;

	return (double)LEFT + (double)(RIGHT - LEFT) * log(clamped / LEAST) / log(MOST / LEAST);
}

static int height_of_row(const struct samples *samples)
{
	return (int)(samples->n_sides - 1) * BAR + GAP;
}

static void draw_scale(int bottom, FILE *to)
{
	static const double marks[] = { 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100 };

	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		double x = x_of(marks[i]);
		fprintf(to, "<line x1='%.1f' y1='%d' x2='%.1f' y2='%d' stroke='%s'/>\n", x, TOP, x,
			bottom, marks[i] == 1 ? "black" : "#dddddd");
		fprintf(to, "<text x='%.1f' y='%d' text-anchor='middle'>%g</text>\n", x, TOP - 6,
			marks[i]);
	}
}

static void draw_legend(const struct samples *samples, size_t base, FILE *to)
{
	int x = LEFT;

	for (size_t side = 0; side < samples->n_sides; side++) {
		if (side == base)
			continue;
		fprintf(to, "<rect x='%d' y='30' width='10' height='10' fill='%s'/>\n", x,
			colour_of(side));
		fprintf(to, "<text x='%d' y='39'>%s</text>\n", x + 14, samples->sides[side]);
		x += 130;
	}
}

static void draw_row(
	const struct samples *samples, struct place place, size_t base, int y, FILE *to)
{
	fprintf(to, "<text x='%d' y='%d' text-anchor='end'>%s</text>\n", LEFT - 6,
		y + height_of_row(samples) / 2, samples->works[place.work]);
	for (place.side = 0; place.side < samples->n_sides; place.side++) {
		if (place.side == base)
			continue;
		double ratio = samples_ratio(samples, place, base, FIGURE_WALL);
		double from = x_of(1), end = x_of(ratio);
		if (ratio > 0)
			fprintf(to,
				"<rect x='%.1f' y='%d' width='%.1f' height='%d' fill='%s'>"
				"<title>%s: %.2f</title></rect>\n",
				end < from ? end : from, y, fabs(end - from) + 1, BAR - 1,
				colour_of(place.side), samples->sides[place.side], ratio);
		y += BAR;
	}
}

void report_plot(const struct samples *samples, size_t base, size_t mode, FILE *to)
{
	int bottom = TOP + (int)samples->n_works * height_of_row(samples);

	fprintf(to,
		"<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d' "
		"font-family='sans-serif' font-size='11'>\n"
		"<rect width='100%%' height='100%%' fill='white'/>\n"
		"<text x='%d' y='18' font-size='14'>time, as a multiple of %s (%s); "
		"left of 1 is faster</text>\n",
		RIGHT + 30, bottom + 20, LEFT, samples->sides[base], samples->modes[mode]);
	draw_legend(samples, base, to);
	draw_scale(bottom, to);
	for (size_t work = 0; work < samples->n_works; work++)
		draw_row(samples, (struct place){ .mode = mode, .work = work }, base,
			TOP + GAP / 2 + (int)work * height_of_row(samples), to);
	fputs("</svg>\n", to);
}
