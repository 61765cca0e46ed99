/* The parts of this kernel, one file each. */
#pragma once
#include "xen.h"

/* pv.c or pvh.c: how the kind of guest meets its host. */
extern struct shared_info *shared_info;
extern u32 console_port, store_port;
struct console_ring *console_ring(void);
struct xenstore_ring *xenstore_ring(void);
/* What the host gave it when it started. */
void begin(void *given);
/* What a guest owes its toolstack when it suspends; the frame that goes with the request. */
word leave_host(void);
/* It goes on: where it was, or elsewhere. */
void meet_host(int is_same_one);

/* A vcpu other than the first begins to run that on that stack. Answers whether there is such a vcpu. */
int start_vcpu(u32 vcpu, void (*code)(void), void *stack_top);

/* time.c */
u64 now(void); /* nanoseconds */

/* events.c */
void notify(u32 port);
void wait_for(u32 port, u64 nanoseconds);
void wait(u64 nanoseconds);
void yield(void);

/* console.c */
void print(const char *text);
void print_number(u32 number);

/* xenstore.c */
void xenstore_watch(const char *path);
int xenstore_watch_fired(void);
int xenstore_acknowledge(const char *path, const char *request);

/* second.c */
void second_start(void);
void second_stop(void);
void second_go_on(void);
u32 second_lost(void);

/* suspend.c */
void suspend(void);
