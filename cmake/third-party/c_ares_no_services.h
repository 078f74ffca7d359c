/* Included before each source of c-ares: service names are unknown, ports are numbers.
 * glibc's getservbyname_r() goes through NSS, which loads shared objects even into a static program; curl passes
 * c-ares numeric ports only. */
#include <errno.h>
#include <netdb.h>

#define getservbyname_r(name, protocol, entry, buffer, size, result) (*(result) = NULL, ENOENT)
#define getservbyport_r(port, protocol, entry, buffer, size, result) (*(result) = NULL, ENOENT)
