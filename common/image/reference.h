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
	REFERENCE_PLAIN,          /* PATH alone: its content tells the kind */
};

struct reference {
	enum reference_kind kind;
	char *path;
	char *tag; /* TAG or NAME; NULL: not given */
};

/* Standard input or output, except where a directory is needed. */
#define REFERENCE_STANDARD "-"

/* The path ends at the first colon behind KIND:, but of a tar and a plain path it is all the rest.
 * -EINVAL: no path, a tag that no image can have, or oci:- . */
int reference_parse(const char *text, struct reference *ret, struct shale_error *err);
void reference_free(struct reference *reference);

/* Whether such a place may hold several images, told apart by a tag or a name. */
bool reference_takes_tag(const struct reference *reference);
/* Whether an export to that place writes one root filesystem, and no image. */
bool reference_writes_rootfs(const struct reference *reference);

/* The grammar of org.opencontainers.image.ref.name (OCI image-spec, annotations.md). */
bool reference_is_name(const char *text);
/* REPOSITORY[:TAG] as docker load and podman load accept it: lower-case path components. */
bool reference_is_repo_tag(const char *text);
/* True if TEXT, REPOSITORY[:TAG], has a TAG. */
bool reference_has_tag(const char *text);
/* REPOSITORY[:TAG] in the form of Docker and containerd: with a host ("docker.io"), a path of two
 * components there ("library/") and a tag ("latest"). The caller's; NULL: no memory. */
char *reference_full_name(const char *text);

/* A file's name without directories and without .tar, .tar.gz, .tgz and the like: the caller's. */
char *reference_base_name(const char *path);
