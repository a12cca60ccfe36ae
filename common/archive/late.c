/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/late.h"

#include "common/archive/acl.h"
#include "common/archive/inroot.h"
#include "common/cleanup.h"
#include "common/error.h"

#include <fcntl.h>
#include <string.h>

struct note {
	char *path;
	dev_t dev;
	ino_t ino;
	struct timespec times[2];
	char *acl;
	size_t acl_size;
};

struct shale_late {
	struct note *notes;
	size_t n, room;
};

struct shale_late *shale_late_new(void)
{
	return calloc(1, sizeof(struct shale_late));
}

void shale_late_free(struct shale_late *late)
{
	if (!late)
		return;
	for (size_t i = 0; i < late->n; i++) {
		free(late->notes[i].path);
		free(late->notes[i].acl);
	}
	free(late->notes);
	free(late);
}

static int make_room(struct shale_late *late)
{
	if (late->n < late->room)
		return 0;
	size_t room = late->room ? late->room * 2 : 64;
	struct note *notes = reallocarray(late->notes, room, sizeof(*notes));
	if (!notes)
		return -ENOMEM;
	late->notes = notes;
	late->room = room;
	return 0;
}

int shale_late_add(struct shale_late *late, const char *path, int fd,
	const struct timespec times[2], char *acl, size_t size)
{
	auto_free char *taken = acl;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	auto_free char *copy = strdup(path);
	if (!copy || make_room(late) < 0)
		return -ENOMEM;
	late->notes[late->n++] = (struct note){ steal_ptr(&copy), st.st_dev, st.st_ino,
		{ times[0], times[1] }, steal_ptr(&taken), size };
	return 0;
}

static int run_note(
	const struct note *note, const struct shale_restore *restore, struct shale_error *err)
{
	struct stat st;
	auto_close int fd = shale_inroot_open_dir(restore->spec->root, note->path, NULL, NULL);

	if (fd == -ENOENT || fd == -ENOTDIR)
		return 0;
	if (fd < 0)
		return shale_fail(err, fd, "open it again");
	if (fstat(fd, &st) < 0)
		return shale_fail(err, -errno, "look at it again");
	if (st.st_dev != note->dev || st.st_ino != note->ino)
		return 0;
	int r = 0;
	if (note->acl)
		r = shale_restore_xattr(
			restore, fd, SHALE_ACL_DEFAULT, note->acl, note->acl_size, err);
	if (r < 0)
		return r;
	r = sys(utimensat(fd, ".", note->times, 0));
	return r < 0 ? shale_fail(err, r, "set its times") : 0;
}

int shale_late_run(
	const struct shale_late *late, const struct shale_restore *restore, struct shale_error *err)
{
	for (size_t i = 0; i < late->n; i++) {
		int r = run_note(&late->notes[i], restore, err);
		if (r < 0)
			return shale_fail(err, r, "apply entry '%s'", late->notes[i].path);
	}
	return 0;
}
