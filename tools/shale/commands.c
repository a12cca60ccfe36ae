/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/cli.h"

#include <string.h>

extern const struct command command_init, command_status, command_probe, command_create,
	command_run, command_get, command_put, command_mount, command_umount, command_apply,
	command_diff, command_changes, command_size, command_commit, command_convert,
	command_flatten, command_snapshot, command_fork, command_rm, command_exists,
	command_inspect, command_ls, command_tree, command_du, command_stats, command_check,
	command_gc, command_cleanup, command_import, command_export, command_images, command_tag,
	command_history, command_rmi, command_report, command_engine, command_unshare,
	command_upgrade, command_version;

const struct command *const commands[] = { &command_init, &command_status, &command_probe,
	&command_create, &command_run, &command_get, &command_put, &command_mount, &command_umount,
	&command_apply, &command_diff, &command_changes, &command_size, &command_commit,
	&command_convert, &command_flatten, &command_snapshot, &command_fork, &command_rm,
	&command_exists, &command_inspect, &command_ls, &command_tree, &command_du, &command_stats,
	&command_check, &command_gc, &command_cleanup, &command_import, &command_export,
	&command_images, &command_tag, &command_history, &command_rmi, &command_report,
	&command_engine, &command_unshare, &command_upgrade, &command_version, NULL };

const struct command *command_find(const char *name)
{
	for (size_t i = 0; commands[i]; i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}
