/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/name.h"

#include "common/cleanup.h"
#include "common/error.h"

#include <fcntl.h>
#include <string.h>

#define NAME_ROOM 255

static bool is_plain(const char *path)
{
	return strlen(path) <= NAME_ROOM && !strpbrk(path, ":,\\\"");
}

int shale_name_open(struct shale_name *name, const char *path, enum shale_naming naming,
	struct shale_error *err)
{
	auto_free char *text = NULL;

	if (naming == SHALE_NAME_SHORT && is_plain(path)) {
		text = strdup(path);
		if (!text)
			return shale_fail(err, -ENOMEM, "name '%s'", path);
		*name = (struct shale_name){ .text = steal_ptr(&text), .fd = -1 };
		return 0;
	}
	auto_close int fd = sys(open(path, O_PATH | O_DIRECTORY | O_CLOEXEC));
	if (fd < 0)
		return shale_fail(err, fd, "open '%s'", path);
	if (asprintf(&text, "%s%d", naming == SHALE_NAME_NUMBER ? "" : SHALE_FD_DIR "/", fd) < 0) {
		text = NULL;
		return shale_fail(err, -ENOMEM, "name '%s'", path);
	}
	*name = (struct shale_name){ .text = steal_ptr(&text), .fd = steal_fd(&fd) };
	return 0;
}

void shale_name_close(struct shale_name *name)
{
	if (!name->text)
		return;
	free(name->text);
	cleanup_close(&name->fd);
	*name = (struct shale_name){ .fd = -1 };
}
