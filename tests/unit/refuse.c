/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/refuse.h"

#include "common/cleanup.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#define MOST_CALLS 16

int refuse_calls(const int *calls, size_t n, int code)
{
	struct sock_filter steps[2 * MOST_CALLS + 2] = { BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)) };
	unsigned short used = 1;

	if (n > MOST_CALLS)
		return -E2BIG;
	for (size_t i = 0; i < n; i++) {
		steps[used++] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)calls[i], 0, 1);
		steps[used++] = (struct sock_filter)BPF_STMT(
			BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned int)code);
	}
	steps[used++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = { .len = used, .filter = steps };
	int r = sys(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	return r < 0 ? r : sys(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
}
