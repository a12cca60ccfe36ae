/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * usage: mount-snapshot take DIR: takes a snapshot of the mount that DIR is the root of, and prints
 *            how many nanoseconds it took and how many lower layers there are; or the error's name.
 *        mount-snapshot hold DIR: works in DIR, one step for each line of standard input.
 *        mount-snapshot watch DIR: works in DIR until standard input ends, and prints how long it
 *            waited: tests/bench/snapshot-pause.sh.
 */
#include "fuse/mount_snapshot.h"
#include "tests/snapshot/hold.h"
#include "tests/snapshot/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int take(const char *dir)
{
	struct mount_snapshot answer;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, MOUNT_SNAPSHOT, &answer) < 0) {
		puts(strerrorname_np(errno));
		return EXIT_FAILURE;
	}
	printf("%" PRIu64 " %u\n", answer.pause, answer.lowers);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "take"))
		return take(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "hold"))
		return hold_run(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "watch"))
		return watch_run(argv[2]);
	fprintf(stderr, "usage: mount-snapshot take|hold|watch DIR\n");
	return EXIT_FAILURE;
}
