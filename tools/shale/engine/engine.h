/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One engine (containerd, Docker, podman) that can keep its layers in shale: its configuration, and
 * checks of it. */
#pragma once

#include "tools/shale/cli.h"
#include "tools/shale/engine/report.h"

struct engine_check {
	struct cli *cli; /* the command line, with the store for a trial */
	struct report *report;
	const char *socket; /* socket of shale's service, if it is not at the usual path */
	const char *images; /* directory of podman's additional image store; NULL: none */
	int major, minor;   /* version of the engine; the newest known one if it is not installed */
};

struct engine {
	const char *name;
	const char *program;
	const char *missing; /* the remedy if the engine is not installed */
	/* Adds the files and commands for the configuration to the report. */
	void (*configure)(struct engine_check *check);
	/* Checks the configuration by trials, and adds their results to the report. */
	void (*try)(struct engine_check *check);
};

extern const struct engine engine_containerd, engine_docker, engine_podman;

/* Tells whether the version is MAJOR.MINOR or a later one. */
bool engine_is_at_least(const struct engine_check *check, int major, int minor);
