/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/container/sealed.h"

#include "common/base/scope.h"
#include "tools/inherited.h"
#include "tools/shale/cli.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

enum { SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

static int copy_program(int program)
{
	struct stat st;
	auto_close int copy = sys(
		memfd_create("shale", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC));

	/* Kernels before 6.3 do not know MFD_EXEC, and do not need it. */
	if (copy == -EINVAL)
		copy = sys(memfd_create("shale", MFD_CLOEXEC | MFD_ALLOW_SEALING));
	if (copy < 0)
		return copy;
	if (fstat(program, &st) < 0)
		return -errno;
	for (off_t left = st.st_size; left > 0;) {
		ssize_t n = sys(sendfile(copy, program, NULL, (size_t)left));
		if (n <= 0)
			return n < 0 ? (int)n : -EIO;
		left -= n;
	}
	int r = sys(fcntl(copy, F_ADD_SEALS, SEALS));
	return r < 0 ? r : steal_fd(&copy);
}

/* Splits TEXT, the content of /proc/self/cmdline, into words. The array is NULL-terminated. */
static char **read_words(char **text)
{
	auto_fclose FILE *file = fopen("/proc/self/cmdline", "re");
	size_t room = 0, n = 0;
	ssize_t size = file ? getdelim(text, &room, EOF, file) : -1;

	for (ssize_t i = 0; i < size; i++)
		n += !(*text)[i];
	char **words = size > 0 ? calloc(n + 1, sizeof(*words)) : NULL;
	char *at = *text;
	for (size_t i = 0; words && i < n; i++) {
		words[i] = at;
		at += strlen(at) + 1;
	}
	return words;
}

int sealed_exec(struct shale_error *err)
{
	auto_free char *text = NULL;
	auto_close int program = sys(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));

	if (program >= 0 && (fcntl(program, F_GET_SEALS) & SEALS) == SEALS &&
		fcntl(program, F_GET_SEALS) >= 0)
		return 0;
	auto_close int copy = program < 0 ? program : copy_program(program);
	auto_free char **words = copy < 0 ? NULL : read_words(&text);
	int r = copy < 0 ? copy : words ? 0 : -ENOMEM;
	if (r == 0) {
		inherited_restore();
		r = sys(fexecve(copy, words, environ));
	}
	return cli_fail(err, r, "start from a copy of the program");
}
