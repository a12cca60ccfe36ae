/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/mount_arg.h"

#include "common/base/scope.h"
#include "common/base/error.h"

#include <fcntl.h>
#include <string.h>

#define NAME_ROOM 255

static bool is_plain(const char *path)
{
	return strlen(path) <= NAME_ROOM && !strpbrk(path, ":,\\\"");
}

int mount_arg_open(struct name *name, const char *path, enum naming naming, struct shale_error *err)
{
	auto_free char *text = NULL;

	if (naming == NAME_SHORT && is_plain(path)) {
		text = strdup(path);
		if (!text)
			return error_fail(err, -ENOMEM, "name '%s'", path);
		*name = (struct name){ .text = steal_ptr(&text), .fd = -1 };
		return 0;
	}
	auto_close int fd = sys(open(path, O_PATH | O_DIRECTORY | O_CLOEXEC));
	if (fd < 0)
		return error_fail(err, fd, "open '%s'", path);
	if (asprintf(&text, "%s%d", naming == NAME_NUMBER ? "" : FD_DIR "/", fd) < 0) {
		text = NULL;
		return error_fail(err, -ENOMEM, "name '%s'", path);
	}
	*name = (struct name){ .text = steal_ptr(&text), .fd = steal_fd(&fd) };
	return 0;
}

void mount_arg_close(struct name *name)
{
	if (!name->text)
		return;
	free(name->text);
	cleanup_close(&name->fd);
	*name = (struct name){ .fd = -1 };
}
