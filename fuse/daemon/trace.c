/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/daemon/trace.h"

#include <stdio.h>
#include <string.h>

void trace_request(const struct fuse_in_header *in, const char *name)
{
	fprintf(stderr, "request %llu: %s (%u), node %llu, %u bytes, uid %u, pid %u\n",
		(unsigned long long)in->unique, name ? name : "unknown", in->opcode,
		(unsigned long long)in->nodeid, in->len, in->uid, in->pid);
}

void trace_reply(const struct fuse_out_header *out)
{
	if (out->error)
		fprintf(stderr, "answer %llu: error %d (%s)\n", (unsigned long long)out->unique,
			-out->error, strerror(-out->error));
	else
		fprintf(stderr, "answer %llu: %u bytes\n", (unsigned long long)out->unique,
			out->len);
}
