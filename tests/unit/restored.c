/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/restored.h"

#include "common/archive/stream/stream_record.h"
#include "common/archive/stream/stream_restore.h"
#include "common/base/scope.h"
#include "tests/unit/scratch.h"

#include <check.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void recording_begin(struct recording *recording)
{
	recording->dir = scratch_dir();
	recording->aside = scratch_dir();
	recording->record = (struct apply_record){ recording->dir, recording->aside };
}

int recording_restore(const struct recording *recording, int root, const char *diff_id)
{
	struct shale_error err = { 0 };
	int out = memfd_create("tar", MFD_CLOEXEC);
	auto_close int record = openat(recording->dir, STREAM_FILE, O_RDONLY | O_CLOEXEC);
	struct stream_original original = { .record = record };

	ck_assert_int_ge(record, 0);
	strcpy(original.diff_id, diff_id);
	int r = stream_restore(&original, root, out, NULL, &err);
	ck_assert_msg(r == 0, "the stream does not come back: %s", err.text);
	return out;
}

void recording_end(struct recording *recording)
{
	close(recording->dir);
	close(recording->aside);
}
