/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records a disk, and makes disks as power cuts could have left them. */
#include "tests/powerloss/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "record"))
		return record(argv[0], argv[2], argv[3], argv[4]);
	if (argc == 6 && !strcmp(argv[1], "replay"))
		return replay(
			argv[2], argv[3], strtoull(argv[4], NULL, 10), strtoull(argv[5], NULL, 10));
	if (argc == 3 && !strcmp(argv[1], "count"))
		return count(argv[2]);
	fprintf(stderr, "usage: powerloss record IMAGE LOG DIR\n"
			"       powerloss replay LOG IMAGE FLUSH SEED\n"
			"       powerloss count LOG\n");
	return 2;
}
