/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* refuse [--eperm] NAME,... COMMAND...: runs COMMAND on a kernel without the calls NAME. */
#include "common/base/scope.h"
#include "tests/unit/refuse.h"

#include <string.h>
#include <sys/syscall.h>

static const struct {
	const char *name;
	int call;
} calls[] = {
	{ "openat2", SYS_openat2 },
	{ "fsopen", SYS_fsopen },
	{ "fsconfig", SYS_fsconfig },
	{ "fsmount", SYS_fsmount },
	{ "move_mount", SYS_move_mount },
	{ "open_tree", SYS_open_tree },
	{ "mount_setattr", SYS_mount_setattr },
	{ "copy_file_range", SYS_copy_file_range },
	{ "statx", SYS_statx },
	{ "renameat2", SYS_renameat2 },
	{ "memfd_create", SYS_memfd_create },
	{ "faccessat2", SYS_faccessat2 },
	{ "close_range", SYS_close_range },
	{ "pidfd_open", SYS_pidfd_open },
	{ "pidfd_send_signal", SYS_pidfd_send_signal },
	{ "quotactl_fd", SYS_quotactl_fd },
	{ "name_to_handle_at", SYS_name_to_handle_at },
	{ "mknodat", SYS_mknodat },
	/* calls of Linux 6.6 and 6.13, which are not in Debian 12's headers */
	{ "fchmodat2", 452 },
	{ "getxattrat", 464 },
	{ "listxattrat", 465 },
};

static int refuse_name(const char *name, int code)
{
	if (!strcmp(name, "O_TMPFILE"))
		return refuse_flag(REFUSE_O_TMPFILE);
	if (!strcmp(name, "FICLONE"))
		return refuse_flag(REFUSE_FICLONE);
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (!strcmp(name, calls[i].name))
			return refuse_calls(&calls[i].call, 1, code);
	return -ENOENT;
}

int main(int argc, char **argv)
{
	int code = ENOSYS, at = 1;

	if (argc > at && !strcmp(argv[at], "--eperm")) {
		code = EPERM;
		at++;
	}
	if (argc < at + 2) {
		fprintf(stderr, "usage: refuse [--eperm] NAME,... COMMAND...\n");
		return 2;
	}
	for (char *name = strtok(argv[at], ","); name; name = strtok(NULL, ",")) {
		int r = refuse_name(name, code);
		if (r < 0) {
			fprintf(stderr, "refuse: %s: %s\n", name, strerror(-r));
			return 2;
		}
	}
	execvp(argv[at + 1], argv + at + 1);
	perror(argv[at + 1]);
	return 127;
}
