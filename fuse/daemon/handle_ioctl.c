/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/daemon/handlers.h"

#include "fuse/daemon/reply.h"
#include "fuse/daemon/stats.h"
#include "fuse/daemon/take_snapshot.h"
#include "fuse/daemon/upgrade.h"
#include "fuse/merge/attr/chattr.h"
#include "fuse/merge/table/kept_state.h"
#include "fuse/stats_ioctl.h"
#include "fuse/mount_upgrade.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Returns the value of an ioctl of chattr(1), lsattr(1) and similar programs. */
static void *value_of(struct fs_fileattr *attr)
{
	return attr->extended ? (void *)&attr->xattr : &attr->flags;
}

static size_t size_of(const struct fs_fileattr *attr)
{
	return attr->extended ? sizeof(attr->xattr) : sizeof(attr->flags);
}

static void reply_ioctl(const struct request *request, const void *value, size_t size)
{
	struct {
		struct fuse_ioctl_out out;
		char value[sizeof(struct fsxattr)]; /* has room for the largest value */
	} body = { 0 };

	memcpy(body.value, value, size);
	reply_body(request, &body, sizeof(body.out) + size);
}

static void get(const struct request *request, bool extended)
{
	const struct fuse_ioctl_in *in = request->in;
	struct fs_fileattr attr = { .extended = extended };
	int r = in->out_size < size_of(&attr)
			? -EINVAL
			: chattr_get(request->connection->fs, request->node, &attr);

	if (r < 0)
		reply_code(request, r);
	else
		reply_ioctl(request, value_of(&attr), size_of(&attr));
}

static void set(const struct request *request, bool extended)
{
	struct fs_fileattr attr = { .extended = extended };
	int r = request->size < size_of(&attr) ? -EINVAL : 0;

	if (r == 0) {
		memcpy(value_of(&attr), request->data, size_of(&attr));
		r = chattr_set(request->connection->fs, request->node, &attr);
	}
	if (r < 0)
		reply_code(request, r);
	else
		reply_ioctl(request, "", 0);
}

static void get_stats(const struct request *request)
{
	const struct fuse_ioctl_in *in = request->in;
	struct fuse_ioctl_out *out;
	const size_t size = sizeof(*out) + MOUNT_STATS_SIZE;

	out = in->out_size < MOUNT_STATS_SIZE ? NULL : reply_room(request, size);
	if (!out) {
		reply_code(request, -EINVAL);
		return;
	}
	*out = (struct fuse_ioctl_out){ 0 };
	stats_write(request->connection->fs, (char *)(out + 1), MOUNT_STATS_SIZE);
	reply_filled(request, size);
}

static bool may_change(const struct request *request)
{
	return request->header->uid == 0 || request->header->uid == geteuid();
}

static void answer_upgrade(const struct request *request, bool begin)
{
	const struct fuse_ioctl_in *in = request->in;
	const struct upgrade *upgrade = request->connection->upgrade;
	struct mount_upgrades counts = { 0 };
	int r = in->out_size < sizeof(counts) ? -EINVAL : 0;

	if (r == 0 && upgrade)
		counts = (struct mount_upgrades){ upgrade->kept->upgrades, upgrade->kept->refused };
	else if (r == 0)
		r = -EOPNOTSUPP;
	if (r == 0 && begin && !may_change(request))
		r = -EPERM;
	if (r < 0) {
		reply_code(request, r);
		return;
	}
	/* Answer before the upgrade begins: the next worker would carry out a request without an
	 * answer once more. */
	reply_ioctl(request, &counts, sizeof(counts));
	if (begin)
		upgrade_ask(upgrade);
}

static void answer_snapshot(const struct request *request)
{
	const struct fuse_ioctl_in *in = request->in;
	struct mount_snapshot answer;
	int r = in->out_size < sizeof(answer) ? -EINVAL : may_change(request) ? 0 : -EPERM;

	if (r == 0)
		r = take_snapshot(request->connection->fs, request->header->unique, &answer);
	if (r < 0)
		reply_code(request, r);
	else
		reply_ioctl(request, &answer, sizeof(answer));
}

void handle_ioctl(const struct request *request)
{
	uint32_t command = ((const struct fuse_ioctl_in *)request->in)->cmd;

	if (command == FS_IOC_GETFLAGS || command == FS_IOC_FSGETXATTR)
		get(request, command == FS_IOC_FSGETXATTR);
	else if (command == FS_IOC_SETFLAGS || command == FS_IOC_FSSETXATTR)
		set(request, command == FS_IOC_FSSETXATTR);
	else if (command == MOUNT_STATS)
		get_stats(request);
	else if (command == MOUNT_SNAPSHOT)
		answer_snapshot(request);
	else if (command == MOUNT_UPGRADE || command == MOUNT_UPGRADES)
		answer_upgrade(request, command == MOUNT_UPGRADE);
	else
		reply_code(request, -ENOTTY);
}
