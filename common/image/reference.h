/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The place of an image as a user writes it: KIND:PATH[:TAG], as in skopeo
 * (containers-transports(5)). */
#pragma once

#include <stdbool.h>

#include "common/shale.h"

enum reference_kind {
	REFERENCE_OCI,            /* oci:DIR[:TAG] */
	REFERENCE_OCI_ARCHIVE,    /* oci-archive:FILE[:TAG] */
	REFERENCE_DOCKER_ARCHIVE, /* docker-archive:FILE[:NAME] */
	REFERENCE_TAR,            /* tar:FILE: one root filesystem */
	REFERENCE_PLAIN,          /* PATH alone, whose content tells the kind */
};

struct reference {
	enum reference_kind kind;
	char *path;
	char *tag; /* TAG or NAME; NULL if it is not given */
};

/* A path that means standard input or output, except where a directory is needed. */
#define REFERENCE_STANDARD "-"

/* Parses TEXT. The path ends at the first colon behind KIND:; but in tar:FILE and in a path alone
 * the path is all the rest. Returns -EINVAL if there is no path, for a tag that no image can have,
 * and for "oci:-". */
int reference_parse(const char *text, struct reference *ret, struct shale_error *err);
void reference_free(struct reference *reference);

/* Tells whether such a place may hold several images with different tags or names. */
bool reference_takes_tag(const struct reference *reference);
/* Tells whether an export to this place writes one root filesystem, and no image. */
bool reference_writes_rootfs(const struct reference *reference);

/* Tells whether TEXT has the grammar of org.opencontainers.image.ref.name (OCI image-spec,
 * annotations.md). */
bool reference_is_name(const char *text);
/* Tells whether TEXT is REPOSITORY[:TAG] as docker load and podman load accept it: with lower-case
 * path components. */
bool reference_is_repo_tag(const char *text);
/* Tells whether TEXT, REPOSITORY[:TAG], has a TAG. */
bool reference_has_tag(const char *text);
/* Completes REPOSITORY[:TAG] to the form of Docker and containerd: with a host ("docker.io"), a
 * path of two components there ("library/") and a tag ("latest"). The caller frees it; NULL without
 * memory. */
char *reference_full_name(const char *text);

/* Returns a file's name without directories and without .tar, .tar.gz, .tgz and the like. The
 * caller frees it. */
char *reference_base_name(const char *path);
