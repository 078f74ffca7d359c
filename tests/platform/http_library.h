// cpp-httplib, fenced: the one way it is included, with the TLS half switched on in every file
// alike.
#pragma once

#ifndef CPPHTTPLIB_OPENSSL_SUPPORT
#define CPPHTTPLIB_OPENSSL_SUPPORT
#endif
#include <httplib.h>
