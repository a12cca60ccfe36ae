/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/overlay/origin.h"

#include "common/base/scope.h"
#include "common/overlay/opath_xattr.h"

#include <fcntl.h>
#include <linux/btrfs.h>
#include <string.h>
#include <sys/ioctl.h>

#define ORIGIN_VERSION    0
#define ORIGIN_MAGIC      0xfb
#define ORIGIN_HEADER     21
#define ORIGIN_BIG_ENDIAN 1
#define ORIGIN_UPPER      4

enum { AT_VERSION, AT_MAGIC, AT_LENGTH, AT_FLAGS, AT_TYPE, AT_UUID };

struct fs_uuid {
	uint8_t len;
	uint8_t uuid[16];
};
#define GET_FS_UUID _IOR(0x15, 0, struct fs_uuid) /* FS_IOC_GETFSUUID, Linux 6.9 */

/* Asks btrfs for its uuid, since it does not support GET_FS_UUID. */
static int btrfs_uuid(int dir, uint8_t ret[16])
{
	struct btrfs_ioctl_fs_info_args info = { 0 };
	int r = sys(ioctl(dir, BTRFS_IOC_FS_INFO, &info));

	if (r == 0)
		memcpy(ret, info.fsid, sizeof(info.fsid));
	return r;
}

int origin_uuid(int fd, uint8_t ret[16])
{
	struct fs_uuid uuid = { 0 };
	auto_close int dir = sys(openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	if (dir < 0)
		return dir;
	if (ioctl(dir, GET_FS_UUID, &uuid) < 0)
		return btrfs_uuid(dir, ret);
	if (uuid.len != sizeof(uuid.uuid))
		return -EOPNOTSUPP;
	memcpy(ret, uuid.uuid, sizeof(uuid.uuid));
	return 0;
}

void origin_make(int fd, const uint8_t uuid[16], struct origin *ret)
{
	origin_make_at(fd, "", uuid, ret);
}

void origin_make_at(int dirfd, const char *name, const uint8_t uuid[16], struct origin *ret)
{
	struct {
		struct file_handle handle;
		uint8_t room[128];
	} h = { .handle.handle_bytes = 128 };
	int mount_id;

	*ret = (struct origin){ 0 };
	if (!uuid ||
		name_to_handle_at(dirfd, name, &h.handle, &mount_id, *name ? 0 : AT_EMPTY_PATH) < 0)
		return;
	if (h.handle.handle_bytes > ORIGIN_MAX - ORIGIN_HEADER || h.handle.handle_type > 255)
		return;
	ret->size = ORIGIN_HEADER + h.handle.handle_bytes;
	ret->bytes[AT_VERSION] = ORIGIN_VERSION;
	ret->bytes[AT_MAGIC] = ORIGIN_MAGIC;
	ret->bytes[AT_LENGTH] = (uint8_t)ret->size;
	ret->bytes[AT_FLAGS] = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? ORIGIN_BIG_ENDIAN : 0;
	ret->bytes[AT_TYPE] = (uint8_t)h.handle.handle_type;
	memcpy(ret->bytes + AT_UUID, uuid, 16);
	memcpy(ret->bytes + ORIGIN_HEADER, h.handle.f_handle, h.handle.handle_bytes);
}

void origin_is_upper(struct origin *origin)
{
	origin->bytes[AT_FLAGS] |= ORIGIN_UPPER;
}

bool origin_is_on(const struct origin *origin, const uint8_t uuid[16])
{
	return origin->size > ORIGIN_HEADER && uuid && !memcmp(origin->bytes + AT_UUID, uuid, 16);
}

int origin_open(int fd, const struct origin *origin)
{
	struct {
		struct file_handle handle;
		uint8_t room[ORIGIN_MAX - ORIGIN_HEADER];
	} h;

	if (origin->size <= ORIGIN_HEADER || origin->bytes[AT_MAGIC] != ORIGIN_MAGIC)
		return -ESTALE;
	auto_close int mount = sys(openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (mount < 0)
		return mount;
	h.handle.handle_bytes = (unsigned int)(origin->size - ORIGIN_HEADER);
	h.handle.handle_type = origin->bytes[AT_TYPE];
	memcpy(h.handle.f_handle, origin->bytes + ORIGIN_HEADER, h.handle.handle_bytes);
	return sys(open_by_handle_at(mount, &h.handle, O_PATH | O_NOFOLLOW | O_CLOEXEC));
}

int origin_set(int fd, enum xattr_class class, const struct origin *origin)
{
	return opath_xattr_set(fd, overlay_xattr(class, "origin"), origin->bytes, origin->size, 0);
}

int origin_parse(ssize_t n, struct origin *ret)
{
	if (n == -ENODATA || n == -EOPNOTSUPP || n == -ERANGE)
		return 0;
	if (n < 0)
		return (int)n;
	ret->size = (size_t)n;
	return 1;
}

int origin_get(int fd, enum xattr_class class, struct origin *ret)
{
	return origin_parse(
		opath_xattr_get(fd, overlay_xattr(class, "origin"), ret->bytes, sizeof(ret->bytes)),
		ret);
}

/* Reads the inode number out of the known kinds of handle: FILEID_INO32_GEN (ext4 and many more:
 * inode, generation; tmpfs: generation, inode in two halves), xfs with 64-bit inodes, btrfs. */
uint64_t origin_ino(const struct origin *origin)
{
	const uint8_t *fid = origin->bytes + ORIGIN_HEADER;
	uint32_t word[3] = { 0 };
	uint64_t wide = 0;

	if (origin->size < ORIGIN_HEADER + 8 || origin->bytes[AT_MAGIC] != ORIGIN_MAGIC)
		return 0;
	size_t length = origin->size - ORIGIN_HEADER;
	memcpy(word, fid, length < sizeof(word) ? length : sizeof(word));
	memcpy(&wide, fid, sizeof(wide));
	switch (origin->bytes[AT_TYPE]) {
	case 0x01:
		return length == 8 ? word[0] : length == 12 ? word[1] | (uint64_t)word[2] << 32 : 0;
	case 0x81:
	case 0x4d:
		return wide;
	default:
		return 0;
	}
}
