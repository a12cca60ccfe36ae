/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bench-report: makes a table, a JSON file and plots out of samples. */
#include "common/base/scope.h"
#include "tests/bench/report.h"

#include <string.h>

static int complain(const char *what, const char *path, int code)
{
	fprintf(stderr, "bench-report: %s '%s': %s\n", what, path, strerror(-code));
	return EXIT_FAILURE;
}

static int write_plots(const struct samples *samples, size_t base, const char *prefix)
{
	char path[4096];

	for (size_t mode = 0; mode < samples->n_modes; mode++) {
		snprintf(path, sizeof(path), "%s-%s.svg", prefix, samples->modes[mode]);
		auto_fclose FILE *to = fopen(path, "we");
		if (!to)
			return complain("write", path, -errno);
		report_plot(samples, base, mode, to);
	}
	return EXIT_SUCCESS;
}

static int write_all(const struct samples *samples, size_t base, const char *prefix)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s.json", prefix);
	auto_fclose FILE *json = fopen(path, "we");
	if (!json)
		return complain("write", path, -errno);
	report_json(samples, base, json);
	report_table(samples, base, stdout);
	return write_plots(samples, base, prefix);
}

static int report(const struct samples *samples, char **argv, const char *side)
{
	size_t base = samples_side(samples, argv[2]);

	if (base == samples->n_sides)
		return complain("no samples of", argv[2], -ENOENT);
	if (!side)
		return write_all(samples, base, argv[3]);
	size_t other = samples_side(samples, side);
	if (other == samples->n_sides)
		return complain("no samples of", side, -ENOENT);
	report_changes(samples, other, base, stdout);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	const char *side = argc == 5 && !strcmp(argv[3], "--changes") ? argv[4] : NULL;
	struct samples *samples = NULL;

	if (argc != 4 && !side) {
		fputs("usage: bench-report SAMPLES BASE PREFIX\n"
		      "       bench-report SAMPLES BASE --changes SIDE\n"
		      "\n"
		      "Prints a table of ratios to side BASE; writes PREFIX.json and "
		      "PREFIX-MODE.svg.\n"
		      "With --changes it prints how SIDE differs from BASE, and writes nothing.\n",
			stderr);
		return 2;
	}
	auto_fclose FILE *from = fopen(argv[1], "re");
	int r = from ? samples_read(from, &samples) : -errno;
	if (r < 0)
		return complain("read", argv[1], r);
	int status = report(samples, argv, side);
	samples_free(samples);
	return status;
}
