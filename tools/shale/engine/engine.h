/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An engine that can keep its layers in shale: how to set it up, and what to check. */
#pragma once

#include "tools/shale/cli.h"
#include "tools/shale/engine/report.h"

struct engine_check {
	struct cli *cli; /* the command line, with the store for a trial */
	struct report *report;
	const char *socket; /* path of the socket of shale's service, if it is not the usual one */
	const char *images; /* path for podman's additional image store; or NULL */
	int major, minor;   /* the engine's version; the newest one if it is not known */
};

struct engine {
	const char *name;
	const char *program;
	const char *missing; /* the remedy if the engine is not installed */
	/* Adds the configuration to the report. */
	void (*configure)(struct engine_check *check);
	/* Adds the trials of the configuration to the report. */
	void (*try)(struct engine_check *check);
};

extern const struct engine engine_containerd, engine_docker, engine_podman;

/* Tells whether the version is MAJOR.MINOR or a later one. */
bool engine_is_at_least(const struct engine_check *check, int major, int minor);
