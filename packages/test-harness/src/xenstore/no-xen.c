/*
 * The few calls that Xen's xenstored makes to a hypervisor, for one that has none: domain 0 is there, and nothing ever
 * happens to it. Preloaded into xenstored, so that it serves its socket on a machine without Xen.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int handle;

void *xc_interface_open(void *logger, void *dombuild_logger, unsigned flags) { return &handle; }
int xc_interface_close(void *xch) { return 0; }

/* xc_dominfo_t begins with domid, ssidref and a word of flags. */
int xc_domain_getinfo(void *xch, uint32_t first, unsigned max, uint32_t *info)
{
    if (first != 0)
        return 0;
    memset(info, 0, 3 * sizeof(*info));
    return 1;
}

void *xenevtchn_open(void *logger, unsigned flags) { return &handle; }
void *xenevtchn_fdopen(void *logger, int fd, unsigned flags) { return &handle; }
int xenevtchn_bind_interdomain(void *xce, uint32_t domid, uint32_t port) { return 2; }
int xenevtchn_bind_virq(void *xce, unsigned virq) { return 1; }
int xenevtchn_notify(void *xce, uint32_t port) { return 0; }
int xenevtchn_pending(void *xce) { return -1; }
int xenevtchn_unbind(void *xce, uint32_t port) { return 0; }
int xenevtchn_unmask(void *xce, uint32_t port) { return 0; }

/* No event ever comes. */
int xenevtchn_fd(void *xce)
{
    static int ends[2];
    if (ends[1] == 0 && pipe(ends) != 0)
        return -1;
    return ends[0];
}

void *xengnttab_open(void *logger, unsigned flags) { return &handle; }
int xengnttab_close(void *xgt) { return 0; }
int xengnttab_set_max_grants(void *xgt, uint32_t count) { return 0; }
int xengnttab_unmap(void *xgt, void *start, uint32_t count) { return 0; }
void *xengnttab_map_grant_ref(void *xgt, uint32_t domid, uint32_t ref, int prot) { return NULL; }

/* Where the kernel of domain 0 would say which port and page its own ring has. */
int open(const char *path, int flags, ...)
{
    if (strcmp(path, "/proc/xen/xsd_port") == 0) {
        int ends[2];
        if (pipe(ends) != 0 || write(ends[1], "1", 1) != 1)
            return -1;
        close(ends[1]);
        return ends[0];
    }
    if (strcmp(path, "/proc/xen/xenbus") == 0 || strcmp(path, "/dev/xen/xenbus") == 0 || strcmp(path, "/proc/xen/xsd_kva") == 0) {
        int page = memfd_create("ring", 0);
        return page >= 0 && ftruncate(page, 4096) == 0 ? page : -1;
    }
    va_list rest;
    va_start(rest, flags);
    int mode = va_arg(rest, int);
    va_end(rest);
    int (*real)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
    return real(path, flags, mode);
}
