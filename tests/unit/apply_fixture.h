/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unpacks a tarball into a scratch directory, as most tests of common/archive do. */
#pragma once

#include <sys/stat.h>

#include "common/archive/apply/apply.h"
#include "tests/unit/scratch.h"
#include "tests/unit/tarball.h"

struct applied {
	int root;
	int code;
	struct apply_result result;
	struct shale_error err;
};

/* Unpacks TAR from its beginning, with marks in the user class and owners in the inode. The caller
 * closes the directory. */
struct applied apply_tarball(struct tarball *tar);
/* Unpacks TAR like apply_tarball, with the other fields of SPEC; fills in its root, read and arg.
 * Also checks that the record of the stream gives the same stream back, if all of it was
 * unpacked. */
struct applied apply_with(struct tarball *tar, struct apply_spec spec);
/* Unpacks N entries. Fails the test with the error's words unless the result is CODE. */
struct applied apply_entries(const struct tar_entry *entries, size_t n, int code);
/* Applies ENTRIES: MOST of them, or as many as stand before one without a name. Checks that the
 * layer has the names TREE. */
void apply_gives(const struct tar_entry *entries, size_t most, const char *tree);
/* Returns the stat of PATH below ROOT, which must exist; of a link itself. */
struct stat stat_of(int root, const char *path);
