/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/lookup/xino_setup.h"

#include "common/base/userns.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Whether the filesystem has inode numbers of 32 bits. The kernel tells it by the file handle: it
 * holds a 32-bit number and a generation. */
static bool is_of_32_bits(int fd)
{
	enum { INO32_GEN = 1, SIZE = 2 * sizeof(uint32_t) };
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} h = { .handle = { .handle_bytes = MAX_HANDLE_SZ } };
	int mount;

	return name_to_handle_at(fd, "", &h.handle, &mount, AT_EMPTY_PATH) == 0 &&
	       h.handle.handle_type == INO32_GEN && h.handle.handle_bytes == SIZE;
}

static bool are_of_32_bits(const struct fs *fs)
{
	/* Only root of the host may ask for file handles. Without them the width is not known. */
	if (geteuid() != 0 || in_user_namespace())
		return false;
	for (size_t i = fs->top; i < fs->end; i++)
		if (!is_of_32_bits(fs->layers[i].fd))
			return false;
	return true;
}

/* Whether xino=auto is on. As in the kernel, it is off if a lower layer's filesystem has no uuid,
 * or the uuid of another one. Without an upper layer it is on. */
static bool have_uuids(const struct fs *fs)
{
	const struct fs_layer *layers = fs->layers;

	for (size_t i = fs->has_upper ? fs->top + 1u : fs->end; i < fs->end; i++) {
		if (layers[i].dev == layers[fs->top].dev)
			continue;
		if (!layers[i].has_uuid)
			return false;
		for (size_t j = fs->top + 1u; j < i; j++)
			if (layers[j].dev != layers[i].dev && layers[j].has_uuid &&
				layers[j].dev != layers[fs->top].dev &&
				!memcmp(layers[j].uuid, layers[i].uuid, sizeof(layers[i].uuid)))
				return false;
	}
	return true;
}

void xino_set_up(struct fs *fs, enum xino_option option)
{
	unsigned int n = fs->table.kept->n_filesystems;

	if (n == 1)
		return;
	if (option == XINO_ON || (option == XINO_AUTO && have_uuids(fs)))
		fs->xino = xino_of_kernel(n, fs->has_upper, are_of_32_bits(fs));
	else
		fs->xino = xino_within_32_bits(n);
}
