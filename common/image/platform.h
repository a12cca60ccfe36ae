/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chooses the image of an index that suits this machine (OCI image-spec, image-index.md,
 * "platform"). */
#pragma once

#include <jansson.h>
#include <stddef.h>

#include "common/shale.h"

/* A platform, in the names that Go uses: architecture "amd64" with variant "", or "arm" with
 * "v7". */
struct platform {
	const char *architecture;
	const char *variant; /* "" if it has no variant */
	const char *os;
};
/* Returns the platform of this machine; its strings are static. */
struct platform platform_host(void);
/* Returns the platform for MACHINE, as uname(2) reports it. An unknown MACHINE becomes the
 * architecture itself. */
struct platform platform_of_machine(const char *machine);

/* Parses OS/ARCHITECTURE[/VARIANT]. Also accepts aarch64, x86_64, armhf and the like, as containerd
 * does. RET points into BUF. Returns -EINVAL if TEXT is malformed. */
#define PLATFORM_MAX 96
int platform_parse(
	const char *text, char buf[PLATFORM_MAX], struct platform *ret, struct shale_error *err);

/* Rates how well an image for OS/ARCHITECTURE/VARIANT runs on HOST: 0: not at all; a higher number
 * is better. VARIANT may be NULL or "". Like containerd, ignores case, and knows several names of
 * an architecture. */
int platform_match(
	const struct platform *host, const char *os, const char *architecture, const char *variant);
/* Rates like platform_match. OBJECT is a config, or the "platform" of a descriptor. Returns 0 if it
 * has no OS or no architecture. */
int platform_match_json(const struct platform *host, const json_t *object);

/* Writes "OS/ARCHITECTURE/VARIANT" of OBJECT to BUF, cut off at SIZE. Returns the length, like
 * snprintf; 0 if OBJECT has no platform, or "unknown". */
int platform_print(const json_t *object, char *buf, size_t size);
