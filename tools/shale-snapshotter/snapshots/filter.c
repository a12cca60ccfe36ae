/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale-snapshotter/snapshots/filter.h"

#include "common/base/scope.h"

#include <ctype.h>
#include <regex.h>
#include <string.h>

enum operator{ PRESENT, EQUAL, NOT_EQUAL, MATCHES };

#define REGEX_COPIES_MAX 5000

struct selector {
	struct selector *next;
	char *field; /* first part of the field's name */
	char *rest;  /* the other parts of the name, joined by dots; NULL: none */
	enum operator operator;
	char *value;
	regex_t regex; /* the compiled pattern of a selector with ~= */
};

struct filter {
	/* A snapshot matches if all selectors do; without selectors it always does. */
	struct selector *selectors;
};

/* The part of the filter's text that is still to be parsed. */
struct reader {
	const char *at;
	const char *why;
};

static int fail(struct reader *reader, const char *why)
{
	reader->why = why;
	return -EINVAL;
}

/* ---- the words of a filter ---- */

static void put(char **to, unsigned int rune)
{
	char *out = *to;

	if (rune < 0x80) {
		*out++ = (char)rune;
	} else if (rune < 0x800) {
		*out++ = (char)(0xc0 | rune >> 6);
		*out++ = (char)(0x80 | (rune & 0x3f));
	} else if (rune < 0x10000) {
		*out++ = (char)(0xe0 | rune >> 12);
		*out++ = (char)(0x80 | (rune >> 6 & 0x3f));
		*out++ = (char)(0x80 | (rune & 0x3f));
	} else {
		*out++ = (char)(0xf0 | rune >> 18);
		*out++ = (char)(0x80 | (rune >> 12 & 0x3f));
		*out++ = (char)(0x80 | (rune >> 6 & 0x3f));
		*out++ = (char)(0x80 | (rune & 0x3f));
	}
	*to = out;
}

static int read_digits(struct reader *reader, int n, int base, unsigned int *ret)
{
	*ret = 0;
	for (int i = 0; i < n; i++) {
		char c = *reader->at;
		int digit = isdigit((unsigned char)c)    ? c - '0'
			    : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10
							 : 99;

		if (digit >= base)
			return fail(reader, "a bad escape sequence");
		*ret = *ret * (unsigned int)base + (unsigned int)digit;
		reader->at++;
	}
	return 0;
}

/* Reads an escape sequence after a backslash, with the rules of Go. */
static int read_escape(struct reader *reader, char quote, char **to)
{
	static const char names[] = "abfnrtv", meanings[] = "\a\b\f\n\r\t\v";
	char c = *reader->at;
	const char *name = c ? strchr(names, c) : NULL;
	unsigned int rune;
	int r;

	if (c >= '0' && c <= '7') {
		r = read_digits(reader, 3, 8, &rune);
		if (r == 0)
			*(*to)++ = (char)rune;
		return r;
	}
	reader->at += c != 0;
	if (c == 'x') {
		r = read_digits(reader, 2, 16, &rune);
		if (r == 0)
			*(*to)++ = (char)rune;
		return r;
	}
	if (c == 'u' || c == 'U') {
		r = read_digits(reader, c == 'u' ? 4 : 8, 16, &rune);
		if (r == 0 && rune > 0x10ffff)
			return fail(reader, "a bad escape sequence");
		if (r == 0)
			put(to, rune);
		return r;
	}
	if (!name && c != '\\' && c != quote)
		return fail(reader, "a bad escape sequence");
	*(*to)++ = name ? meanings[name - names] : c;
	return 0;
}

static int read_quoted(struct reader *reader, char **ret)
{
	char quote = *reader->at++;
	auto_free char *word = malloc(strlen(reader->at) + 1);
	char *to = word;

	if (!word)
		return -ENOMEM;
	while (*reader->at != quote) {
		int r = 0;

		if (!*reader->at)
			return fail(reader, "a quoted string does not end");
		if (*reader->at == '\\') {
			reader->at++;
			r = read_escape(reader, quote, &to);
		} else {
			*to++ = *reader->at++;
		}
		if (r < 0)
			return r;
	}
	reader->at++;
	*to = 0;
	*ret = steal_ptr(&word);
	return 0;
}

static int read_span(struct reader *reader, size_t n, const char *why, char **ret)
{
	if (n == 0)
		return fail(reader, why);
	*ret = strndup(reader->at, n);
	reader->at += n;
	return *ret ? 0 : -ENOMEM;
}

static int read_field(struct reader *reader, char **ret)
{
	size_t n = 0;

	if (*reader->at == '"')
		return read_quoted(reader, ret);
	while (isalnum((unsigned char)reader->at[n]) || reader->at[n] == '_')
		n++;
	if (isdigit((unsigned char)reader->at[0]))
		n = 0;
	return read_span(reader, n, "a field is expected", ret);
}

static int read_value(struct reader *reader, enum operator operator, char ** ret)
{
	char c = *reader->at;

	if (c == '"' || (operator== MATCHES &&(c == '/' || c == '|')))
		return read_quoted(reader, ret);
	return read_span(reader, strcspn(reader->at, ", \t\n"), "a value is expected", ret);
}

/* ---- selectors ---- */

static void free_selector(struct selector *selector)
{
	if (selector->operator== MATCHES)
		regfree(&selector->regex);
	free(selector->field);
	free(selector->rest);
	free(selector->value);
	free(selector);
}

static int read_rest(struct reader *reader, struct selector *selector)
{
	int r = 0;

	while (r == 0 && *reader->at == '.') {
		auto_free char *part = NULL, *before = steal_ptr(&selector->rest);

		reader->at++;
		r = read_field(reader, &part);
		if (r == 0 && asprintf(&selector->rest, "%s%s%s", before ? before : "",
				      before ? "." : "", part) < 0) {
			selector->rest = NULL;
			r = -ENOMEM;
		}
	}
	return r;
}

static enum operator read_operator(struct reader *reader)
{
	static const char *const operators[] = {
		[EQUAL] = "==", [NOT_EQUAL] = "!=", [MATCHES] = "~="
	};

	for (enum operator o = EQUAL; o <= MATCHES; o++)
		if (!strncmp(reader->at, operators[o], 2)) {
			reader->at += 2;
			return o;
		}
	return PRESENT;
}

/* Returns the largest number in the repetition "M}", "M,}" or "M,N}" at TEXT. */
static unsigned long largest_bound(const char *text)
{
	char *end;
	unsigned long least = strtoul(text, &end, 10);
	unsigned long most = *end == ',' ? strtoul(end + 1, NULL, 10) : 0;

	return most > least ? most : least;
}

/* Tells whether the pattern is dangerous to compile. The C library compiles a repetition as copies
 * of the repeated part, so a few nested repetitions could take all memory. Takes each repetition as
 * nested in all others. */
static bool is_too_large(const char *pattern)
{
	double copies = 1;

	for (const char *p = pattern; *p; p++)
		if (*p == '+' || *p == '*' || *p == '?')
			copies *= 2;
		else if (*p == '{')
			copies *= 1 + (double)largest_bound(p + 1);
	return copies > REGEX_COPIES_MAX;
}

static int read_selector(struct reader *reader, struct selector *selector)
{
	int r = read_field(reader, &selector->field);

	if (r == 0)
		r = read_rest(reader, selector);
	if (r < 0)
		return r;
	enum operator operator= read_operator(reader);
	if (operator== PRESENT)
		return 0;
	r = read_value(reader, operator, & selector->value);
	if (r == 0 && operator== MATCHES && is_too_large(selector->value))
		r = fail(reader, "a regular expression with too many repetitions");
	else if (r == 0 && operator== MATCHES && regcomp(&selector->regex, selector->value,
				   REG_EXTENDED | REG_NOSUB) != 0)
		r = fail(reader, "a bad regular expression");
	if (r == 0)
		selector->operator= operator;
	return r;
}

static int read_selectors(struct reader *reader, struct filter *filter)
{
	struct selector **end = &filter->selectors;
	int r = 0;

	while (r == 0) {
		struct selector *selector = calloc(1, sizeof(*selector));

		if (!selector)
			return -ENOMEM;
		*end = selector;
		end = &selector->next;
		r = read_selector(reader, selector);
		if (r == 0 && !*reader->at)
			return 0;
		if (r == 0 && *reader->at++ != ',')
			r = fail(reader, "a comma is expected");
	}
	return r;
}

int filter_new(const char *text, struct filter **ret, const char **ret_why)
{
	struct filter *filter = calloc(1, sizeof(*filter));
	struct reader reader = { text, "" };
	int r = filter ? 0 : -ENOMEM;

	if (r == 0 && *text)
		r = read_selectors(&reader, filter);
	if (r < 0) {
		filter_free(filter);
		*ret_why = reader.why;
		return r;
	}
	*ret = filter;
	return 0;
}

void filter_free(struct filter *filter)
{
	struct selector *next;

	for (struct selector *at = filter ? filter->selectors : NULL; at; at = next) {
		next = at->next;
		free_selector(at);
	}
	free(filter);
}

/* ---- matching ---- */

/* Returns the value of the selector's field; NULL if SNAPSHOT has no such field. */
static const char *value_of(const struct selector *selector, const struct snapshot *snapshot)
{
	if (!strcmp(selector->field, "name"))
		return snapshot->key;
	if (!strcmp(selector->field, "kind"))
		return snapshot_kind_name(snapshot->kind);
	if (!strcmp(selector->field, "parent"))
		return snapshot->parent ? snapshot->parent->key : "";
	if (!strcmp(selector->field, "labels"))
		return labels_get(&snapshot->labels, selector->rest ? selector->rest : "");
	return NULL;
}

static bool selects(const struct selector *selector, const struct snapshot *snapshot)
{
	const char *value = value_of(selector, snapshot);

	switch (selector->operator) {
	case PRESENT:
		return value;
	case EQUAL:
		return value && !strcmp(value, selector->value);
	case NOT_EQUAL:
		return strcmp(value ? value : "", selector->value) != 0;
	case MATCHES:
		return regexec(&selector->regex, value ? value : "", 0, NULL, 0) == 0;
	}
	return false;
}

bool filter_matches(const struct filter *filter, const struct snapshot *snapshot)
{
	for (const struct selector *at = filter->selectors; at; at = at->next)
		if (!selects(at, snapshot))
			return false;
	return true;
}
