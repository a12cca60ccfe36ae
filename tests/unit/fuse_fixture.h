/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A FUSE connection without a kernel: the test itself is the transport. The merge filesystem behind
 * it has lower/ (a file "file" and a directory "dir") and an upper layer. */
#pragma once

#include "fuse/daemon/decode.h"

struct fixture {
	struct transport transport; /* must be first */
	struct connection connection;
	struct channel channel;
	uint32_t uid; /* uid of the caller */
	int home;     /* descriptor of the directory with lower/, upper/ and work/ */
	int answers;  /* number of answers to the last request */
	int made_ready;
	int lost; /* result of the transport for each answer: 0, or an errno if the answer is lost
		   */
	struct {
		struct fuse_out_header header;
		char body[MOST_DATA];
	} answer;
};

void fixture_open(struct fixture *fixture);
void fixture_close(struct fixture *fixture);

/* The flags in the INIT request of a kernel 6.18, in both halves. */
#define EVERY_FLAG (0x73fffffbu | (uint64_t)0x5fd << 32)

/* Sends INIT like a kernel with this protocol version. Returns the result of request_serve(). */
int fixture_init(struct fixture *fixture, uint32_t major, uint32_t minor, uint64_t flags);
const struct fuse_init_out *fixture_init_answer(const struct fixture *fixture);
/* Sends any request. Returns the answer's code. */
int fixture_send(
	struct fixture *fixture, uint32_t opcode, uint64_t node, const void *body, size_t size);
