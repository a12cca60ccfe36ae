/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/container/rootfs.h"

#include "common/base/scope.h"
#include "tools/shale/cli.h"
#include "tools/shale/container/inside.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* The path /proc/self/fd/FD, for calls that take no descriptor. */
struct fd_path {
	char text[40];
};

static struct fd_path path_of(int fd)
{
	struct fd_path path;

	snprintf(path.text, sizeof(path.text), "/proc/self/fd/%d", fd);
	return path;
}

static int set_attributes(const char *path, uint64_t attributes)
{
	struct mount_attr attr = { .attr_set = attributes };

	return sys(mount_setattr(AT_FDCWD, path, AT_RECURSIVE, &attr, sizeof(attr)));
}

static int mount_new(
	int root, const char *target, const char *type, unsigned long flags, const char *options)
{
	auto_close int at = inside_make(root, target, true);

	return at < 0 ? at : sys(mount(type, path_of(at).text, type, flags, options));
}

/* Mounts the host's SOURCE at TARGET, which it makes if it is missing. */
static int bind(int root, const char *source, const char *target, uint64_t attributes)
{
	struct stat st;
	auto_close int from = sys(open(source, O_PATH | O_CLOEXEC));
	int r = from < 0 ? from : sys(fstat(from, &st));

	if (r < 0)
		return r;
	auto_close int at = inside_make(root, target, S_ISDIR(st.st_mode));
	if (at < 0)
		return at;
	r = sys(mount(path_of(from).text, path_of(at).text, NULL, MS_BIND | MS_REC, NULL));
	if (r < 0)
		return r;
	/* The old descriptor leads to the directory below the new mount: open TARGET again. */
	auto_close int mounted = inside_open(root, target, O_PATH);
	return mounted < 0 ? mounted : set_attributes(path_of(mounted).text, attributes);
}

/* Flags for mounts of device nodes. They are read-only, because the container's root may be the
 * host's root, and could change the node's mode. A read-only node can still be opened for
 * writing. */
enum { NODE = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC };

static int mount_nodes(int root)
{
	static const char *const names[] = { "/dev/null", "/dev/zero", "/dev/full", "/dev/random",
		"/dev/urandom", "/dev/tty" };
	int r = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names) && r == 0; i++)
		r = bind(root, names[i], names[i], NODE);
	return r;
}

static int make_links(int root)
{
	static const char *const links[][2] = { { "/proc/self/fd", "fd" },
		{ "/proc/self/fd/0", "stdin" }, { "/proc/self/fd/1", "stdout" },
		{ "/proc/self/fd/2", "stderr" }, { "pts/ptmx", "ptmx" } };
	auto_close int dev = inside_open(root, "/dev", O_PATH | O_DIRECTORY);
	int r = dev < 0 ? dev : 0;

	for (size_t i = 0; i < sizeof(links) / sizeof(*links) && r == 0; i++)
		r = sys(symlinkat(links[i][0], dev, links[i][1]));
	return r;
}

static int mount_dev(int root, struct shale_error *err)
{
	int r = mount_new(root, "/dev", "tmpfs", MS_NOSUID | MS_NOEXEC | MS_NODEV,
		"mode=755,size=1m,nr_inodes=1k");

	if (r == 0)
		r = mount_nodes(root);
	if (r == 0)
		r = mount_new(root, "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
			"newinstance,ptmxmode=0666,mode=0620");
	if (r == 0)
		r = mount_new(root, "/dev/shm", "tmpfs", MS_NOSUID | MS_NOEXEC | MS_NODEV,
			"mode=1777,size=64m");
	if (r == 0)
		r = make_links(root);
	return r < 0 ? cli_fail(err, r, "mount '/dev'") : 0;
}

/* Hides a path of the host, if this machine has it. */
static int mask(int root, const char *path)
{
	struct stat st;
	auto_close int at = inside_open(root, path, O_PATH);
	int r = at < 0 ? at : sys(fstat(at, &st));

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	return S_ISDIR(st.st_mode) ? sys(mount("tmpfs", path_of(at).text, "tmpfs",
					     MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
					     "size=4k,nr_inodes=2,mode=555"))
				   : bind(root, "/dev/null", path, NODE);
}

static int make_read_only(int root, const char *path)
{
	auto_close int at = inside_open(root, path, O_PATH);

	if (at < 0)
		return at == -ENOENT ? 0 : at;
	int r = sys(mount(path_of(at).text, path_of(at).text, NULL, MS_BIND | MS_REC, NULL));
	if (r < 0)
		return r;
	auto_close int mounted = inside_open(root, path, O_PATH);
	return mounted < 0 ? mounted : set_attributes(path_of(mounted).text, MOUNT_ATTR_RDONLY);
}

/* Mounts /proc, with the files that change kernel settings read-only: the container's root may be
 * root of the host. */
static int mount_proc(int root, struct shale_error *err)
{
	static const char *const hidden[] = { "/proc/acpi", "/proc/asound", "/proc/kcore",
		"/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
		"/proc/sched_debug", "/proc/scsi", "/proc/interrupts" };
	static const char *const fixed[] = { "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
		"/proc/sysrq-trigger" };
	int r = mount_new(root, "/proc", "proc", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL);

	for (size_t i = 0; i < sizeof(hidden) / sizeof(*hidden) && r == 0; i++)
		r = mask(root, hidden[i]);
	for (size_t i = 0; i < sizeof(fixed) / sizeof(*fixed) && r == 0; i++)
		r = make_read_only(root, fixed[i]);
	return r < 0 ? cli_fail(err, r, "mount '/proc'") : 0;
}

/* Refuses symbolic links as mount points: the mount would cover their target. */
static int refuse_links(int root, struct shale_error *err)
{
	static const char *const names[] = { "proc", "dev" };
	struct stat st;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (fstatat(root, names[i], &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(st.st_mode))
			return cli_fail(err, -ENOTDIR, "'/%s' in the image", names[i]);
	return 0;
}

static int mount_volumes(
	int root, const struct rootfs_volume *volumes, size_t n, struct shale_error *err)
{
	for (size_t i = 0; i < n; i++) {
		int r = bind(root, volumes[i].source, volumes[i].target,
			MOUNT_ATTR_NODEV | (volumes[i].read_only ? MOUNT_ATTR_RDONLY : 0));
		if (r < 0)
			return cli_fail(err, r, "mount '%.200s' at '%.200s'", volumes[i].source,
				volumes[i].target);
	}
	return 0;
}

/* Mounts the host's resolv.conf. Ignores a failure: without the file only names are not
 * resolved. */
static void mount_resolv_conf(int root)
{
	static const char path[] = "/etc/resolv.conf";

	if (access(path, R_OK) == 0)
		bind(root, path, path, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV);
}

/* Opens the layer in a mount where device nodes do not work (nodev): neither those in the image nor
 * those that the command makes. */
static int open_root(const char *path, struct shale_error *err)
{
	int r = sys(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));

	if (r == 0)
		r = sys(mount(path, path, NULL, MS_BIND, NULL));
	if (r == 0)
		r = set_attributes(path, MOUNT_ATTR_NODEV);
	if (r == 0)
		r = sys(open(path, O_PATH | O_DIRECTORY | O_CLOEXEC));
	return r < 0 ? cli_fail(err, r, "mount '%.300s'", path) : r;
}

static int pivot(int root, struct shale_error *err)
{
	int r = sys(fchdir(root));

	/* pivot_root(2) with "." has put the old root on top of the new one: unmount it. */
	if (r == 0)
		r = (int)sys(syscall(SYS_pivot_root, ".", "."));
	if (r == 0)
		r = sys(umount2(".", MNT_DETACH));
	if (r == 0)
		r = sys(chdir("/"));
	return r < 0 ? cli_fail(err, r, "change the root directory") : 0;
}

int rootfs_enter(const char *path, const struct rootfs_volume *volumes, size_t n_volumes,
	struct shale_error *err)
{
	auto_close int root = open_root(path, err);

	if (root < 0)
		return root;
	int r = refuse_links(root, err);
	if (r == 0)
		r = mount_proc(root, err);
	if (r == 0)
		r = mount_dev(root, err);
	if (r < 0)
		return r;
	mount_resolv_conf(root);
	r = mount_volumes(root, volumes, n_volumes, err);
	return r < 0 ? r : pivot(root, err);
}
