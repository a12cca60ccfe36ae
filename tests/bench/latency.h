/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Measures how long the single operations of a piece of work take. */
#pragma once

#include <stdint.h>

/* Forgets all operations. */
void latency_clear(void);
uint64_t latency_begin(void);
/* Counts an operation that began at BEGIN. */
void latency_end(uint64_t begin);
/* Prints " p50_ns=N p99_ns=N", to within 3 %, if operations were counted. */
void latency_print(void);
