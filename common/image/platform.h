/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chooses the image of an index that suits this machine (OCI image-spec, image-index.md,
 * "platform"). */
#pragma once

#include <jansson.h>
#include <stddef.h>

#include "common/shale.h"

/* In Go's names: "amd64" and "", "arm" and "v7". */
struct platform {
	const char *architecture;
	const char *variant; /* "" if it has none */
	const char *os;
};
/* The platform of this machine; static. */
struct platform platform_host(void);
/* The platform for uname(2)'s MACHINE; MACHINE itself if it is not known. */
struct platform platform_of_machine(const char *machine);

/* Parses OS/ARCHITECTURE[/VARIANT]; also accepts aarch64, x86_64, armhf and the like, as containerd
 * does. RET points into BUF. -EINVAL. */
#define PLATFORM_MAX 96
int platform_parse(
	const char *text, char buf[PLATFORM_MAX], struct platform *ret, struct shale_error *err);

/* How well an image for OS/ARCHITECTURE/VARIANT runs on HOST: 0 not at all, more is better. VARIANT
 * may be NULL or "". As for containerd, case does not count, and an architecture has several names.
 */
int platform_match(
	const struct platform *host, const char *os, const char *architecture, const char *variant);
/* The same for the platform in OBJECT, a config or the "platform" of a descriptor. 0 if OBJECT has
 * no OS or no architecture. */
int platform_match_json(const struct platform *host, const json_t *object);

/* Writes "OS/ARCHITECTURE/VARIANT" of OBJECT to BUF, cut off at SIZE; returns the length, like
 * snprintf. 0 if OBJECT has none, or "unknown". */
int platform_print(const json_t *object, char *buf, size_t size);
