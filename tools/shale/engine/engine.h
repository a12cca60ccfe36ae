/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An engine that can have its layers in shale: how it is set up, and what is checked. */
#pragma once

#include "tools/shale/cli.h"
#include "tools/shale/engine/report.h"

struct engine_check {
	struct cli *cli; /* has the store for a trial */
	struct report *report;
	const char *socket; /* path of shale's service, if not the usual one */
	const char *images; /* path for podman's additional image store; or NULL */
	int major, minor;   /* the engine's version; if it is not known, the newest */
};

struct engine {
	const char *name;
	const char *program;
	const char *missing; /* the remedy where it is not installed */
	/* Adds the configuration to the report. */
	void (*configure)(struct engine_check *check);
	/* Adds the trials of the configuration to the report. */
	void (*try)(struct engine_check *check);
};

extern const struct engine engine_containerd, engine_docker, engine_podman;

/* The version is MAJOR.MINOR or a later one. */
bool engine_is_at_least(const struct engine_check *check, int major, int minor);
