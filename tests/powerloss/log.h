/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The log of a disk: its writes and flushes in their order, as records of a header and LENGTH
 * bytes. WRITE: these bytes were written at OFFSET. FLUSH: everything before it is safely on the
 * disk. MARK: text of the test, which says what had been promised by then. */
#pragma once

#include <stdint.h>

enum log_kind {
	LOG_WRITE = 1,
	LOG_FLUSH,
	LOG_MARK,
};

struct log_header {
	uint32_t kind;
	uint32_t length;
	uint64_t offset;
};

/* The three functions below return an exit status. */

/* Mounts at DIR, in the background, a filesystem with the file "disk", which is IMAGE, and the file
 * "mark", which takes marks. What they are told is added to LOG. */
int record(const char *program, const char *image, const char *log, const char *dir);

/* Changes IMAGE, a copy of the disk from before LOG, to what a power cut may have left. All writes
 * up to flush number FLUSH are made (the first flush is 0; FLUSH equal to their number makes all
 * writes). Unless SEED is 0, a random part of the writes between that flush and the next is made,
 * too, in pieces of a page. Prints the marks up to the cut. */
int replay(const char *log, const char *image, uint64_t flush, uint64_t seed);
/* Prints how many flushes LOG has. */
int count(const char *log);
