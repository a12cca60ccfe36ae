/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints how the samples of each side compare with those of side BASE: as a table, as JSON, and as
 * a picture. */
#pragma once

#include "tests/bench/samples.h"

void report_table(const struct samples *samples, size_t base, FILE *to);
void report_json(const struct samples *samples, size_t base, FILE *to);
/* Prints how SIDE differs from BASE in each row, and which rows differ by more than the noise. */
void report_changes(const struct samples *samples, size_t side, size_t base, FILE *to);
/* Draws a picture in SVG for MODE: a row for each work, with a bar for each side, on a logarithmic
 * scale. */
void report_plot(const struct samples *samples, size_t base, size_t mode, FILE *to);
