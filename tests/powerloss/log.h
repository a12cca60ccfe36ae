/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The writes and flushes of a disk, in order, as a file: records of a header and LENGTH bytes.
 * WRITE holds the bytes written at OFFSET; FLUSH nothing: all before it is on the disk for good;
 * MARK words of the test, which say what had been promised by then.
 */
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

/* Each returns an exit status. */

/* Mounts at DIR, in the background, a filesystem with the file "disk", which is IMAGE, and the file
 * "mark", which takes marks. What they are told is added to LOG. */
int record(const char *program, const char *image, const char *log, const char *dir);

/* Makes IMAGE, a copy of what the disk was before LOG, into what a power cut may have left: all up
 * to flush number FLUSH (from 0; the number of flushes: the end), and, unless SEED is 0, of what
 * came between it and an instant before the next one any part, in pieces of a page. Prints the
 * marks up to that instant. */
int replay(const char *log, const char *image, uint64_t flush, uint64_t seed);
/* Prints how many flushes LOG has. */
int count(const char *log);
