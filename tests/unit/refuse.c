/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/refuse.h"

#include "common/base/scope.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define MOST_STEPS 128

struct program {
	struct sock_filter steps[MOST_STEPS];
	unsigned short n;
};

static void add(struct program *program, unsigned short code, unsigned int k, unsigned char yes,
	unsigned char no)
{
	if (program->n < MOST_STEPS)
		program->steps[program->n] = (struct sock_filter){ code, yes, no, k };
	program->n++;
}

static void load(struct program *program, size_t offset)
{
	add(program, BPF_LD | BPF_W | BPF_ABS, (unsigned int)offset, 0, 0);
}

/* Returns the offset of the lower half of argument I; it comes first, since the machine is
 * little-endian. */
static size_t argument(unsigned int i)
{
	return offsetof(struct seccomp_data, args) + 8 * i;
}

static void refuse(struct program *program, int code)
{
	add(program, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned int)code, 0, 0);
}

static void refuse_call(struct program *program, int call, int code)
{
	add(program, BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)call, 0, 1);
	refuse(program, code);
}

/* Refuses one call if ARGUMENT i passes TEST (BPF_JEQ or BPF_JSET) of VALUE. */
static void refuse_argument(struct program *program, int call, unsigned int i, unsigned short test,
	unsigned int value, int code)
{
	add(program, BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)call, 0, 4);
	load(program, argument(i));
	add(program, BPF_JMP | test | BPF_K, value, 0, 1);
	refuse(program, code);
	load(program, offsetof(struct seccomp_data, nr));
}

static int install(struct program *program)
{
	add(program, BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
	if (program->n > MOST_STEPS)
		return -E2BIG;
	struct sock_fprog filter = { .len = program->n, .filter = program->steps };
	int r = sys(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	return r < 0 ? r : sys(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter));
}

static void begin(struct program *program)
{
	program->n = 0;
	load(program, offsetof(struct seccomp_data, nr));
}

bool refuse_is_possible(void)
{
	return prctl(PR_GET_SECCOMP) >= 0;
}

int refuse_calls(const int *calls, size_t n, int code)
{
	struct program program;

	begin(&program);
	for (size_t i = 0; i < n; i++)
		refuse_call(&program, calls[i], code);
	return install(&program);
}

int refuse_flag(enum refused_flag flag)
{
	struct program program;

	begin(&program);
	switch (flag) {
	case REFUSE_O_TMPFILE:
		refuse_argument(
			&program, SYS_openat, 2, BPF_JSET, O_TMPFILE & ~O_DIRECTORY, EOPNOTSUPP);
#ifdef SYS_open /* newer processors have openat(2) alone */
		refuse_argument(
			&program, SYS_open, 1, BPF_JSET, O_TMPFILE & ~O_DIRECTORY, EOPNOTSUPP);
#endif
		break;
	case REFUSE_FICLONE:
		refuse_argument(&program, SYS_ioctl, 1, BPF_JEQ, FICLONE, EOPNOTSUPP);
		refuse_argument(&program, SYS_ioctl, 1, BPF_JEQ, FICLONERANGE, EOPNOTSUPP);
		break;
	}
	return install(&program);
}
