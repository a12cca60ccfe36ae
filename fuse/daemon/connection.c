/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/daemon/connection.h"

#include "fuse/daemon/readahead.h"
#include "fuse/merge/table/kept_state.h"

#include <errno.h>
#include <unistd.h>

#define FEW_PAGES 32 /* most pages in one request if the kernel does not offer MAX_PAGES */

/* Chooses the flags to ask for in INIT. Four flags are never asked for. ATOMIC_O_TRUNC passes
 * O_TRUNC with OPEN, a request that this daemon does not get. HANDLE_KILLPRIV leaves the clearing
 * of setuid to the filesystem below, which clears nothing when root writes. AUTO_INVAL_DATA is for
 * files that others change behind the mount; nobody does here. With ASYNC_DIO the kernel drops
 * cached pages before an asynchronous direct write has reached the daemon, so that readers bring
 * the old data back. */
static uint64_t flags_wanted(const struct connection *connection)
{
	static const struct {
		uint64_t flag;
		unsigned int optimisation;
	} optional[] = {
		{ FUSE_DO_READDIRPLUS, OPTIMISATION_PLUS },
		{ FUSE_CACHE_SYMLINKS, OPTIMISATION_LINKS },
		{ FUSE_PARALLEL_DIROPS, OPTIMISATION_PARALLEL },
	};
	uint64_t flags = FUSE_ASYNC_READ | FUSE_BIG_WRITES | FUSE_DONT_MASK | FUSE_MAX_PAGES |
			 FUSE_HANDLE_KILLPRIV_V2;

	for (size_t i = 0; i < sizeof(optional) / sizeof(*optional); i++)
		if (!(connection->without & optional[i].optimisation))
			flags |= optional[i].flag;
	if (connection->acls)
		flags |= FUSE_POSIX_ACL;
	if (connection->writeback)
		flags |= FUSE_WRITEBACK_CACHE;
	return flags;
}

/* The field flags2 is valid only with INIT_EXT. */
static uint64_t flags_offered(const struct fuse_init_in *in, size_t size)
{
	if (!(in->flags & FUSE_INIT_EXT) || size < sizeof(*in))
		return in->flags & ~(uint64_t)FUSE_INIT_EXT;
	return in->flags | (uint64_t)in->flags2 << 32;
}

static void agree_on_sizes(
	const struct connection *connection, uint64_t flags, struct fuse_init_out *out)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t pages = flags & FUSE_MAX_PAGES ? MOST_DATA / page : FEW_PAGES;

	if (pages * page > MOST_DATA)
		pages = MOST_DATA / page;
	out->max_write = (uint32_t)(pages * page);
	if (flags & FUSE_MAX_PAGES)
		out->max_pages = (uint16_t)pages;
	/* The kernel also limits the read-ahead to that of the mount's device (readahead.h). */
	if (!(connection->without & OPTIMISATION_READAHEAD))
		out->max_readahead = READAHEAD;
}

int connection_agree(struct connection *connection, const struct fuse_init_in *in, size_t size,
	struct fuse_init_out *ret)
{
	uint64_t offered = flags_offered(in, size);
	uint64_t flags = (flags_wanted(connection) | FUSE_INIT_EXT) & offered;

	if (in->major < PROTOCOL_MAJOR ||
		(in->major == PROTOCOL_MAJOR && in->minor < PROTOCOL_OLDEST))
		return -EPROTO;
	*ret = (struct fuse_init_out){ .major = PROTOCOL_MAJOR,
		.minor = in->minor < PROTOCOL_MINOR ? in->minor : PROTOCOL_MINOR,
		.max_readahead = in->max_readahead };
	/* A kernel with a newer protocol sends INIT again, in the version of this answer. */
	if (in->major > PROTOCOL_MAJOR) {
		ret->minor = PROTOCOL_MINOR;
		return 0;
	}
	ret->flags = (uint32_t)flags;
	ret->flags2 = (uint32_t)(flags >> 32);
	ret->time_gran = 1;
	agree_on_sizes(connection, flags, ret);
	if (connection->kept)
		connection->kept->resends = offered & FUSE_HAS_RESEND ? 1 : 0;
	connection->opens = connection->without & OPTIMISATION_OPEN ||
			    !(offered & FUSE_NO_OPEN_SUPPORT);
	connection->opens_dirs = connection->without & (OPTIMISATION_OPEN | OPTIMISATION_DIRS) ||
				 !(offered & FUSE_NO_OPENDIR_SUPPORT);
	if (connection->kept) {
		connection->kept->opens = connection->opens;
		connection->kept->opens_dirs = connection->opens_dirs;
	}
	return 0;
}

/* A negative offset makes the kernel forget the attributes and keep the pages. */
int connection_invalidate(struct connection *connection, uint32_t node, bool list)
{
	struct {
		struct fuse_out_header header;
		struct fuse_notify_inval_inode_out body;
	} out = { .header = { .len = sizeof(out), .error = FUSE_NOTIFY_INVAL_INODE },
		.body = { .ino = node, .off = list ? 0 : -1 } };

	return connection->transport->ops->notify(connection->transport, &out.header, sizeof(out));
}
