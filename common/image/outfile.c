/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/outfile.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "common/base/scope.h"
#include "common/base/error.h"

static int temp_name(struct outfile *file)
{
	uint64_t nonce;

	if (getrandom(&nonce, sizeof(nonce), 0) != sizeof(nonce))
		return -EIO;
	snprintf(file->temp, sizeof(file->temp), ".shale-%016llx", (unsigned long long)nonce);
	return 0;
}

/* For filesystems without O_TMPFILE. */
static int open_named(struct outfile *file)
{
	int r = temp_name(file);

	if (r == 0)
		r = sys(openat(file->dir, file->temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
	if (r < 0)
		file->temp[0] = '\0';
	return r;
}

int outfile_open(int dir, struct outfile *ret, struct shale_error *err)
{
	struct outfile file = { .dir = dir };

	file.fd = sys(openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0666));
	if (file.fd == -EOPNOTSUPP || file.fd == -EISDIR || file.fd == -ENOENT)
		file.fd = open_named(&file);
	if (file.fd < 0)
		return error_fail(err, file.fd, "make a file");
	*ret = file;
	return 0;
}

static int name_it(struct outfile *file)
{
	char self[40];
	int r = temp_name(file);

	if (r < 0)
		return r;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", file->fd);
	r = sys(linkat(AT_FDCWD, self, file->dir, file->temp, AT_SYMLINK_FOLLOW));
	if (r < 0)
		file->temp[0] = '\0';
	return r;
}

int outfile_publish(struct outfile *file, int dir, const char *name, struct shale_error *err)
{
	int r = sys(fsync(file->fd));

	if (r == 0 && !file->temp[0])
		r = name_it(file);
	if (r == 0)
		r = sys(renameat(file->dir, file->temp, dir, name));
	if (r < 0)
		return error_fail(err, r, "write '%s'", name);
	file->temp[0] = '\0';
	return 0;
}

void outfile_close(struct outfile *file)
{
	if (file->temp[0])
		unlinkat(file->dir, file->temp, 0);
	file->temp[0] = '\0';
	cleanup_close(&file->fd);
	file->fd = -1;
}
