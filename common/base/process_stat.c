/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/base/process_stat.h"

#include "common/base/scope.h"

#include <stdio.h>
#include <string.h>

int process_parent(int pid)
{
	char path[32], line[128];
	int parent = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	auto_fclose FILE *stat = fopen(path, "re");
	if (!stat || !fgets(line, sizeof(line), stat))
		return 0;
	/* Look for the last bracket: the name is in brackets, and may contain brackets. */
	const char *end = strrchr(line, ')');
	return end && sscanf(end, ") %*c %d", &parent) == 1 ? parent : 0;
}

void process_name(int pid, char *ret, size_t size)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	auto_fclose FILE *comm = fopen(path, "re");
	if (!comm || !fgets(ret, (int)size, comm))
		snprintf(ret, size, "?");
	ret[strcspn(ret, "\n")] = 0;
}
