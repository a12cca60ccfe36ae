/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/apply_fixture.h"

#include "common/base/scope.h"

#include "tests/unit/restored.h"

#include <check.h>
#include <fcntl.h>
#include <unistd.h>

struct applied apply_with(struct tarball *tar, struct apply_spec spec)
{
	struct applied applied = { .root = scratch_dir() };
	struct recording recording;

	recording_begin(&recording);
	tar->at = 0;
	spec.root = applied.root;
	spec.read = tarball_read;
	spec.arg = tar;
	spec.record = &recording.record;
	applied.code = apply_tar(&spec, &applied.result, &applied.err);
	if (applied.code == 0)
		close(recording_restore(&recording, applied.root, applied.result.diff_id));
	recording_end(&recording);
	return applied;
}

struct applied apply_tarball(struct tarball *tar)
{
	return apply_with(tar, (struct apply_spec){ .class = XATTR_USER });
}

struct applied apply_entries(const struct tar_entry *entries, size_t n, int code)
{
	struct tarball tar = { 0 };

	for (size_t i = 0; i < n; i++)
		tarball_add(&tar, &entries[i]);
	tarball_end(&tar);
	struct applied applied = apply_tarball(&tar);
	tarball_free(&tar);
	ck_assert_msg(applied.code == code, "%d, not %d: %s", applied.code, code, applied.err.text);
	return applied;
}

struct stat stat_of(int root, const char *path)
{
	struct stat st;

	ck_assert_msg(fstatat(root, path, &st, AT_SYMLINK_NOFOLLOW) == 0, "no '%s'", path);
	return st;
}

void apply_gives(const struct tar_entry *entries, size_t most, const char *tree)
{
	size_t n = 0;

	while (n < most && entries[n].name)
		n++;
	struct applied applied = apply_entries(entries, n, 0);
	auto_free char *got = scratch_names(applied.root);
	ck_assert_str_eq(got, tree);
}
