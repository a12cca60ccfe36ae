/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes the record of a stream while the stream is unpacked, and restores the stream. */
#pragma once

#include "common/archive/apply/apply.h"

struct recording {
	int dir, aside;
	struct apply_record record; /* the record to put into the spec */
};

void recording_begin(struct recording *recording);
/* Restores the stream from the record and the files below ROOT, as a memfd, which the caller
 * closes. Fails the test unless the stream's digest is DIFF_ID. */
int recording_restore(const struct recording *recording, int root, const char *diff_id);
void recording_end(struct recording *recording);
