/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/container/capabilities.h"

#include "common/base/scope.h"
#include "tools/shale/cli.h"

#include <sys/capability.h>
#include <sys/prctl.h>

static const cap_value_t kept[] = { CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FSETID, CAP_FOWNER, CAP_MKNOD,
	CAP_NET_RAW, CAP_SETGID, CAP_SETUID, CAP_SETFCAP, CAP_SETPCAP, CAP_NET_BIND_SERVICE,
	CAP_SYS_CHROOT, CAP_KILL, CAP_AUDIT_WRITE };
enum { N_KEPT = sizeof(kept) / sizeof(*kept) };

static bool is_kept(cap_value_t cap)
{
	for (size_t i = 0; i < N_KEPT; i++)
		if (kept[i] == cap)
			return true;
	return false;
}

int privileges_bound(bool no_new, struct shale_error *err)
{
	int r = 0;

	for (cap_value_t cap = 0; r == 0 && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (!is_kept(cap))
			r = sys(prctl(PR_CAPBSET_DROP, cap, 0, 0, 0));
	if (r == 0)
		r = sys(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
	if (r == 0 && no_new)
		r = sys(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	return r < 0 ? cli_fail(err, r, "bound capabilities") : 0;
}

static void cleanup_caps(cap_t *caps)
{
	if (*caps)
		cap_free(*caps);
}

int privileges_drop(struct shale_error *err)
{
	cap_t now __attribute__((cleanup(cleanup_caps))) = cap_get_proc();
	cap_t caps __attribute__((cleanup(cleanup_caps))) = cap_init();
	int r = now && caps ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < N_KEPT; i++) {
		cap_flag_value_t has = CAP_CLEAR;
		r = sys(cap_get_flag(now, kept[i], CAP_PERMITTED, &has));
		if (r == 0 && has == CAP_SET)
			r = sys(cap_set_flag(caps, CAP_PERMITTED, 1, &kept[i], CAP_SET));
		if (r == 0 && has == CAP_SET)
			r = sys(cap_set_flag(caps, CAP_EFFECTIVE, 1, &kept[i], CAP_SET));
	}
	if (r == 0)
		r = sys(cap_set_proc(caps));
	return r < 0 ? cli_fail(err, r, "drop capabilities") : 0;
}
