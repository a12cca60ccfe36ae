/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/overlay_mount_context.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "kernel/mount_arg.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mount.h>

/* Puts the messages that the kernel left in the context's log in front of ERR's words. */
static int fail_with_log(int context, int code, struct shale_error *err)
{
	char message[512], last[512] = "";
	ssize_t n;

	while ((n = read(context, message, sizeof(message) - 1)) > 0) {
		message[n] = 0;
		message[strcspn(message, "\n")] = 0;
		if (!strncmp(message, "e ", 2))
			memcpy(last, message, sizeof(last));
	}
	return last[0] ? error_fail_plain(err, code, "%s", last + 2) : code;
}

static int set(int context, const char *key, const char *value, struct shale_error *err)
{
	int r = sys(
		fsconfig(context, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, key, value, 0));
	if (r == 0)
		return 0;
	r = fail_with_log(context, r, err);
	return error_fail(
		err, r, "overlay option '%s%s%s'", key, value ? "=" : "", value ? value : "");
}

static int set_directory(int context, const char *key, const char *path, struct shale_error *err)
{
	struct name name = { .fd = -1 };
	int r = mount_arg_open(&name, path, NAME_SHORT, err);
	if (r < 0)
		return r;
	r = set(context, key, name.text, err);
	mount_arg_close(&name);
	return r;
}

static int set_option(int context, const char *option, struct shale_error *err)
{
	char key[64];
	const char *equals = strchr(option, '=');

	if (!equals)
		return set(context, option, NULL, err);
	snprintf(key, sizeof(key), "%.*s", (int)(equals - option), option);
	return set(context, key, equals + 1, err);
}

/* Whether CODE means that these calls are not available. Some containers' seccomp filters allow the
 * first of them, and refuse the others with EPERM. */
static bool is_refused(int code)
{
	return code == -ENOSYS || code == -EPERM;
}

/* Whether overlayfs takes `lowerdir+`, a layer for each call. Until Linux 6.4 it takes any key,
 * through an adapter, and fails at the end; 6.5 and 6.6 refuse `lowerdir+`. So sets it without a
 * value, which every kernel refuses: the message in the context's log tells whether the kernel
 * knows it. (The name of a missing directory would leave a line in the host's log at each
 * mount.) */
static bool takes_lowers_one_by_one(int context)
{
	char message[256];
	bool knows = true;
	ssize_t n;

	int r = sys(fsconfig(context, FSCONFIG_SET_FLAG, "lowerdir+", NULL, 0));
	if (r == 0 || is_refused(r))
		return false;
	while ((n = read(context, message, sizeof(message) - 1)) > 0) {
		message[n] = 0;
		knows = knows && !strstr(message, "Unknown parameter");
	}
	return knows;
}

static int configure(int context, const struct overlay *overlay, struct shale_error *err)
{
	int r = set(context, "source", "shale", err);

	for (size_t i = 0; r == 0 && overlay->options && overlay->options[i]; i++)
		r = set_option(context, overlay->options[i], err);
	if (r == 0 && overlay->label)
		r = set(context, "context", overlay->label, err);
	for (size_t i = 0; r == 0 && i < overlay->n_lowers; i++)
		r = set_directory(context, "lowerdir+", overlay->lowers[i], err);
	if (r == 0 && overlay->upper)
		r = set_directory(context, "upperdir", overlay->upper, err);
	if (r == 0 && overlay->work)
		r = set_directory(context, "workdir", overlay->work, err);
	if (r < 0)
		return r;
	r = sys(fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
	return r < 0 ? fail_with_log(context, r, err) : 0;
}

static int mount_context(const struct overlay *overlay, const char *target, struct shale_error *err)
{
	auto_close int context = sys(fsopen("overlay", FSOPEN_CLOEXEC));
	if (context < 0 || !takes_lowers_one_by_one(context))
		return -ENOSYS;
	int r = configure(context, overlay, err);
	if (r < 0)
		return r;
	auto_close int tree = sys(fsmount(context, FSMOUNT_CLOEXEC, 0));
	if (tree < 0)
		return error_fail(err, tree, "make the mount");
	r = sys(move_mount(tree, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH));
	return r < 0 ? error_fail(err, r, "move the mount to '%s'", target) : 0;
}

int overlay_mount_context(
	const struct overlay *overlay, const char *target, struct shale_error *err)
{
	int r = mount_context(overlay, target, err);

	/* After another failure use mount(2): if the error is real, it occurs there, too. */
	if (!is_refused(r))
		return r;
	error_clear(err);
	return -ENOSYS;
}

bool overlay_has_context(void)
{
	auto_close int context = sys(fsopen("overlay", FSOPEN_CLOEXEC));

	return context >= 0 && takes_lowers_one_by_one(context);
}
