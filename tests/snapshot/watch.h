/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Measures how long a client of a mount waits for each of its operations. */
#pragma once

/* Makes, writes, reads and removes files in DIR until standard input ends. Prints how many
 * operations took how long: a line "MICROSECONDS COUNT" for each power of two, "most MICROSECONDS"
 * at the end. Returns the program's exit status. */
int watch_run(const char *dir);
