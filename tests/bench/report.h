/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Turns samples into ratios to side BASE: as a table, as JSON, and as a picture. */
#pragma once

#include "tests/bench/samples.h"

void report_table(const struct samples *samples, size_t base, FILE *to);
void report_json(const struct samples *samples, size_t base, FILE *to);
/* How SIDE differs from BASE, row by row, and which rows moved by more than the noise. */
void report_changes(const struct samples *samples, size_t side, size_t base, FILE *to);
/* SVG: a row a work, a bar a side, on a logarithmic scale. Of MODE. */
void report_plot(const struct samples *samples, size_t base, size_t mode, FILE *to);
