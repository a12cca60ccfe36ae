/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/base/nameless.h"

#include "common/base/scope.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/random.h>
#include <sys/stat.h>

/* Makes the file with a name, and removes the name at once. For filesystems without O_TMPFILE
 * (NFS). */
static int open_and_unlink(int dir)
{
	char name[64];
	uint64_t nonce;

	if (getrandom(&nonce, sizeof(nonce), 0) != sizeof(nonce))
		return -EIO;
	snprintf(name, sizeof(name), ".spool-%016llx", (unsigned long long)nonce);
	int fd = sys(openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
	if (fd >= 0)
		unlinkat(dir, name, 0);
	return fd;
}

int nameless_open(int dir)
{
	int fd = sys(openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));

	if (fd == -EOPNOTSUPP || fd == -EISDIR || fd == -ENOENT)
		fd = open_and_unlink(dir);
	return fd;
}

int nameless_open_temporary(void)
{
	const char *const places[] = { secure_getenv("TMPDIR"), "/var/tmp", "/tmp" };
	int fd = -ENOENT;

	for (size_t i = 0; i < sizeof(places) / sizeof(*places) && fd < 0; i++) {
		auto_close int dir = -1;
		if (!places[i] || !*places[i])
			continue;
		dir = sys(open(places[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC));
		fd = dir < 0 ? dir : nameless_open(dir);
	}
	return fd;
}
