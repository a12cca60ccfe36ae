/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sets the calling thread's locale while libarchive works. Names in a tar are bytes, but libarchive
 * converts them to the character set of the locale. */
#pragma once

#include <locale.h>

struct ctype_locale {
	locale_t ours, before;
};

/* Switches the thread to the locale NAME. libarchive converts names between UTF-8 and the
 * thread's character set. When reading in a UTF-8 locale it composes characters, so that "e" +
 * U+0301 becomes the name of another file; in the C locale it leaves the bytes alone. When
 * writing in the C locale it marks every name outside ASCII as "hdrcharset=BINARY"; in a UTF-8
 * locale only names that are not UTF-8. */
static inline struct ctype_locale ctype_locale_use(const char *name)
{
	struct ctype_locale locale = { .ours = newlocale(LC_CTYPE_MASK, name, (locale_t)0) };

	if (locale.ours)
		locale.before = uselocale(locale.ours);
	return locale;
}

static inline void cleanup_ctype_locale(struct ctype_locale *locale)
{
	if (!locale->ours)
		return;
	uselocale(locale->before);
	freelocale(locale->ours);
}
#define auto_ctype_locale __attribute__((cleanup(cleanup_ctype_locale)))
