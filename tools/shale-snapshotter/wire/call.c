/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale-snapshotter/wire/call.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#define NS_PER_S 1000000000LL

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

void wire_call_run(struct wire_call *call)
{
	int64_t start = now();

	call->method->run(call, call->arg);
	atomic_fetch_add(&call->tally->nanoseconds, (uint64_t)(now() - start));
	atomic_fetch_add(&call->tally->calls[call->status], 1);
}

struct wire_call *wire_call_new(struct wire_connection *connection, int32_t stream)
{
	struct wire_call *call = calloc(1, sizeof(*call));

	if (!call)
		return NULL;
	call->connection = connection;
	call->stream = stream;
	return call;
}

void wire_call_free(struct wire_call *call)
{
	if (!call)
		return;
	wire_bytes_free(&call->in);
	wire_bytes_free(&call->out);
	for (size_t i = 0; i < call->n_headers; i++) {
		free(call->headers[i].name);
		free(call->headers[i].value);
	}
	free(call->message);
	free(call);
}

int wire_call_keep_header(
	struct wire_call *call, const uint8_t *name, const uint8_t *value, size_t size)
{
	if (call->n_headers == WIRE_HEADERS_MAX)
		return 0;
	if (size > WIRE_HEADER_MAX) {
		wire_call_fail(call, WIRE_RESOURCE_EXHAUSTED, "a header has more than %d bytes",
			WIRE_HEADER_MAX);
		return 0;
	}
	struct wire_header *header = &call->headers[call->n_headers++];
	header->name = strdup((const char *)name);
	header->value = strndup((const char *)value, size);
	return header->name && header->value ? 0 : -ENOMEM;
}

const struct wire_header *wire_call_headers(const struct wire_call *call, size_t *ret_n)
{
	*ret_n = call->n_headers;
	return call->headers;
}

const uint8_t *wire_call_request(const struct wire_call *call, size_t *ret_size)
{
	*ret_size = call->in.size - WIRE_PREFIX_SIZE;
	return call->in.data + WIRE_PREFIX_SIZE;
}

uint8_t *wire_call_reply(struct wire_call *call, size_t size)
{
	uint8_t *to = size <= UINT32_MAX ? wire_bytes_extend(&call->out, WIRE_PREFIX_SIZE + size)
					 : NULL;

	if (!to) {
		wire_call_fail(call, WIRE_RESOURCE_EXHAUSTED, "out of memory");
		return NULL;
	}
	to[0] = 0;
	for (int i = 0; i < 4; i++)
		to[1 + i] = (uint8_t)(size >> (24 - 8 * i));
	return to + WIRE_PREFIX_SIZE;
}

/* Encodes TEXT for a header. A header may only have printable ASCII, so all other bytes, and '%',
 * become %XX. */
static char *encode(const char *text)
{
	char *encoded = malloc(3 * strlen(text) + 1), *to = encoded;

	if (!encoded)
		return NULL;
	for (const unsigned char *from = (const unsigned char *)text; *from; from++)
		if (*from >= ' ' && *from <= '~' && *from != '%')
			*to++ = (char)*from;
		else
			to += sprintf(to, "%%%02X", *from);
	*to = 0;
	return encoded;
}

void wire_call_fail(struct wire_call *call, enum wire_status status, const char *format, ...)
{
	char text[2048];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	call->status = status;
	free(call->message);
	call->message = encode(text);
	wire_bytes_free(&call->out);
}

bool wire_call_is_complete(struct wire_call *call)
{
	const uint8_t *data = call->in.data;
	size_t size = 0;

	if (call->in.size < WIRE_PREFIX_SIZE) {
		wire_call_fail(call, WIRE_INTERNAL, "the request holds no message");
		return false;
	}
	for (int i = 0; i < 4; i++)
		size = size << 8 | data[1 + i];
	if (data[0])
		wire_call_fail(call, WIRE_UNIMPLEMENTED, "compressed messages are not taken");
	else if (size != call->in.size - WIRE_PREFIX_SIZE)
		wire_call_fail(call, WIRE_INTERNAL, "the request is not one whole message");
	return call->status == WIRE_OK;
}

bool wire_call_is_late(struct wire_call *call)
{
	if (!call->deadline || now() < call->deadline)
		return false;
	wire_call_fail(call, WIRE_DEADLINE_EXCEEDED, "the time of the call is up");
	return true;
}

/* Sets the time limit of a call. TEXT is a value of "grpc-timeout": up to eight digits and a
 * unit. */
void wire_call_set_timeout(struct wire_call *call, const char *text, size_t size)
{
	static const struct {
		char unit;
		int64_t ns;
	} units[] = { { 'H', 3600 * NS_PER_S }, { 'M', 60 * NS_PER_S }, { 'S', NS_PER_S },
		{ 'm', 1000000 }, { 'u', 1000 }, { 'n', 1 } };
	int64_t number = 0;

	if (size < 2 || size > 9)
		return;
	for (size_t i = 0; i < size - 1; i++) {
		if (text[i] < '0' || text[i] > '9')
			return;
		number = number * 10 + (text[i] - '0');
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (units[i].unit == text[size - 1] && number < INT64_MAX / 4 / units[i].ns)
			call->deadline = now() + number * units[i].ns;
}
