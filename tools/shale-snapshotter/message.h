/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decodes and encodes the protobuf messages of calls. */
#pragma once

#include <protobuf-c/protobuf-c.h>

#include "tools/shale-snapshotter/wire/wire.h"

/* Decodes the request, a message of TYPE, which the caller frees with
 * protobuf_c_message_free_unpacked. Returns NULL if the call has failed. */
void *message_decode(struct wire_call *call, const ProtobufCMessageDescriptor *type);
/* Answers with MESSAGE. */
void message_reply(struct wire_call *call, const ProtobufCMessage *message);
