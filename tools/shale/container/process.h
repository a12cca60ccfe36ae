/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The process to start, as an image's config describes it: OCI image-spec, config.md. */
#pragma once

#include "common/shale.h"

#include <jansson.h>

struct process {
	char **command; /* to the end NULL */
	char **env;     /* to the end NULL */
	char *user, *working_dir;
	json_t *config; /* where the strings above are */
};

/* The values that the user gives instead of those of the config. */
struct process_options {
	const char *entrypoint; /* "": none; NULL: not said */
	char *const *command;   /* to the end NULL; empty: not said */
};

/* CONFIG is an image's, as text. Where it names nothing to start, that is /bin/sh. */
int process_open(const char *config, const struct process_options *options, struct process *ret,
	struct shale_error *err);
void process_close(struct process *process);
