/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of an index's images suits this machine (OCI image-spec, image-index.md, "platform"). */
#pragma once

#include <jansson.h>
#include <stddef.h>

#include "common/shale.h"

/* By Go's names: "amd64" and "", "arm" and "v7". */
struct platform {
	const char *architecture;
	const char *variant; /* "" without one */
	const char *os;
};
/* This machine's; static. */
struct platform platform_host(void);
/* The same for what uname(2) calls MACHINE; MACHINE itself where it is not known. */
struct platform platform_of_machine(const char *machine);

/* OS/ARCHITECTURE[/VARIANT], where a user may say aarch64, x86_64, armhf and the like, as
 * containerd has it. RET lies in BUF. -EINVAL. */
#define PLATFORM_MAX 96
int platform_parse(
	const char *text, char buf[PLATFORM_MAX], struct platform *ret, struct shale_error *err);

/* How well an image for OS/ARCHITECTURE/VARIANT runs on HOST: 0 not at all, more is better. VARIANT
 * may be NULL or "". */
int platform_match(
	const struct platform *host, const char *os, const char *architecture, const char *variant);
/* The same for the platform in OBJECT, which is a config or the "platform" of a descriptor. 0 if
 * OBJECT names no OS or no architecture. */
int platform_match_json(const struct platform *host, const json_t *object);

/* "OS/ARCHITECTURE/VARIANT" of OBJECT into BUF, as much as there is room for; the length, as
 * snprintf has it. 0 if it does not say, or says "unknown". */
int platform_print(const json_t *object, char *buf, size_t size);
