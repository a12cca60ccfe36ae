/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/fuzz/target.h"

#include "common/archive/apply/apply.h"
#include "common/archive/diff/diff.h"
#include "common/archive/stream/stream_record.h"
#include "common/archive/stream/stream_restore.h"
#include "common/base/scope.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { OVERRIDE = 1, BOTTOM = 2, COMPRESSED = 4 };

struct bytes {
	const uint8_t *data;
	size_t size;
};

static int64_t read_bytes(void *arg, void *buf, size_t size)
{
	struct bytes *bytes = arg;

	if (size > bytes->size)
		size = bytes->size;
	memcpy(buf, bytes->data, size);
	bytes->data += size;
	bytes->size -= size;
	return (int64_t)size;
}

/* Random bytes have no valid checksum, so sets one wherever a header may be. */
static void mend_checksums(uint8_t *data, size_t size)
{
	for (size_t at = 0; at + 512 <= size; at += 512) {
		uint8_t *header = data + at;
		unsigned int sum = 0;
		if (memcmp(header + 257, "usta", 4) != 0)
			continue;
		memset(header + 148, ' ', 8);
		for (size_t i = 0; i < 512; i++)
			sum += header[i];
		snprintf((char *)header + 148, 7, "%06o", sum);
	}
}

static bool belongs_outside(const char *name)
{
	static const char *const names[] = { ".", "..", "root", "record", "aside" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

/* Checks that the directory outside holds only what was made here. */
static void check_outside(int outside)
{
	struct stat st;
	auto_closedir DIR *dir = fdopendir(openat(outside, ".", O_RDONLY | O_CLOEXEC));
	struct dirent *entry;

	if (fstat(outside, &st) < 0 || st.st_nlink != 5 || !dir)
		abort();
	while ((entry = readdir(dir)))
		if (!belongs_outside(entry->d_name))
			abort();
}

/* An accepted layer can be written as a tar again. -EINVAL is allowed: a name or xattr that a layer
 * cannot have. */
static void tell(int root, enum ownership ownership)
{
	auto_close int out = memfd_create("tar", MFD_CLOEXEC);
	struct diff_spec spec = { .layers = &root,
		.n_layers = 1,
		.n_above = 1,
		.class = XATTR_USER,
		.ownership = ownership,
		.frozen = true };

	diff_tar(&spec, out, NULL);
}

/* An accepted stream must come back to the byte. */
static void give_back(int dir, int root, const char *diff_id)
{
	auto_close int out = memfd_create("tar", MFD_CLOEXEC);
	auto_close int record = openat(dir, STREAM_FILE, O_RDONLY | O_CLOEXEC);
	struct stream_original original = { .record = record };

	strcpy(original.diff_id, diff_id);
	if (stream_restore(&original, root, out, NULL, NULL) != 0)
		abort();
}

/* Called for each written file, by two threads. */
static int hear(void *arg, const struct stat *st, const struct digest *digest, bool plain)
{
	if (!S_ISREG(st->st_mode) || st->st_size > 1 << 22)
		abort();
	return 0;
}

void fuzz_apply(const uint8_t *data, size_t size)
{
	const uint8_t how = size ? data[0] : 0;
	const struct apply_limits limits = { .bytes = 1 << 22, .entries = 1000 };
	auto_free uint8_t *copy = malloc(size + 1);
	struct bytes bytes = { copy, size ? size - 1 : 0 };
	int outside = fuzz_dir();

	if (!copy || mkdirat(outside, "root", 0755) < 0 || mkdirat(outside, "record", 0700) < 0 ||
		mkdirat(outside, "aside", 0700) < 0)
		abort();
	if (size)
		memcpy(copy, data + 1, size - 1);
	if (!(how & COMPRESSED))
		mend_checksums(copy, bytes.size);
	auto_close int root = openat(outside, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_close int dir = openat(outside, "record", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_close int aside = openat(outside, "aside", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct apply_record record = { dir, aside };
	const struct apply_spec spec = { .root = root,
		.record = &record,
		.class = XATTR_USER,
		.ownership = how & OVERRIDE ? OWNERSHIP_OVERRIDE : OWNERSHIP_REAL,
		.read = read_bytes,
		.arg = &bytes,
		.limits = &limits,
		.wrote = hear,
		.bottom = how & BOTTOM };
	struct apply_result result;
	struct shale_error err = { 0 };
	int r = apply_tar(&spec, &result, &err);
	if (r < 0 && !err.text[0])
		abort();
	if (r == 0)
		give_back(dir, root, result.diff_id);
	if (r == 0)
		tell(root, spec.ownership);
	check_outside(outside);
	fuzz_dir_empty(outside);
}
