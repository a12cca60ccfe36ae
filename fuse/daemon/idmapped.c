/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/daemon/idmapped.h"

#include "common/base/scope.h"
#include "common/base/mountid.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

static bool has_word(const char *words, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = words; (at = strstr(at, word)); at += length)
		if ((at == words || at[-1] == ',') && (!at[length] || at[length] == ','))
			return true;
	return false;
}

bool mount_is_idmapped(const char *path)
{
	auto_close int fd = open(path, O_PATH | O_CLOEXEC);
	auto_free char *line = NULL;
	size_t size = 0;
	int id, wanted = fd < 0 ? -1 : mountid_of(fd);
	char options[256];

	auto_fclose FILE *mounts = wanted < 0 ? NULL : fopen("/proc/self/mountinfo", "re");
	while (mounts && getline(&line, &size, mounts) > 0)
		if (sscanf(line, "%d %*d %*s %*s %*s %255s", &id, options) == 2 && id == wanted)
			return has_word(options, "idmapped");
	return false;
}
