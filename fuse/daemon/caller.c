/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/daemon/caller.h"

#include "common/base/scope.h"
#include "common/base/users.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static FILE *open_proc(pid_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	/* Zero is somebody whom this process's pid namespace does not show. */
	return pid > 0 ? fopen(path, "re") : NULL;
}

static bool has_group(const gid_t *groups, int n, gid_t gid)
{
	for (int i = 0; i < n; i++)
		if (groups[i] == gid)
			return true;
	return false;
}

static bool in_group(void *arg, gid_t gid)
{
	enum { MOSTLY = 64 };
	gid_t few[MOSTLY];
	int n = fuse_req_getgroups(arg, MOSTLY, few);

	if (n <= MOSTLY)
		return has_group(few, n, gid);
	auto_free gid_t *all = calloc((size_t)n, sizeof(*all));
	int again = all ? fuse_req_getgroups(arg, n, all) : 0;
	return has_group(all, again < n ? again : n, gid);
}

/* Within the user namespace that they are in. */
static bool is_capable(pid_t pid, unsigned int capability)
{
	auto_fclose FILE *status = open_proc(pid, "status");
	auto_free char *line = NULL;
	size_t size = 0;
	uint64_t effective;

	while (status && getline(&line, &size, status) > 0)
		if (sscanf(line, "CapEff: %" SCNx64, &effective) == 1)
			return effective >> capability & 1;
	return false;
}

static bool is_in_our_namespace(pid_t pid)
{
	char path[64];
	struct stat ours, theirs;

	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	return stat("/proc/self/ns/user", &ours) == 0 && stat(path, &theirs) == 0 &&
	       ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

/* Whether the map MAP ("uid_map", "gid_map") of a process has ID, which is one of this process's
 * namespace. A map's second number is for the reader's namespace, or for the parent of that if the
 * reader lives in the very namespace that is mapped; then the first is for the reader. */
static bool maps_id(pid_t pid, const char *map, bool ours, uint32_t id)
{
	auto_fclose FILE *file = open_proc(pid, map);
	uint32_t inside, outside, count;

	while (file &&
		fscanf(file, "%" SCNu32 " %" SCNu32 " %" SCNu32, &inside, &outside, &count) == 3) {
		uint32_t first = ours ? inside : outside;
		if (id >= first && id - first < count)
			return true;
	}
	return false;
}

static bool capable(void *arg, unsigned int capability, const struct stat *over)
{
	pid_t pid = fuse_req_ctx(arg)->pid;

	if (!is_capable(pid, capability))
		return false;
	bool ours = is_in_our_namespace(pid);
	if (!over)
		return ours && !in_user_namespace();
	return maps_id(pid, "uid_map", ours, over->st_uid) &&
	       maps_id(pid, "gid_map", ours, over->st_gid);
}

struct caller caller_of(fuse_req_t req)
{
	static const struct caller_rights rights = { in_group, capable };
	const struct fuse_ctx *ctx = fuse_req_ctx(req);

	return (struct caller){
		.uid = ctx->uid, .gid = ctx->gid, .umask = ctx->umask, .rights = &rights, .arg = req
	};
}
