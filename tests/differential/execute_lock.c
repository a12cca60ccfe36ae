/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/differential/execute.h"

#include "common/base/scope.h"
#include "tests/differential/credentials.h"
#include "tests/differential/result.h"

#include <fcntl.h>
#include <sys/file.h>

/* Opens the file of FD again. */
static int open_again(int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	credentials_pause();
	int again = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	credentials_resume();
	return again;
}

static void print_lock(int fd, const struct op *op, FILE *out)
{
	struct flock lock = { .l_type = F_WRLCK, .l_start = op->offset2 };

	if (!print_result(out, fcntl(fd, F_OFD_GETLK, &lock)))
		return;
	fprintf(out, " type=%d", lock.l_type);
	if (lock.l_type != F_UNLCK)
		fprintf(out, " %lld+%lld", (long long)lock.l_start, (long long)lock.l_len);
}

/* Takes a lock, then asks for the same lock through a second open file description. Both sides must
 * report the same conflict. */
void execute_lock(struct side *side, const struct op *op, FILE *out)
{
	static const int locks[] = { LOCK_SH, LOCK_EX, LOCK_EX, LOCK_UN };
	static const short types[] = { F_RDLCK, F_WRLCK, F_WRLCK, F_UNLCK };
	struct flock lock = {
		.l_type = types[op->flags & 3], .l_start = op->offset, .l_len = op->length
	};
	int fd = side->slots[op->slot];
	bool whole = op->kind == OP_FLOCK;

	print_result(out,
		whole ? flock(fd, locks[op->flags & 3] | LOCK_NB) : fcntl(fd, F_OFD_SETLK, &lock));
	auto_close int again = open_again(fd);
	fputs(", another ", out);
	if (again < 0)
		print_result(out, again);
	else if (whole)
		print_result(out, flock(again, LOCK_SH | LOCK_NB));
	else
		print_lock(again, op, out);
}
