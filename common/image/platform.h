/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of an index's images suits this machine (OCI image-spec, image-index.md, "platform"). */
#pragma once

/* This machine's architecture and variant by Go's names: "amd64" and "", "arm" and "v7". Static. */
struct shale_platform {
	const char *architecture;
	const char *variant;
};
struct shale_platform shale_platform_host(void);
/* The same for what uname(2) calls MACHINE; MACHINE itself where it is not known. */
struct shale_platform shale_platform_of_machine(const char *machine);

/* How well an image for OS/ARCHITECTURE/VARIANT runs on HOST: 0 not at all, more is better. VARIANT
 * may be NULL or "". */
int shale_platform_match(const struct shale_platform *host, const char *os,
	const char *architecture, const char *variant);
