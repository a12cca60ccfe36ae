/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The checks that containerd and Docker have in common: of a shale service at a socket, and of a
 * store. */
#pragma once

#include "tools/shale/engine/engine.h"

/* Returns the socket of shale-snapshotter, as it is given to containerd. */
const char *service_snapshotter_socket(const struct engine_check *check, char buf[108]);
/* Returns the socket of shale-docker. */
const char *service_plugin_socket(const struct engine_check *check, char buf[108]);
/* Adds the section that makes the snapshotter known to containerd. */
void service_configure_containerd(struct engine_check *check);
/* Checks that shale-snapshotter answers, and that containerd answers and knows it. */
void service_try_snapshotter(struct engine_check *check);
/* Checks that shale-docker answers. */
void service_try_plugin(struct engine_check *check);
/* Checks that ARGV succeeds and prints WANTED, a line or a part of a line. Returns the result. */
bool service_try_program(struct engine_check *check, const char *name, const char *const *argv,
	const char *wanted, const char *remedy);
/* Checks that the store can mount a layer. */
void service_try_mount(struct engine_check *check);
