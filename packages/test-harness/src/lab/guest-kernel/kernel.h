/* The parts of this kernel, one file each. */
#pragma once
#include "xen.h"

/* memory.c: what lies where, and what the toolstack must be told of it. */
extern struct start_info *start_info;
extern struct shared_info *shared_info;
word mfn_of(const void *address);
word mfn_of_pfn(word pfn);
word pfn_of_mfn(word mfn);
void *page_of_mfn(word mfn);
void map_shared_info(void);
void unmap_shared_info(void);
void publish_p2m(void);

/* time.c */
u64 now(void); /* nanoseconds */

/* events.c */
void notify(u32 port);
void wait_for(u32 port, u64 nanoseconds);

/* console.c */
void print(const char *text);
void print_number(u32 number);

/* xenstore.c */
void xenstore_watch(const char *path);
int xenstore_watch_fired(void);
int xenstore_acknowledge(const char *path, const char *request);

/* suspend.c */
void suspend(void);
