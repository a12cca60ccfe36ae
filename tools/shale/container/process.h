/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The process to start, as an image's config describes it: OCI image-spec, config.md. */
#pragma once

#include "common/shale.h"

#include <jansson.h>

struct process {
	char **command; /* NULL-terminated */
	char **env;     /* NULL-terminated */
	char **volumes; /* NULL-terminated: directories that the command expects */
	char *user, *working_dir;
	json_t *config; /* holds the strings above */
};

/* The user's values, which replace those of the config. */
struct process_options {
	const char *entrypoint; /* "": none; NULL: not given */
	char *const *command;   /* NULL-terminated; empty: not given */
};

/* CONFIG is the text of an image's config. If it names nothing to start, /bin/sh is started. */
int process_open(const char *config, const struct process_options *options, struct process *ret,
	struct shale_error *err);
void process_close(struct process *process);
