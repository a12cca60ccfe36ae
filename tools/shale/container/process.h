/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The process to start, as an image's config describes it: OCI image-spec, config.md. */
#pragma once

#include "common/shale.h"

#include <jansson.h>

struct process {
	char **command; /* NULL-terminated */
	char **env;     /* NULL-terminated */
	char **volumes; /* directories that the command expects; NULL-terminated */
	char *user, *working_dir;
	json_t *config; /* memory of the strings above */
};

/* Values that the user has given. They replace those of the config. */
struct process_options {
	const char *entrypoint; /* "": no entrypoint; NULL: not given */
	char *const *command;   /* NULL-terminated; empty if not given */
};

/* Reads the process from CONFIG, the text of an image's config. If it names no command, /bin/sh is
 * started. */
int process_open(const char *config, const struct process_options *options, struct process *ret,
	struct shale_error *err);
void process_close(struct process *process);
