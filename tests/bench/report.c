/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/bench/report.h"

#include "common/base/scope.h"

#include <stdbool.h>
#include <string.h>

/* Prints the number of each kind of request for one operation, in the daemon's order. Leaves out
 * other statistics, whose names have small letters. */
static void print_requests(const struct sample *sample, bool json, FILE *to)
{
	auto_free char *text = sample ? strdup(sample->requests) : NULL;
	const char *before = "";
	char *state = NULL;

	for (char *at = text ? strtok_r(text, " ", &state) : NULL; at;
		at = strtok_r(NULL, " ", &state)) {
		char *equals = strchr(at, '=');
		if (!equals || (*at >= 'a' && *at <= 'z'))
			continue;
		*equals = 0;
		double each = strtod(equals + 1, NULL) / sample->ops;
		if (!json && each < 0.0005)
			continue;
		fputs(before, to);
		fprintf(to, json ? "\"%s\": %.4g" : "%s %.3g", at, each);
		before = ", ";
	}
}

static void print_ratio(double ratio, FILE *to)
{
	if (ratio < 0)
		fprintf(to, " %11s", "-");
	else
		fprintf(to, ratio < 10 ? " %11.2f" : " %11.1f", ratio);
}

static void print_row(const struct samples *samples, struct place place, size_t base,
	enum figure figure, FILE *to)
{
	struct place of_base = { .mode = place.mode, .work = place.work, .side = base };
	double ns = samples_median(samples, of_base, figure);

	if (ns < 0)
		fprintf(to, "%-16s %12s", samples->works[place.work], "-");
	else
		fprintf(to, "%-16s %12.0f", samples->works[place.work], ns);
	for (place.side = 0; place.side < samples->n_sides; place.side++)
		if (place.side != base)
			print_ratio(samples_ratio(samples, place, base, figure), to);
	fputs("  ", to);
	for (place.side = 0; place.side < samples->n_sides; place.side++) {
		const struct sample *sample = samples_first(samples, place);
		if (sample && sample->requests[0])
			print_requests(sample, false, to);
	}
	fputc('\n', to);
}

static void print_head(
	const struct samples *samples, size_t mode, size_t base, enum figure figure, FILE *to)
{
	fprintf(to,
		"\n%s, %s: ns an operation on %s, ratios to it, requests an operation\n%-16s %12s",
		samples->modes[mode],
		figure == FIGURE_WALL ? "time" : "processor time of client and daemon",
		samples->sides[base], "work", samples->sides[base]);
	for (size_t side = 0; side < samples->n_sides; side++)
		if (side != base)
			fprintf(to, " %11.11s", samples->sides[side]);
	fputc('\n', to);
}

static void print_latency(double p50, double p99, FILE *to)
{
	if (p50 < 0)
		fprintf(to, " %17s", "-");
	else
		fprintf(to, " %8.1f %8.1f", p50 / 1000, p99 / 1000);
}

static void print_latencies(const struct samples *samples, size_t work, size_t mode, FILE *to)
{
	struct place place = { .mode = mode, .work = work };
	double daemon = -1;

	if (samples_named(samples, place, "p50_ns") < 0)
		return;
	fprintf(to, "%-16s", samples->works[work]);
	for (; place.side < samples->n_sides; place.side++) {
		print_latency(samples_named(samples, place, "p50_ns"),
			samples_named(samples, place, "p99_ns"), to);
		double ns = samples_named(samples, place, "daemon_ns");
		daemon = ns < 0 ? daemon : ns;
	}
	if (daemon < 0)
		fprintf(to, " %8s\n", "-");
	else
		fprintf(to, " %8.1f\n", daemon / 1000);
}

/* Prints how long single requests took. Only shale-fuse has this: other sides count no requests. */
static void report_latencies(const struct samples *samples, size_t mode, FILE *to)
{
	fprintf(to,
		"\n%s: p50 and p99 of single operations, and the daemon's processor time a "
		"request, in us\n%-16s",
		samples->modes[mode], "work");
	for (size_t side = 0; side < samples->n_sides; side++)
		fprintf(to, " %17.17s", samples->sides[side]);
	fprintf(to, " %8s\n", "daemon");
	for (size_t work = 0; work < samples->n_works; work++)
		print_latencies(samples, work, mode, to);
}

void report_table(const struct samples *samples, size_t base, FILE *to)
{
	for (size_t mode = 0; mode < samples->n_modes; mode++) {
		for (enum figure figure = FIGURE_WALL; figure <= FIGURE_PROCESSOR; figure++) {
			print_head(samples, mode, base, figure, to);
			for (size_t work = 0; work < samples->n_works; work++)
				print_row(samples, (struct place){ .mode = mode, .work = work },
					base, figure, to);
		}
		report_latencies(samples, mode, to);
	}
}

static void print_named(const struct samples *samples, struct place place, FILE *to)
{
	static const char *const names[] = { "p50_ns", "p99_ns", "daemon_ns" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		double figure = samples_named(samples, place, names[i]);
		if (figure >= 0)
			fprintf(to, ", \"%s\": %.0f", names[i], figure);
	}
}

static void print_cell(const struct samples *samples, struct place place, size_t base, FILE *to)
{
	const struct sample *sample = samples_first(samples, place);

	fprintf(to,
		"{ \"mode\": \"%s\", \"work\": \"%s\", \"side\": \"%s\", \"operations\": %.0f, "
		"\"wall_ns\": %.1f, \"processor_ns\": %.1f",
		samples->modes[place.mode], samples->works[place.work], samples->sides[place.side],
		sample->ops, samples_median(samples, place, FIGURE_WALL),
		samples_median(samples, place, FIGURE_PROCESSOR));
	double wall = samples_ratio(samples, place, base, FIGURE_WALL);
	if (wall >= 0)
		fprintf(to, ", \"wall_ratio\": %.4g, \"processor_ratio\": %.4g", wall,
			samples_ratio(samples, place, base, FIGURE_PROCESSOR));
	print_named(samples, place, to);
	fputs(", \"requests\": { ", to);
	print_requests(sample, true, to);
	fputs(" } }", to);
}

void report_json(const struct samples *samples, size_t base, FILE *to)
{
	const char *before = "";

	fprintf(to, "{ \"base\": \"%s\", \"results\": [\n", samples->sides[base]);
	for (size_t mode = 0; mode < samples->n_modes; mode++)
		for (size_t work = 0; work < samples->n_works; work++)
			for (size_t side = 0; side < samples->n_sides; side++) {
				struct place place = { mode, work, side };
				if (!samples_first(samples, place))
					continue;
				fputs(before, to);
				print_cell(samples, place, base, to);
				before = ",\n";
			}
	fputs("\n] }\n", to);
}

/* Tells whether a row is slower or faster. It is if there are enough rounds, three quarters of them
 * agree on the direction, and the median differs by more than SMALL. */
static const char *verdict(struct spread spread)
{
	const double small = 0.05;
	const size_t enough = 5;

	if (spread.n < enough)
		return "";
	if (spread.low > 1 && spread.median > 1 + small)
		return "slower";
	if (spread.high < 1 && spread.median < 1 - small)
		return "faster";
	return "";
}

static void print_change(const struct samples *samples, struct place place, size_t base, FILE *to)
{
	static const char *const figures[] = {
		[FIGURE_WALL] = "time", [FIGURE_PROCESSOR] = "processor"
	};

	for (enum figure figure = FIGURE_WALL; figure <= FIGURE_PROCESSOR; figure++) {
		struct spread spread = samples_spread(samples, place, base, figure);
		if (spread.n)
			fprintf(to, "%-8s %-16s %-10s %8.2f %8.2f %8.2f  %s\n",
				samples->modes[place.mode], samples->works[place.work],
				figures[figure], spread.low, spread.median, spread.high,
				verdict(spread));
	}
}

void report_changes(const struct samples *samples, size_t side, size_t base, FILE *to)
{
	fprintf(to,
		"\n%s against %s, ratios of each round's figures\n"
		"%-8s %-16s %-10s %8s %8s %8s\n",
		samples->sides[side], samples->sides[base], "mode", "work", "figure", "quarter",
		"median", "quarter");
	for (size_t mode = 0; mode < samples->n_modes; mode++)
		for (size_t work = 0; work < samples->n_works; work++)
			print_change(samples,
				(struct place){ .mode = mode, .work = work, .side = side }, base,
				to);
}
