/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The functions of OpenSSL's libcrypto that we use, loaded at the first use: see libarchive.h. */
#pragma once

#include "common/shale.h"

/* To be called before the first EVP_MD_CTX_new(), for the words. */
int libcrypto_load(struct shale_error *err);
