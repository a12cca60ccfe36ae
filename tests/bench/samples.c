/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/bench/samples.h"

#include "common/base/scope.h"

#include <string.h>

/* Returns the index of NAME in a list. Adds a new NAME; returns MOST if the list is full. */
static size_t number_of(char **list, size_t *n, size_t most, const char *name)
{
	for (size_t i = 0; i < *n; i++)
		if (!strcmp(list[i], name))
			return i;
	if (*n == most || !(list[*n] = strdup(name)))
		return most;
	return (*n)++;
}

static int add(struct samples *samples, char **fields)
{
	size_t mode = number_of(samples->modes, &samples->n_modes, MOST_MODES, fields[0]);
	size_t round = strtoul(fields[1], NULL, 10);
	size_t side = number_of(samples->sides, &samples->n_sides, MOST_SIDES, fields[2]);
	size_t work = number_of(samples->works, &samples->n_works, MOST_WORKS, fields[3]);
	double ops = strtod(fields[4], NULL);
	auto_free struct sample *sample = calloc(1, sizeof(*sample));

	if (mode == MOST_MODES || round >= MOST_ROUNDS || side == MOST_SIDES ||
		work == MOST_WORKS || ops <= 0)
		return -EINVAL;
	if (!sample || !(sample->requests = strdup(fields[8])))
		return -ENOMEM;
	sample->ops = ops;
	sample->wall = strtod(fields[5], NULL) / ops;
	sample->processor = (strtod(fields[6], NULL) + strtod(fields[7], NULL)) / ops;
	struct sample **at = &samples->at[mode][work][side][round];
	if (*at)
		return -EEXIST;
	*at = steal_ptr(&sample);
	return 0;
}

static int read_line(struct samples *samples, char *line)
{
	char *fields[9];
	size_t n = 0;

	line[strcspn(line, "\n")] = 0;
	for (char *field; n < 9 && (field = strsep(&line, "\t"));)
		fields[n++] = field;
	return n == 9 ? add(samples, fields) : -EINVAL;
}

int samples_read(FILE *from, struct samples **ret)
{
	auto_free char *line = NULL;
	size_t room = 0;
	struct samples *samples = calloc(1, sizeof(*samples));
	int r = samples ? 0 : -ENOMEM;

	while (r == 0 && getline(&line, &room, from) > 0)
		r = read_line(samples, line);
	if (r < 0) {
		samples_free(samples);
		return r;
	}
	*ret = samples;
	return 0;
}

static void free_list(char **list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(list[i]);
}

void samples_free(struct samples *samples)
{
	if (!samples)
		return;
	struct sample **all = &samples->at[0][0][0][0];
	for (size_t i = 0; i < sizeof(samples->at) / sizeof(*all); i++) {
		if (all[i])
			free(all[i]->requests);
		free(all[i]);
	}
	free_list(samples->modes, samples->n_modes);
	free_list(samples->sides, samples->n_sides);
	free_list(samples->works, samples->n_works);
	free(samples);
}

static double figure_of(const struct sample *sample, enum figure figure)
{
	return figure == FIGURE_WALL ? sample->wall : sample->processor;
}

static int compare(const void *a, const void *b)
{
	double one = *(const double *)a, other = *(const double *)b;

	return (one > other) - (one < other);
}

/* Returns the value below which the part SHARE of all values lies; between two values, an average
 * of them. Negative if there are no values. */
static double quantile(double *values, size_t n, double share)
{
	if (!n)
		return -1;
	qsort(values, n, sizeof(*values), compare);
	double at = share * (double)(n - 1);
	size_t below = (size_t)at, above = below + 1 < n ? below + 1 : below;
	return values[below] + (values[above] - values[below]) * (at - (double)below);
}

double samples_median(const struct samples *samples, struct place place, enum figure figure)
{
	struct sample *const *rounds = samples->at[place.mode][place.work][place.side];
	double values[MOST_ROUNDS];
	size_t n = 0;

	for (size_t i = 0; i < MOST_ROUNDS; i++)
		if (rounds[i])
			values[n++] = figure_of(rounds[i], figure);
	return quantile(values, n, 0.5);
}

/* Returns the statistic NAME of SAMPLE; negative if it has none. */
static double named(const struct sample *sample, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = sample->requests; at; at = strchr(at, ' ')) {
		at += strspn(at, " ");
		if (!strncmp(at, name, length) && at[length] == '=')
			return strtod(at + length + 1, NULL);
	}
	return -1;
}

double samples_named(const struct samples *samples, struct place place, const char *name)
{
	struct sample *const *rounds = samples->at[place.mode][place.work][place.side];
	double values[MOST_ROUNDS];
	size_t n = 0;

	for (size_t i = 0; i < MOST_ROUNDS; i++)
		if (rounds[i] && (values[n] = named(rounds[i], name)) >= 0)
			n++;
	return quantile(values, n, 0.5);
}

static size_t list_ratios(const struct samples *samples, struct place place, size_t base,
	enum figure figure, double ret[MOST_ROUNDS])
{
	struct sample *const *rounds = samples->at[place.mode][place.work][place.side];
	struct sample *const *bases = samples->at[place.mode][place.work][base];
	size_t n = 0;

	for (size_t i = 0; i < MOST_ROUNDS; i++)
		if (rounds[i] && bases[i] && figure_of(bases[i], figure) > 0)
			ret[n++] = figure_of(rounds[i], figure) / figure_of(bases[i], figure);
	return n;
}

double samples_ratio(
	const struct samples *samples, struct place place, size_t base, enum figure figure)
{
	double values[MOST_ROUNDS];

	return quantile(values, list_ratios(samples, place, base, figure, values), 0.5);
}

struct spread samples_spread(
	const struct samples *samples, struct place place, size_t base, enum figure figure)
{
	double values[MOST_ROUNDS];
	size_t n = list_ratios(samples, place, base, figure, values);

	return (struct spread){ .n = n,
		.low = quantile(values, n, 0.25),
		.median = quantile(values, n, 0.5),
		.high = quantile(values, n, 0.75) };
}

const struct sample *samples_first(const struct samples *samples, struct place place)
{
	for (size_t i = 0; i < MOST_ROUNDS; i++)
		if (samples->at[place.mode][place.work][place.side][i])
			return samples->at[place.mode][place.work][place.side][i];
	return NULL;
}

size_t samples_side(const struct samples *samples, const char *name)
{
	size_t i = 0;

	while (i < samples->n_sides && strcmp(samples->sides[i], name))
		i++;
	return i;
}
