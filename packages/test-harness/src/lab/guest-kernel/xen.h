/* What this kernel needs of the public interface of Xen (xen/include/public: xen.h, sched.h, event_channel.h, io). */
#pragma once

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;
/* A guest's word. */
typedef unsigned long word;

#define PAGE_SIZE 4096
#define WORD_BITS (8 * sizeof(word))

struct start_info {
  char magic[32];
  word nr_pages;
  word shared_info; /* machine address */
  u32 flags;
  word store_mfn;
  u32 store_evtchn;
  word console_mfn;
  u32 console_evtchn;
  word pt_base, nr_pt_frames;
  word mfn_list; /* virtual address of the p2m */
};

struct vcpu_time_info {
  u32 version, pad0;
  u64 tsc_timestamp, system_time;
  u32 tsc_to_system_mul;
  signed char tsc_shift;
  u8 pad1[3];
};

struct vcpu_info {
  u8 evtchn_upcall_pending, evtchn_upcall_mask;
  word evtchn_pending_sel;
#ifdef __x86_64__
  word cr2, pad;
#else
  word cr2, pad[5];
#endif
  struct vcpu_time_info time;
};

struct shared_info {
  struct vcpu_info vcpu_info[32];
  word evtchn_pending[WORD_BITS];
  word evtchn_mask[WORD_BITS];
  u32 wc_version, wc_sec, wc_nsec;
#ifdef __x86_64__
  u32 wc_sec_hi;
#endif
  word max_pfn; /* a count */
  word pfn_to_mfn_frame_list_list;
};

struct user_registers {
#ifdef __x86_64__
  word r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
#else
  word ebx, ecx, edx, esi, edi, ebp, eax;
#endif
  unsigned short error_code, entry_vector;
#ifdef __x86_64__
  u32 pad0;
#endif
  word ip, cs, flags, sp, ss, es, ds, fs, gs;
};

/* Flat selectors that Xen provides. */
#ifdef __x86_64__
enum { KERNEL_CS = 0xe033, KERNEL_SS = 0xe02b };
#else
enum { KERNEL_CS = 0xe019, KERNEL_SS = 0xe021 };
#endif
enum { VGCF_in_kernel = 4 };

struct vcpu_guest_context {
  u8 fpu[512];
  word flags;
  struct user_registers registers;
  struct {
    u8 vector, flags;
    unsigned short cs;
    word address;
  } traps[256];
  word ldt_base, ldt_entries, gdt_frames[16], gdt_entries, kernel_ss, kernel_sp, control[8], debug[8];
#ifdef __x86_64__
  word event_callback, failsafe_callback, syscall_callback, vm_assist, fs_base, gs_base_kernel, gs_base_user;
#else
  word event_callback_cs, event_callback, failsafe_callback_cs, failsafe_callback, vm_assist;
#endif
};

struct console_ring {
  char in[1024], out[2048];
  u32 in_cons, in_prod, out_cons, out_prod;
};

struct xenstore_ring {
  char req[1024], rsp[1024];
  u32 req_cons, req_prod, rsp_cons, rsp_prod;
};

extern u8 hypercall_page[];

enum {
  HYPERCALL_memory_op = 12,
  HYPERCALL_update_va_mapping = 14,
  HYPERCALL_vcpu_op = 24,
  HYPERCALL_sched_op = 29,
  HYPERCALL_event_channel_op = 32,
  HYPERCALL_hvm_op = 34,
};
enum { DOMID_SELF = 0x7ff0 };
enum { XENMEM_add_to_physmap = 7, XENMAPSPACE_shared_info = 0 };
enum { HVMOP_get_param = 1 };
enum { VCPUOP_initialise = 0, VCPUOP_up = 1 };
enum { SCHEDOP_yield = 0, SCHEDOP_shutdown = 2, SCHEDOP_poll = 3 };
enum { SHUTDOWN_poweroff = 0, SHUTDOWN_suspend = 2, SHUTDOWN_crash = 3 };
enum { EVTCHNOP_send = 4 };
enum { UVMF_INVLPG = 2 };

static inline long hypercall(int number, word a, word b, word c, word d) {
  long answer;
  u8 *entry = hypercall_page + number * 32;
#ifdef __x86_64__
  register word fourth asm("r10") = d;
  asm volatile("call *%[entry]"
               : "=a"(answer), "+D"(a), "+S"(b), "+d"(c), "+r"(fourth)
               : [entry] "r"(entry)
               : "rcx", "r11", "memory");
#else
  asm volatile("call *%[entry]"
               : "=a"(answer), "+b"(a), "+c"(b), "+d"(c), "+S"(d)
               : [entry] "D"(entry)
               : "memory");
#endif
  return answer;
}

static inline void barrier(void) { asm volatile("" ::: "memory"); }
