/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Closes all descriptors of a range. */
#pragma once

/* Closes the descriptors FIRST to LAST, both included; does nothing if FIRST is greater. Before
 * Linux 5.9 it closes only those below 65536. Allocates nothing. */
void fdrange_close(unsigned int first, unsigned int last);
