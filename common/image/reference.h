/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a user names an image's place: KIND:PATH[:TAG], as skopeo does (containers-transports(5)). */
#pragma once

#include <stdbool.h>

#include "common/shale.h"

enum shale_reference_kind {
	SHALE_REFERENCE_OCI,            /* oci:DIR[:TAG] */
	SHALE_REFERENCE_OCI_ARCHIVE,    /* oci-archive:FILE[:TAG] */
	SHALE_REFERENCE_DOCKER_ARCHIVE, /* docker-archive:FILE[:NAME] */
	SHALE_REFERENCE_TAR,            /* tar:FILE: one root filesystem */
	SHALE_REFERENCE_PLAIN,          /* PATH alone: what is there tells its kind */
};

struct shale_reference {
	enum shale_reference_kind kind;
	char *path;
	char *tag; /* TAG or NAME; NULL without one */
};

/* The path of standard input or output, unless it is a directory that is asked for. */
#define SHALE_REFERENCE_STANDARD "-"

/* The path ends at the first colon behind KIND:, except for a tar and a plain path, where it is all
 * of the rest. -EINVAL: no path, a tag that no image can have, or oci:- . */
int shale_reference_parse(const char *text, struct shale_reference *ret, struct shale_error *err);
void shale_reference_free(struct shale_reference *reference);

/* The grammar of org.opencontainers.image.ref.name (OCI image-spec, annotations.md). */
bool shale_is_ref_name(const char *text);
/* REPOSITORY[:TAG] as docker load and podman load take it: lower-case path components. */
bool shale_is_repo_tag(const char *text);
/* True if REPOSITORY[:TAG] has its TAG. */
bool shale_repo_tag_has_tag(const char *text);

/* A file's name without directories and without .tar, .tar.gz, .tgz and the like: the caller's. */
char *shale_reference_base_name(const char *path);
