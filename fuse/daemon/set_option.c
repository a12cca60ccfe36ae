/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/daemon/set_option.h"

#include "common/base/error.h"
#include "common/base/size.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static int bad_value(struct parse *parse, const char *name, const char *value)
{
	return error_fail_plain(parse->err, -EINVAL, "option '%s' cannot be '%s'", name, value);
}

static int set_text(struct parse *parse, char **to, const char *value)
{
	char *copy = strdup(value);

	if (!copy)
		return error_fail(parse->err, -ENOMEM, "read options");
	free(*to);
	*to = copy;
	return 0;
}

static int set_lowers(struct parse *parse, const char *value)
{
	return lowerdir_add(&parse->options->lowers, value, parse->err);
}

/* Paths have the same escapes as in lowerdir, though a colon is not special here. */
static int set_path(struct parse *parse, char **to, const char *value)
{
	int r = set_text(parse, to, value);

	if (r == 0)
		lowerdir_unescape(*to, value, strlen(value));
	return r;
}

#define PATH(field)                                                                                \
	static int set_##field(struct parse *parse, const char *value)                             \
	{                                                                                          \
		return set_path(parse, &parse->options->field, value);                             \
	}
PATH(upper)
PATH(work)
PATH(log)
PATH(lock_file)

#define TEXT(field)                                                                                \
	static int set_##field(struct parse *parse, const char *value)                             \
	{                                                                                          \
		return set_text(parse, &parse->options->field, value);                             \
	}
TEXT(context)
TEXT(fsname)
TEXT(subtype)
TEXT(pid_file)
TEXT(stats)

static int parse_number(const char *value, unsigned long most, unsigned long *ret)
{
	char *end;

	errno = 0;
	*ret = strtoul(value, &end, 10);
	return errno || end == value || *end || *value == '-' || *ret > most ? -EINVAL : 0;
}

int option_add_ranges(struct parse *parse, const char *value, struct idmap *map)
{
	int r = idmap_add(map, value);

	if (r == -EINVAL)
		return bad_value(parse, "uidmapping/gidmapping", value);
	return r < 0 ? error_fail(parse->err, r, "read options") : 0;
}

/* If several options set the map, the last one counts. */
static int set_map(struct parse *parse, const char *value, struct idmap *map, bool *mapped)
{
	idmap_clear(map);
	*mapped = true;
	parse->last_map = mapped;
	return option_add_ranges(parse, value, map);
}

static int set_uids(struct parse *parse, const char *value)
{
	return set_map(parse, value, &parse->options->uids, &parse->options->map_uids);
}

static int set_gids(struct parse *parse, const char *value)
{
	return set_map(parse, value, &parse->options->gids, &parse->options->map_gids);
}

static int squash(struct parse *parse, const char *value, struct idmap *map, bool *mapped)
{
	unsigned long id;

	if (parse_number(value, UINT32_MAX - 1, &id) < 0)
		return bad_value(parse, "squash_to_uid/squash_to_gid", value);
	map->squash = (int64_t)id;
	*mapped = true;
	return 0;
}

static int set_squash_uid(struct parse *parse, const char *value)
{
	return squash(parse, value, &parse->options->uids, &parse->options->map_uids);
}

static int set_squash_gid(struct parse *parse, const char *value)
{
	return squash(parse, value, &parse->options->gids, &parse->options->map_gids);
}

/* If any other option names an id, before or after this one, this one has no effect. */
static int set_squash_root(struct parse *parse, const char *value)
{
	struct daemon_options *options = parse->options;

	if (options->uids.squash < 0)
		options->uids.squash = 0;
	if (options->gids.squash < 0)
		options->gids.squash = 0;
	options->map_uids = options->map_gids = true;
	return 0;
}

static int set_xattr_permissions(struct parse *parse, const char *value)
{
	unsigned long n;

	if (parse_number(value, 2, &n) < 0)
		return bad_value(parse, "xattr_permissions", value);
	parse->options->xattr_permissions = (int)n;
	return 0;
}

static int set_size(struct parse *parse, const char *value)
{
	bool none = *value && strspn(value, "0") == strlen(value); /* "0" means no limit */

	if (!none && size_parse(value, &parse->options->size) < 0)
		return bad_value(parse, "size", value);
	if (none)
		parse->options->size = 0;
	return 0;
}

static int set_descriptors(struct parse *parse, const char *value)
{
	unsigned long n;

	if (parse_number(value, UINT32_MAX, &n) < 0 || n < 16)
		return bad_value(parse, "descriptors", value);
	parse->options->descriptors = (uint32_t)n;
	return 0;
}

static int set_timeout(struct parse *parse, const char *value)
{
	char *end;
	double seconds = strtod(value, &end);

	if (end == value || *end || seconds < 0)
		return bad_value(parse, "timeout", value);
	parse->options->timeout = seconds;
	return 0;
}

static int set_fsync(struct parse *parse, const char *value)
{
	unsigned long n;

	if (parse_number(value, 1, &n) < 0)
		return bad_value(parse, "fsync", value);
	parse->options->no_sync = !n;
	return 0;
}

static int set_writeback(struct parse *parse, const char *value)
{
	unsigned long n;

	if (parse_number(value, 1, &n) < 0)
		return bad_value(parse, "writeback", value);
	parse->options->writeback = n;
	return 0;
}

static int set_without(struct parse *parse, const char *value)
{
	int optimisations = optimisations_parse(value, parse->err);

	if (optimisations < 0)
		return optimisations;
	parse->options->without |= (unsigned int)optimisations;
	return 0;
}

/* Accepts "noxattrs" and "noxattrs=0|1". */
static int set_no_xattrs(struct parse *parse, const char *value)
{
	unsigned long n = 1;

	if (*value && parse_number(value, 1, &n) < 0)
		return bad_value(parse, "noxattrs", value);
	parse->options->no_xattrs = n;
	return 0;
}

static int set_redirect_dir(struct parse *parse, const char *value)
{
	static const char *const words[] = { [REDIRECT_FOLLOW] = "follow",
		[REDIRECT_NOFOLLOW] = "nofollow",
		[REDIRECT_MAKE] = "on" };

	for (int i = 0; i < 3; i++)
		if (!strcmp(value, words[i])) {
			parse->options->redirect = i;
			return 0;
		}
	/* "off" means the kernel's default: follow redirects where that is safe. */
	parse->options->redirect = -1;
	return strcmp(value, "off") ? bad_value(parse, "redirect_dir", value) : 0;
}

static int set_xino(struct parse *parse, const char *value)
{
	static const char *const words[] = {
		[XINO_OFF] = "off", [XINO_AUTO] = "auto", [XINO_ON] = "on"
	};

	for (int i = 0; i < 3; i++)
		if (!strcmp(value, words[i])) {
			parse->options->xino = (enum xino_option)i;
			return 0;
		}
	return bad_value(parse, "xino", value);
}

/* Reads "on" or "off". */
static int set_switch(struct parse *parse, const char *name, const char *value, bool *ret)
{
	*ret = !strcmp(value, "on");
	return *ret || !strcmp(value, "off") ? 0 : bad_value(parse, name, value);
}

#define SWITCH(name)                                                                               \
	static int set_##name(struct parse *parse, const char *value)                              \
	{                                                                                          \
		return set_switch(parse, #name, value, &parse->options->name);                     \
	}
SWITCH(metacopy)
SWITCH(index)
SWITCH(aufs)

static int set_keeper(struct parse *parse, const char *value)
{
	bool on;
	int r = set_switch(parse, "keeper", value, &on);

	parse->options->keeper = on;
	return r;
}

#define FLAG(name, field)                                                                          \
	static int set_##name(struct parse *parse, const char *value)                              \
	{                                                                                          \
		parse->options->field = true;                                                      \
		return 0;                                                                          \
	}
FLAG(read_only, read_only)
FLAG(no_acl, no_acl)
FLAG(volatile, is_volatile)
FLAG(static_nlink, static_nlink)
FLAG(allow_other, allow_other)
FLAG(allow_root, allow_root)
FLAG(userxattr, userxattr)
FLAG(ino32, ino32)
FLAG(no_dev, no_dev)
FLAG(no_suid, no_suid)
FLAG(no_exec, no_exec)
FLAG(no_dir_atime, no_dir_atime)
FLAG(sync, sync)
FLAG(dirsync, dirsync)
FLAG(remount, remount)

static int set_writable(struct parse *parse, const char *value)
{
	parse->options->read_only = false;
	return 0;
}

static int choose_atime(struct parse *parse, enum atime_rule rule)
{
	parse->options->atime = rule;
	parse->options->names_atime = true;
	return 0;
}

static int set_no_atime(struct parse *parse, const char *value)
{
	return choose_atime(parse, ATIME_NEVER);
}

static int set_atime(struct parse *parse, const char *value)
{
	return choose_atime(parse, ATIME_RELATIVE);
}

static int set_strict_atime(struct parse *parse, const char *value)
{
	return choose_atime(parse, ATIME_STRICT);
}

static int set_dir_atime(struct parse *parse, const char *value)
{
	parse->options->no_dir_atime = false;
	return 0;
}

static int set_copyup(struct parse *parse, const char *value)
{
	unsigned int *without = &parse->options->without;

	if (!strcmp(value, "open"))
		*without |= OPTIMISATION_OPEN;
	else if (!strcmp(value, "write"))
		*without &= ~(unsigned int)OPTIMISATION_OPEN;
	else
		return bad_value(parse, "copyup", value);
	return 0;
}

static int ignore(struct parse *parse, const char *value)
{
	return 0;
}

set_option_fn *const option_setters[N_MOUNT_OPTIONS] = {
	[OPTION_lowerdir] = set_lowers,
	[OPTION_upperdir] = set_upper,
	[OPTION_workdir] = set_work,
	[OPTION_uidmapping] = set_uids,
	[OPTION_gidmapping] = set_gids,
	[OPTION_squash_to_root] = set_squash_root,
	[OPTION_squash_to_uid] = set_squash_uid,
	[OPTION_squash_to_gid] = set_squash_gid,
	[OPTION_xattr_permissions] = set_xattr_permissions,
	[OPTION_size] = set_size,
	[OPTION_descriptors] = set_descriptors,
	[OPTION_timeout] = set_timeout,
	[OPTION_fsync] = set_fsync,
	[OPTION_writeback] = set_writeback,
	[OPTION_without] = set_without,
	[OPTION_copyup] = set_copyup,
	[OPTION_redirect_dir] = set_redirect_dir,
	[OPTION_metacopy] = set_metacopy,
	[OPTION_aufs] = set_aufs,
	[OPTION_index] = set_index,
	[OPTION_keeper] = set_keeper,
	[OPTION_volatile] = set_volatile,
	[OPTION_noacl] = set_no_acl,
	[OPTION_noxattrs] = set_no_xattrs,
	[OPTION_static_nlink] = set_static_nlink,
	[OPTION_userxattr] = set_userxattr,
	[OPTION_ro] = set_read_only,
	[OPTION_allow_other] = set_allow_other,
	[OPTION_allow_root] = set_allow_root,
	[OPTION_context] = set_context,
	[OPTION_fsname] = set_fsname,
	[OPTION_subtype] = set_subtype,
	[OPTION_log] = set_log,
	[OPTION_pidfile] = set_pid_file,
	[OPTION_lockfile] = set_lock_file,
	[OPTION_stats] = set_stats,
	[OPTION_ino32_t] = set_ino32,
	[OPTION_xino] = set_xino,
	[OPTION_remount] = set_remount,
	[OPTION_nodev] = set_no_dev,
	[OPTION_nosuid] = set_no_suid,
	[OPTION_noexec] = set_no_exec,
	[OPTION_noatime] = set_no_atime,
	[OPTION_sync] = set_sync,
	[OPTION_dirsync] = set_dirsync,
};

/* Options that only mount(8) documents: they are in the list of ignored options, but have an
 * effect. */
static const struct {
	const char *name;
	set_option_fn *set;
} undoing[] = { { "rw", set_writable }, { "atime", set_atime }, { "relatime", set_atime },
	{ "nostrictatime", set_atime }, { "strictatime", set_strict_atime },
	{ "diratime", set_dir_atime }, { "nodiratime", set_no_dir_atime } };

set_option_fn *option_setter_of_ignored(const char *name)
{
	for (size_t i = 0; i < sizeof(undoing) / sizeof(*undoing); i++)
		if (!strcmp(undoing[i].name, name))
			return undoing[i].set;
	return ignore;
}
