/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the mount options of shale-fuse. */
#pragma once

#include "common/shale.h"
#include "fuse/daemon/daemon_options.h"

/* Adds the options of one -o argument. A comma in double quotes or after a backslash belongs to the
 * value. Empty options are skipped. */
int daemon_options_add(struct daemon_options *options, const char *text, struct shale_error *err);
void daemon_options_init(struct daemon_options *options);
void daemon_options_free(struct daemon_options *options);
