/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* HOME/shale.json: settings that are chosen when the store is made, and hold for its whole life. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/overlay/overlay_xattr.h"
#include "common/shale.h"

#define FORMAT_VERSION 1

struct store_config {
	char uuid[37];
	enum xattr_class class;
	enum ownership ownership;
	bool keep_labels; /* keep labels of a host, such as security.selinux, that a tar holds */
};

/* Makes the settings of a new store: the defaults for this process, then the "KEY=VALUE" of OPTIONS
 * (ownership=real|override, host-labels=keep|drop). Returns -EINVAL for an option that is unknown,
 * with its name in the words. */
int store_config_decide(const char *const *options, size_t n_options, struct store_config *ret,
	struct shale_error *err);

/* Reads shale.json. Returns -ENOENT, without words, if there is none. */
int store_config_read(int home, struct store_config *ret, struct shale_error *err);
/* Writes shale.json, once and durably. Returns -EEXIST if another process was faster. Uses
 * STAGING for the file while it is incomplete. */
int store_config_write(
	int home, int staging, const struct store_config *config, struct shale_error *err);

/* Checks that this process can use an existing store. THEIRS are the store's settings, MINE the
 * defaults for this process, OPTIONS those that the process asks for now. Returns 0, or -EPERM or
 * -EINVAL with a remedy. */
int store_config_fits(const struct store_config *theirs, const struct store_config *mine,
	const struct shale_store_options *options, struct shale_error *err);

const char *xattr_class_name(enum xattr_class class);
const char *ownership_name(enum ownership ownership);
