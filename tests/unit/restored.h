/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The record of a stream, made while the stream is unpacked, and what it gives back. */
#pragma once

#include "common/archive/apply/apply.h"

struct recording {
	int dir, aside;
	struct apply_record record; /* for the spec */
};

void recording_begin(struct recording *recording);
/* Restores the stream from the record and the files below ROOT, as a memfd: the caller's. Fails the
 * test unless it is the stream of DIFF_ID. */
int recording_restore(const struct recording *recording, int root, const char *diff_id);
void recording_end(struct recording *recording);
