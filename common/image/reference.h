/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where an image comes from or goes to, as a user writes it: KIND:PATH[:TAG], as in skopeo
 * (containers-transports(5)). */
#pragma once

#include <stdbool.h>

#include "common/shale.h"

enum reference_kind {
	REFERENCE_OCI,            /* oci:DIR[:TAG] */
	REFERENCE_OCI_ARCHIVE,    /* oci-archive:FILE[:TAG] */
	REFERENCE_DOCKER_ARCHIVE, /* docker-archive:FILE[:NAME] */
	REFERENCE_TAR,            /* tar:FILE: the tar of a root filesystem */
	REFERENCE_PLAIN,          /* a path without KIND: its content tells the kind */
};

struct reference {
	enum reference_kind kind;
	char *path;
	char *tag; /* TAG or NAME; NULL if it is not given */
};

/* This path means standard input or output, unless the kind needs a directory. */
#define REFERENCE_STANDARD "-"

/* Parses TEXT. The path ends at the first colon behind KIND:; but in tar:FILE and in a path alone
 * the path is all the rest. Returns -EINVAL if there is no path, for a tag that no image can have,
 * and for "oci:-". */
int reference_parse(const char *text, struct reference *ret, struct shale_error *err);
void reference_free(struct reference *reference);

/* Tells whether the place can hold several images with different tags or names. */
bool reference_takes_tag(const struct reference *reference);
/* Tells whether an export to this place writes the tar of a root filesystem instead of an image. */
bool reference_writes_rootfs(const struct reference *reference);

/* Tells whether TEXT has the grammar of org.opencontainers.image.ref.name (OCI image-spec,
 * annotations.md). */
bool reference_is_name(const char *text);
/* Tells whether TEXT is REPOSITORY[:TAG] as docker load and podman load accept it: with lower-case
 * path components. */
bool reference_is_repo_tag(const char *text);
/* Tells whether TEXT, REPOSITORY[:TAG], has a TAG. */
bool reference_has_tag(const char *text);
/* Completes REPOSITORY[:TAG] to a full name as Docker and containerd write it: adds the host
 * "docker.io", for that host the path "library/", and the tag "latest" where they are missing. The
 * caller frees the name; NULL without memory. */
char *reference_full_name(const char *text);

/* Returns a file's name without directories and without .tar, .tar.gz, .tgz and the like. The
 * caller frees it. */
char *reference_base_name(const char *path);
