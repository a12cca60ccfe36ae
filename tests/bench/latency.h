/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Measures how long each operation in a piece of work takes. */
#pragma once

#include <stdint.h>

/* Begins again: forgets all measured operations. */
void latency_clear(void);
uint64_t latency_begin(void);
/* Measures an operation that began at BEGIN and ends now. */
void latency_end(uint64_t begin);
/* Prints " p50_ns=N p99_ns=N", to within 3 %, if operations were counted. */
void latency_print(void);
